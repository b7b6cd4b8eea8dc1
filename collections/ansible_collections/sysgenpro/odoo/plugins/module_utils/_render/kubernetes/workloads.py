# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A workload's Deployment and what belongs to it: Service, PodDisruptionBudget, HorizontalPodAutoscaler."""

from __future__ import annotations

import typing as t
from fractions import Fraction

from ..workload import probe
from .pods import PORT, pod_template
from .quantities import processors
from .types import Wait

if t.TYPE_CHECKING:
    from ..._model.capacity import Workload
    from ..._model.tenant import Tenant
    from .owner import Owner

#: Seconds beyond odoo_start_timeout for a pod to find a node and pull its image.
PLACEMENT_SECONDS = 60
#: Old ReplicaSets kept, each with its ConfigMap: what a rollout that fails goes back to.
HISTORY = 2


def is_autoscaled(workload: Workload) -> bool:
    return workload.maximum > workload.replicas


def is_served(workload: Workload) -> bool:
    """Whether a Service leads to the workload. Cron and queue get none: nothing calls them from outside of their pod."""
    return workload.replaces == "blue_green"


def deployment(
    owner: Owner, tenant: Tenant, workload: Workload, *, config_map: str, secret_version: str
) -> dict[str, t.Any]:
    # Never fewer pods than wanted, one more at a time. A second cron set must not be: there the old pod ends first.
    rolling = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    spec = {
        # Where an autoscaler owns the number of pods, a number here would take it back at every run.
        **({} if is_autoscaled(workload) else {"replicas": workload.replicas}),
        "revisionHistoryLimit": HISTORY,
        "progressDeadlineSeconds": _start_seconds(tenant),
        "selector": {"matchLabels": owner.selector(workload.name)},
        "strategy": rolling if workload.replaces == "blue_green" else {"type": "Recreate"},
        "template": pod_template(owner, tenant, workload, config_map=config_map, secret_version=secret_version),
    }
    return owner.manifest("apps/v1", "Deployment", workload.name, workload=workload.name, spec=spec)


def wait(tenant: Tenant, workload: Workload) -> Wait:
    return Wait(
        deployment=workload.name,
        workload=workload.name,
        strategy="rolling" if workload.replaces == "blue_green" else "recreate",
        minimum=workload.replicas,
        autoscaled=is_autoscaled(workload),
        timeout=_start_seconds(tenant),
    )


def service(owner: Owner, workload: Workload) -> dict[str, t.Any]:
    return service_of(owner, workload.name, probe(workload).port)


def service_of(owner: Owner, workload: str, port: int) -> dict[str, t.Any]:
    """What leads to the pods of a workload, which name their port."""
    spec = {
        "type": "ClusterIP",
        "selector": owner.selector(workload),
        "ports": [{"name": PORT, "port": port, "targetPort": PORT, "protocol": "TCP"}],
    }
    return owner.manifest("v1", "Service", workload, workload=workload, spec=spec)


def disruption_budget(owner: Owner, workload: Workload) -> dict[str, t.Any]:
    """One pod at a time; a pod that does not serve anyhow may always go, or a node with it could never be emptied."""
    spec = {
        "maxUnavailable": 1,
        "selector": {"matchLabels": owner.selector(workload.name)},
        "unhealthyPodEvictionPolicy": "AlwaysAllow",
    }
    return owner.manifest("policy/v1", "PodDisruptionBudget", workload.name, workload=workload.name, spec=spec)


def autoscaler(owner: Owner, tenant: Tenant, workload: Workload) -> dict[str, t.Any]:
    """Between the declared number and the maximum that the tenant's connection budget counts with (C(capacity)).

    The target is an absolute use and not a share of the request, so that what is reserved does not decide when to scale.
    """
    busy = Fraction(str(min(tenant.cpus, workload.workers)))
    target = busy * tenant.kubernetes_web_cpu_target_percent / 100
    spec = {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": workload.name},
        "minReplicas": workload.replicas,
        "maxReplicas": workload.maximum,
        "metrics": [
            {
                "type": "Resource",
                "resource": {"name": "cpu", "target": {"type": "AverageValue", "averageValue": processors(target)}},
            }
        ],
        "behavior": {
            # Up on two readings in a row; a quiet minute between two rushes is no end of them.
            "scaleUp": _scaling(window=15, pods=2, period=60),
            "scaleDown": _scaling(window=300, pods=1, period=120),
        },
    }
    return owner.manifest("autoscaling/v2", "HorizontalPodAutoscaler", workload.name, workload=workload.name, spec=spec)


def _scaling(*, window: int, pods: int, period: int) -> dict[str, t.Any]:
    return {
        "stabilizationWindowSeconds": window,
        "selectPolicy": "Max",
        "policies": [{"type": "Pods", "value": pods, "periodSeconds": period}],
    }


def _start_seconds(tenant: Tenant) -> int:
    return tenant.start_timeout + PLACEMENT_SECONDS
