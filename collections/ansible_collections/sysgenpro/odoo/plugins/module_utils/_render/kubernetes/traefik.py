# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Traefik's custom resources: the routes of C(_render/traefik.py), to Services instead of addresses."""

from __future__ import annotations

import typing as t

from .. import traefik
from ..workload import probe
from .config import TLS_SECRET
from .workloads import is_served

if t.TYPE_CHECKING:
    from ..._model.capacity import Workload
    from ..._model.tenant import Tenant
    from .owner import Owner

API_VERSION = "traefik.io/v1alpha1"
ROUTE = "odoo"
#: What the role traefik sends from a Docker host for all tenants; here each tenant brings it, whoever runs Traefik.
HEADERS: t.Mapping[str, t.Any] = {
    "headers": {
        "contentTypeNosniff": True,
        "customFrameOptionsValue": "SAMEORIGIN",
        "customResponseHeaders": {"Server": ""},
        "referrerPolicy": "strict-origin-when-cross-origin",
        "stsSeconds": 31536000,
    }
}


def middlewares(owner: Owner, tenant: Tenant) -> list[dict[str, t.Any]]:
    specs = {"headers": HEADERS, **traefik.middlewares(tenant)}
    return [owner.manifest(API_VERSION, "Middleware", name, spec=dict(spec)) for name, spec in sorted(specs.items())]


def ingress_route(
    owner: Owner, tenant: Tenant, workloads: t.Sequence[Workload], *, certificate: bool
) -> dict[str, t.Any]:
    """All ways in, as one object, so that a change of them is one change.

    :param certificate: whether the tenant brings one; otherwise Traefik's own answers, as on Docker.
    """
    served = {workload.name: probe(workload).port for workload in workloads if is_served(workload)}
    spec = {
        "entryPoints": [traefik.ENTRY_POINT],
        "routes": [
            {
                "kind": "Rule",
                "match": route.rule,
                "priority": route.priority,
                "middlewares": [{"name": name} for name in ("headers", *route.middlewares)],
                "services": [{"kind": "Service", "name": route.workload, "port": served[route.workload]}],
            }
            for route in traefik.routes(tenant, "websocket" if "websocket" in served else "web")
        ],
        "tls": {"secretName": TLS_SECRET} if certificate else {},
    }
    return owner.manifest(API_VERSION, "IngressRoute", ROUTE, spec=spec)
