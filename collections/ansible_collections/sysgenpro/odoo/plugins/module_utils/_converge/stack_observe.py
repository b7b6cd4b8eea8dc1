# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is seen of a tenant's stack on a Docker host, and how results show it."""

from __future__ import annotations

import dataclasses
import typing as t

from .._adapters import files
from .._plan.types import Container, Network, Observed
from .._render import traefik as traefik_render
from .._render.containers import LABEL, digest
from .docker_host import ownership

if t.TYPE_CHECKING:
    from .._model.tenant import Tenant
    from .docker_host import HostView


def observe(host: HostView, tenant: Tenant, *, network: str, directory: str, route_file: str) -> Observed:
    """A snapshot of what belongs to the tenant on this host.

    :raises OdooError: where its bridge's name is somebody else's.
    """
    mine = host.network(network, ownership(tenant))
    return Observed(
        network=Network(network, mine["IPAM"]["Config"][0]["Subnet"]) if mine else None,
        containers=tuple(
            sorted((_container(item, network) for item in host.containers(tenant.tenant)), key=lambda item: item.name)
        ),
        directories={path: _intact(path) for path in files.subdirectories(directory)},
        route=files.read(route_file),
        taken_subnets=host.subnets,
    )


def summary(observed: Observed) -> dict[str, t.Any]:
    """The stack as results and diffs show it; no secret is in it."""
    return {
        "network": dataclasses.asdict(observed.network) if observed.network else None,
        "containers": [
            {key: value for key, value in dataclasses.asdict(c).items() if key != "directory"}
            for c in observed.containers
        ],
        "directories": sorted(observed.directories),
        "route": traefik_render.public(observed.route or ""),
    }


def _container(item: t.Mapping[str, t.Any], network: str) -> Container:
    labels = item["Labels"]
    endpoint = item["NetworkSettings"]["Networks"].get(network) or {}
    fixed = (endpoint.get("IPAMConfig") or {}).get("IPv4Address", "")
    return Container(
        name=item["Names"][0].lstrip("/"),
        workload=labels.get(f"{LABEL}workload", ""),
        spec=labels.get(f"{LABEL}spec", ""),
        state=item["State"],
        address=fixed or endpoint.get("IPAddress", ""),
    )


def _intact(path: str) -> bool:
    """Whether a directory's content still has the digest in its name."""
    return path.endswith("-" + digest([list(pair) for pair in files.read_tree(path)]))
