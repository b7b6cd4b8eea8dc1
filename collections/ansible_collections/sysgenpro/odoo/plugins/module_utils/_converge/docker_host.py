# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a Docker host says of one tenant or of all, in two calls either way."""

from __future__ import annotations

import dataclasses
import typing as t

from .._render.containers import LABEL
from .._support.errors import OdooError

if t.TYPE_CHECKING:
    from .._adapters.docker_engine import DockerEngine
    from .._model.tenant import Tenant

Object = t.Mapping[str, t.Any]


def ownership(tenant: Tenant) -> dict[str, str]:
    """Labels of everything that is the tenant's."""
    return {f"{LABEL}region": tenant.region, f"{LABEL}tenant": tenant.tenant}


@dataclasses.dataclass(frozen=True)
class HostView:
    """Networks by name, containers by tenant, and the subnets of every network, as Docker lists them."""

    networks: t.Mapping[str, Object]
    of_tenants: t.Mapping[str, t.Sequence[Object]]
    subnets: tuple[str, ...]

    @classmethod
    def of_tenant(cls, engine: DockerEngine, tenant: Tenant) -> HostView:
        return cls._of(engine, ownership(tenant))

    @classmethod
    def of_region(cls, engine: DockerEngine, region: str) -> HostView:
        return cls._of(engine, {f"{LABEL}region": region})

    @classmethod
    def _of(cls, engine: DockerEngine, labels: t.Mapping[str, str]) -> HostView:
        networks = engine.networks()
        of_tenants: dict[str, list[Object]] = {}
        for container in engine.containers(labels):
            of_tenants.setdefault(container["Labels"].get(f"{LABEL}tenant", ""), []).append(container)
        subnets = tuple(
            config["Subnet"]
            for network in networks
            for config in network["IPAM"].get("Config") or []
            if "Subnet" in config
        )
        return cls({network["Name"]: network for network in networks}, of_tenants, subnets)

    def containers(self, tenant: str) -> t.Sequence[Object]:
        return self.of_tenants.get(tenant, ())

    def network(self, name: str, labels: t.Mapping[str, str]) -> Object | None:
        """The tenant's bridge, or None.

        :raises OdooError: a network of that name is not the tenant's.
        """
        found = self.networks.get(name)
        if found is not None and any((found.get("Labels") or {}).get(key) != value for key, value in labels.items()):
            raise OdooError(f"A network named {name} exists and is not the tenant's", hint="Remove or rename it")
        return found
