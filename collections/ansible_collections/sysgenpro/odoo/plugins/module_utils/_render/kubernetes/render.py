# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From a tenant to its Kubernetes objects."""

from __future__ import annotations

import typing as t

from ..._model.capacity import Workload, workloads
from ..._model.secrets import Secrets
from ..._support.errors import InvalidTenant
from .. import odoo_conf
from . import config, limits, network, traefik
from . import workloads as of_workload
from .confined import SERVICE_ACCOUNT
from .owner import Owner, owner
from .patches import Patcher
from .types import Desired, Manifest

if t.TYPE_CHECKING:
    from ..._model.tenant import Tenant

POD_SECURITY = "pod-security.kubernetes.io"


def render(tenant: Tenant, secrets: Secrets, ca: str) -> Desired:
    """Render the tenant for a cluster. ``ca`` is the PEM text of the region's CA.

    :raises InvalidTenant: naming each patch that finds no object or changes what it must not.
    """
    whose, sets, patcher = owner(tenant), workloads(tenant), Patcher(tenant.kubernetes_patches)
    files = {workload.name: odoo_conf.files(tenant, workload, secrets, ca) for workload in sets}
    maps = {
        name: config.named_by_content(patcher.apply(config.config_map(whose, name, content)))
        for name, content in files.items()
    }
    version = config.secret_version(tenant, secrets)
    deployments = {
        workload.name: patcher.apply(
            of_workload.deployment(
                whose,
                tenant,
                workload,
                config_map=maps[workload.name]["metadata"]["name"],
                secret_version=version,
            )
        )
        for workload in sets
    }
    objects = _in_order(whose, tenant, sets, patcher, maps, deployments, certificate=bool(secrets.certificate))
    problems = [*patcher.problems, *patcher.unmatched()]
    if problems:
        raise InvalidTenant([f"{tenant.tenant}: {problem}" for problem in problems])
    return Desired(
        tenant=tenant.tenant,
        region=tenant.region,
        environment=tenant.environment,
        namespace=whose.namespace,
        labels=whose.ownership,
        objects=tuple(objects),
        # The secret files of all workloads are the same.
        secrets=config.secret_objects(whose, files["web"], secrets),
        waits=tuple(of_workload.wait(tenant, workload) for workload in sets),
    )


def problems(tenant: Tenant) -> list[str]:
    """What rendering would refuse, found without the tenant's secrets."""
    nothing = Secrets(database="", redis="", s3_access_key="", s3_secret_key="", master="")
    try:
        render(tenant, nothing, ca="")
    except InvalidTenant as error:
        return error.problems
    return []


def _in_order(
    whose: Owner,
    tenant: Tenant,
    sets: t.Sequence[Workload],
    patcher: Patcher,
    maps: t.Mapping[str, Manifest],
    deployments: t.Mapping[str, Manifest],
    *,
    certificate: bool,
) -> list[Manifest]:
    """What a pod needs before its pod, what serves before its route, what may run only once at the end."""
    served = [workload for workload in sets if of_workload.is_served(workload)]
    autoscaled = [workload for workload in sets if of_workload.is_autoscaled(workload)]
    before = [
        _namespace(whose),
        *_limits(whose, tenant, sets, patcher, list(deployments.values())),
        *network.policies(whose, tenant, sets),
        whose.manifest("v1", "ServiceAccount", SERVICE_ACCOUNT, automountServiceAccountToken=False),
    ]
    ways = [
        *(of_workload.service(whose, workload) for workload in served),
        *(of_workload.disruption_budget(whose, workload) for workload in served),
    ]
    after = [
        *(of_workload.autoscaler(whose, tenant, workload) for workload in autoscaled),
        *traefik.middlewares(whose, tenant),
        traefik.ingress_route(whose, tenant, sets, certificate=certificate),
    ]
    return [
        *map(patcher.apply, before),
        *maps.values(),
        *map(patcher.apply, ways),
        *(deployments[workload.name] for workload in served),
        *map(patcher.apply, after),
        *(deployments[workload.name] for workload in sets if workload not in served),
    ]


def _namespace(whose: Owner) -> dict[str, t.Any]:
    manifest = whose.manifest("v1", "Namespace", whose.namespace)
    levels = {f"{POD_SECURITY}/{mode}": "restricted" for mode in ("enforce", "audit", "warn")}
    labels = {**manifest["metadata"]["labels"], **levels, f"{POD_SECURITY}/enforce-version": "latest"}
    return {**manifest, "metadata": {"name": whose.namespace, "labels": labels}}


def _limits(
    whose: Owner, tenant: Tenant, sets: t.Sequence[Workload], patcher: Patcher, deployments: t.Sequence[Manifest]
) -> list[dict[str, t.Any]]:
    """They follow from the Deployments as they are patched, so that a patch of resources needs no second one."""
    maxima = {workload.name: workload.maximum for workload in sets}
    try:
        return [limits.quota(whose, tenant, deployments, maxima), limits.limit_range(whose, tenant, deployments)]
    except ValueError as error:
        patcher.problems.append(f"odoo_kubernetes_patches: {error}")
        return []
