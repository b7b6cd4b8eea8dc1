# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant's routes, as one file of Traefik's file provider."""

from __future__ import annotations

import json
import typing as t

from .odoo_conf import GEVENT_PORT, HTTP_PORT

if t.TYPE_CHECKING:
    from .._model.secrets import Secrets
    from .._model.tenant import Tenant

#: Refused on the public path, whatever the number of slashes and the case.
BLOCKED = r"(?i)^/+(xmlrpc|jsonrpc|json|web/+database|queue_job)(/|$)"
#: The only paths of the integration host.
INTEGRATION = r"^/(xmlrpc|jsonrpc|json)(/|$)"
#: An allowlist nobody is on: Traefik refuses an empty one.
NOBODY = ["255.255.255.255/32"]


def service_name(tenant: Tenant, workload: str) -> str:
    """Name of the Traefik service that balances a workload."""
    return f"{tenant.tenant}-{workload}"


def render(tenant: Tenant, secrets: Secrets, web: t.Sequence[str], websocket: t.Sequence[str]) -> str:
    """The tenant's dynamic configuration, JSON (which is YAML).

    :param web: addresses of the web containers.
    :param websocket: addresses of the websocket containers; empty for a compact tenant, whose one process serves both.
    """
    name = tenant.tenant
    socket_service = service_name(tenant, "websocket" if websocket else "web")
    host, integration = f"Host(`{tenant.host}`)", f"Host(`{tenant.integration_host}`)"
    tls: dict[str, t.Any] = {}
    routers = {
        f"{name}-web": _router(host, service_name(tenant, "web"), [f"{name}-retry"], 10, tls),
        f"{name}-websocket": _router(f"{host} && PathPrefix(`/websocket`)", socket_service, [], 20, tls),
        f"{name}-blocked": _router(
            f"{host} && PathRegexp(`{BLOCKED}`)", service_name(tenant, "web"), [f"{name}-nobody"], 100, tls
        ),
        f"{name}-integration": _router(
            f"{integration} && PathRegexp(`{INTEGRATION}`)",
            service_name(tenant, "web"),
            [f"{name}-integration", f"{name}-retry"],
            20,
            tls,
        ),
        f"{name}-integration-rest": _router(integration, service_name(tenant, "web"), [f"{name}-nobody"], 10, tls),
    }
    middlewares = {
        f"{name}-nobody": {"ipAllowList": {"sourceRange": NOBODY}},
        f"{name}-integration": {"ipAllowList": {"sourceRange": list(tenant.integration_allowlist) or NOBODY}},
        # Traefik retries only what it could not yet write to a server, so no order is posted twice.
        f"{name}-retry": {"retry": {"attempts": 3, "initialInterval": "100ms"}},
    }
    services = {service_name(tenant, "web"): _service("web", web)}
    if websocket:
        services[service_name(tenant, "websocket")] = _service("websocket", websocket)
    document: dict[str, t.Any] = {"http": {"routers": routers, "middlewares": middlewares, "services": services}}
    if secrets.certificate:
        document["tls"] = {"certificates": [{"certFile": secrets.certificate, "keyFile": secrets.private_key}]}
    return json.dumps(document, indent=1, sort_keys=True) + "\n"


def public(text: str) -> dict[str, t.Any]:
    """The document without its private key, for diffs and results."""
    document: dict[str, t.Any] = json.loads(text) if text else {}
    document.pop("tls", None)
    return document


def _router(rule: str, service: str, middlewares: list[str], priority: int, tls: dict[str, t.Any]) -> dict[str, t.Any]:
    router: dict[str, t.Any] = {
        "rule": rule,
        "service": service,
        "entryPoints": ["websecure"],
        "priority": priority,
        "tls": tls,
    }
    return {**router, "middlewares": middlewares} if middlewares else router


def server_urls(workload: str, addresses: t.Sequence[str]) -> list[str]:
    """URLs of a workload's containers, sorted."""
    port = GEVENT_PORT if workload == "websocket" else HTTP_PORT
    return [f"http://{address}:{port}" for address in sorted(addresses)]


def _service(workload: str, addresses: t.Sequence[str]) -> dict[str, t.Any]:
    path = "/websocket/health" if workload == "websocket" else "/web/health"
    return {
        "loadBalancer": {
            "servers": [{"url": url} for url in server_urls(workload, addresses)],
            # One that is down is asked often, so that it serves as soon as it can.
            "healthCheck": {"path": path, "interval": "5s", "unhealthyInterval": "500ms", "timeout": "3s"},
        }
    }
