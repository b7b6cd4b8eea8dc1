# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a tenant's namespace may use in all: a ResourceQuota and a LimitRange that follow from its tier's sizes."""

from __future__ import annotations

import typing as t
from fractions import Fraction

from ..containers import ONE_OFF_MEMORY
from .quantities import memory, parsed, processors

if t.TYPE_CHECKING:
    from ..._model.tenant import Tenant
    from .owner import Owner
    from .types import Manifest

#: Jobs that run beside the workloads at a time.
JOBS = 1
#: Bytes of a container that says nothing itself; no object of this collection leaves it open.
DEFAULT_MEMORY = 512 * 1024**2
#: A pod that ends counts until it is gone: at the peak of a rollout, or of emptying a node, there are two for each.
PEAK = 2

AMOUNTS = {"cpu": processors, "memory": memory}


def quota(
    owner: Owner, tenant: Tenant, deployments: t.Sequence[Manifest], maxima: t.Mapping[str, int]
) -> dict[str, t.Any]:
    """The most the tenant uses at the peak of a rollout with a Job beside it.

    :param deployments: as they are applied, patches included.
    :param maxima: pods each may have, by its name.
    :raises ValueError: for a container without requests and limits.
    """
    hard: dict[str, str] = {}
    for kind in ("requests", "limits"):
        for resource, written in AMOUNTS.items():
            pods = sum(_of_pod(item, kind, resource) * maxima[item["metadata"]["name"]] * PEAK for item in deployments)
            hard[f"{kind}.{resource}"] = written(pods + JOBS * _of_job(tenant, kind, resource))
    count = sum(maxima[item["metadata"]["name"]] * PEAK for item in deployments) + JOBS
    hard["pods"] = str(count)
    # Nothing of a tenant opens a way in of its own, and no data of it is on a volume.
    hard.update({"services.loadbalancers": "0", "services.nodeports": "0", "persistentvolumeclaims": "0"})
    return owner.manifest("v1", "ResourceQuota", "tenant", spec={"hard": hard})


def limit_range(owner: Owner, tenant: Tenant, deployments: t.Sequence[Manifest]) -> dict[str, t.Any]:
    """No container above the largest that is declared, and an amount for one that says none."""
    largest = {
        resource: max([_of_job(tenant, "limits", resource), *_each(deployments, "limits", resource)])
        for resource in AMOUNTS
    }
    limits = {
        "type": "Container",
        "max": {resource: written(largest[resource]) for resource, written in AMOUNTS.items()},
        "default": {"cpu": processors(tenant.cpus), "memory": memory(DEFAULT_MEMORY)},
        "defaultRequest": {"cpu": processors(tenant.kubernetes_cpu_request), "memory": memory(DEFAULT_MEMORY // 2)},
    }
    return owner.manifest("v1", "LimitRange", "containers", spec={"limits": [limits]})


def _of_job(tenant: Tenant, kind: str, resource: str) -> Fraction:
    """What a Job for database work gets: the memory of a container that runs once on Docker."""
    if resource == "memory":
        return Fraction(ONE_OFF_MEMORY)
    return Fraction(str(tenant.cpus if kind == "limits" else tenant.kubernetes_cpu_request))


def _of_pod(deployment: Manifest, kind: str, resource: str) -> Fraction:
    """The sum of its containers, or the largest of those that run before them."""
    spec = deployment["spec"]["template"]["spec"]
    together = sum((_amount(item, kind, resource) for item in spec["containers"]), Fraction(0))
    return max([together, *(_amount(item, kind, resource) for item in spec.get("initContainers") or ())])


def _each(deployments: t.Sequence[Manifest], kind: str, resource: str) -> t.Iterator[Fraction]:
    for deployment in deployments:
        spec = deployment["spec"]["template"]["spec"]
        for item in (*spec["containers"], *(spec.get("initContainers") or ())):
            yield _amount(item, kind, resource)


def _amount(container: t.Mapping[str, t.Any], kind: str, resource: str) -> Fraction:
    try:
        return parsed(container["resources"][kind][resource])
    except (KeyError, TypeError):
        raise ValueError(f"container {container.get('name')!r} has no resources.{kind}.{resource}") from None
