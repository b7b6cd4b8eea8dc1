# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare what is declared, what was rendered for git and what runs, of every tenant of a place in one pass."""

from __future__ import annotations

import dataclasses
import datetime
import functools
import os
import time
import typing as t

from .._plan import drift, drift_docker
from .._plan.kubernetes import Observed
from .._plan.stack import plan_asleep, plan_stack
from .._render import docker as docker_render
from .._render import gitops
from .._render import traefik as traefik_render
from .._support.errors import OdooError
from . import kubernetes_memory, tree
from . import rest as rests
from .kubernetes_observe import judge, namespace_in, observe_region
from .stack import Stack

if t.TYPE_CHECKING:
    from .._adapters.docker_engine import DockerEngine
    from .._adapters.kubernetes_api import KubernetesApi
    from .._model.kubernetes_kinds import Ref
    from .._model.secrets import Secrets
    from .._model.tenant import Tenant
    from .._plan.drift import Finding
    from .._render.kubernetes.types import Desired


@dataclasses.dataclass
class Report:
    """What was compared and what was found. ``strays`` are tenants that run and that nobody declares."""

    place: str
    runtime: str
    tenants: list[str]
    objects: int
    findings: list[Finding]
    strays: list[str]
    seconds: float
    note: str = ""

    def public(self) -> dict[str, t.Any]:
        findings = [finding.public() for finding in self.findings]
        return {
            **dataclasses.asdict(self),
            "seconds": round(self.seconds, 2),
            "findings": findings,
            "texts": [str(finding) for finding in self.findings],
            "drifted": sorted({finding.tenant for finding in self.findings}),
        }


def kubernetes(
    api: KubernetesApi,
    place: str,
    region: str,
    wanted: t.Sequence[Desired],
    *,
    folder: str = "",
    declared: t.Container[str] = (),
) -> Report:
    """Every tenant of a cluster: one list for each kind, and a dry run for each object that looks changed.

    :param wanted: the tenants to compare.
    :param folder: the GitOps tree; not looked at where empty.
    :param declared: every tenant the inventory declares, so that what runs beside them is a stray.
    """
    started = time.monotonic()
    found = observe_region(api, region)
    findings: list[Finding] = []
    count = 0
    for desired in wanted:
        objects = found.get(desired.tenant, {})
        count += len(objects)
        namespace = namespace_in(objects, desired.namespace)
        if kubernetes_memory.server_of(namespace):
            raise _away(desired.tenant)
        resting = kubernetes_memory.declared(desired, kubernetes_memory.rest_of(namespace))
        findings += drift.running(resting, _observed(api, resting, namespace, objects))
        if folder:
            findings += drift.rendered(desired.tenant, gitops.tree(desired), tree.read(folder, desired), tree.parse)
    strays = sorted(tenant for tenant in found if tenant not in declared)
    names = [desired.tenant for desired in wanted]
    return Report(place, "kubernetes", names, count, findings, strays, time.monotonic() - started)


def _observed(
    api: KubernetesApi, desired: Desired, namespace: dict[str, t.Any] | None, objects: t.Mapping[Ref, t.Any]
) -> Observed:
    if namespace is None:
        return Observed()
    return judge(api, desired, namespace, objects, new_ones=False)


def docker(engine: DockerEngine, place: str, wanted: t.Sequence[tuple[Tenant, Secrets]], ca: str) -> Report:
    """Every tenant of a Docker host."""
    started = time.monotonic()
    findings: list[Finding] = []
    count = 0
    for tenant, secrets in wanted:
        stack = Stack(engine, tenant, "drift")
        if stack.served_by():
            raise _away(tenant.tenant)
        observed = stack.observe()
        desired = docker_render.render(tenant, secrets, ca)
        if rests.read(stack.directory).asleep:
            count += len(observed.containers) + 1
            steps = plan_asleep(observed, tenant.tenant, traefik_render.asleep(tenant, secrets))
            findings += drift_docker.asleep(tenant.tenant, steps, _changed(stack.route_file))
            continue
        steps = plan_stack(desired, observed, functools.partial(traefik_render.render, tenant, secrets))
        inspected = {item.name: engine.inspect(item.name) or {} for item in observed.containers}
        changed = {path: _changed(path) for path in observed.directories}
        changed[tenant.tenant] = _changed(stack.route_file)
        count += len(observed.containers) + len(observed.directories) + 2
        findings += drift_docker.running(desired, observed, steps, inspected, changed)
    names = [tenant.tenant for tenant, _secrets in wanted]
    return Report(place, "docker", names, count, findings, [], time.monotonic() - started, drift_docker.NOTE)


def _away(tenant: str) -> OdooError:
    return OdooError(f"{tenant} is served from a restored server", hint="Bring it home first, with restore_home")


def _changed(path: str) -> str:
    """When the newest file of a directory, or the file itself, was last changed; empty where there is none."""
    paths = [path, *(os.path.join(root, name) for root, _dirs, names in os.walk(path) for name in names)]
    times = [os.stat(entry).st_mtime for entry in paths if os.path.exists(entry)]
    if not times:
        return ""
    return datetime.datetime.fromtimestamp(max(times), datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
