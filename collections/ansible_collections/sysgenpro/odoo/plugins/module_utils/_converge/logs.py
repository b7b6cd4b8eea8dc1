# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a tenant's workloads said last, on either runtime."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from .._model.kubernetes_kinds import POD
from .._render.containers import LABEL
from .._render.kubernetes.owner import WORKLOAD_LABEL, owner
from .._support.errors import OdooError

if t.TYPE_CHECKING:
    from .._adapters.docker_engine import DockerEngine
    from .._adapters.kubernetes_api import KubernetesApi
    from .._model.tenant import Tenant


@dataclasses.dataclass(frozen=True)
class Asked:
    """Which logs: the last ``lines`` of each container, of the last ``since`` seconds (0: of any time), of ``workloads``
    (all where empty), and of those the ones that the regular expression ``match`` finds.

    :raises OdooError: where ``match`` is none.
    """

    lines: int = 100
    since: int = 0
    workloads: t.Sequence[str] = ()
    match: str = ""

    def __post_init__(self) -> None:
        try:
            re.compile(self.match)
        except re.error as error:
            raise OdooError(f"match={self.match!r}: must be a regular expression: {error}") from None

    def wants(self, workload: str) -> bool:
        return not self.workloads or workload in self.workloads

    def entry(self, name: str, workload: str, lines: t.Iterable[str]) -> dict[str, t.Any]:
        found = [line for line in lines if not self.match or re.search(self.match, line)]
        return {"name": name, "workload": workload, "lines": found}


def of_containers(engine: DockerEngine, tenant: Tenant, asked: Asked) -> list[dict[str, t.Any]]:
    """Of every container of the tenant on this host, running or not."""
    found = engine.containers({f"{LABEL}region": tenant.region, f"{LABEL}tenant": tenant.tenant})
    named = sorted((item["Names"][0].lstrip("/"), item["Labels"].get(f"{LABEL}workload", "")) for item in found)
    return [
        asked.entry(name, workload, engine.logs(name, lines=asked.lines, since=asked.since))
        for name, workload in named
        if asked.wants(workload)
    ]


def of_pods(api: KubernetesApi, tenant: Tenant, asked: Asked) -> list[dict[str, t.Any]]:
    """Of every pod of the tenant on its cluster."""
    whose = owner(tenant)
    pods = api.select(POD, namespace=whose.namespace, labels=whose.ownership) or []
    named = sorted((pod["metadata"]["name"], pod["metadata"]["labels"].get(WORKLOAD_LABEL, "")) for pod in pods)
    return [
        asked.entry(name, workload, api.logs(whose.namespace, name, "odoo", lines=asked.lines, since=asked.since))
        for name, workload in named
        if asked.wants(workload)
    ]
