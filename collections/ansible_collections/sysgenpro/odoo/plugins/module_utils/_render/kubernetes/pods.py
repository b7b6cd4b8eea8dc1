# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The pod of a workload: as confined as the container on Docker is."""

from __future__ import annotations

import typing as t

from ..._model.kubernetes import WORKLOAD_CLASSES
from ..containers import LABEL
from ..odoo_conf import LIBPQ
from ..workload import command, probe
from .config import FILES_SECRET
from .confined import MEBIBYTE, Files, confined
from .quantities import memory, processors

if t.TYPE_CHECKING:
    from ..._model.capacity import Workload
    from ..._model.tenant import Tenant
    from .owner import Owner

#: Seconds a pod still serves after it was told to end, until every Traefik has stopped sending to it.
DEREGISTRATION_SECONDS = 3
#: Seconds Odoo gets beyond the drain time-out before it is killed.
SPARE_SECONDS = 5
#: Name of the container's port.
PORT = "http"


def pod_template(
    owner: Owner, tenant: Tenant, workload: Workload, *, config_map: str, secret_version: str
) -> dict[str, t.Any]:
    return {
        "metadata": {
            "labels": owner.pod_labels(workload.name),
            "annotations": {f"{LABEL}secrets": secret_version},
        },
        "spec": _pod(owner, tenant, workload, config_map),
    }


def _pod(owner: Owner, tenant: Tenant, workload: Workload, config_map: str) -> dict[str, t.Any]:
    workload_class = WORKLOAD_CLASSES[workload.name]
    serves = workload_class == "web"
    grace = tenant.drain_timeout + SPARE_SECONDS + (DEREGISTRATION_SECONDS if serves else 0)
    spread = {"topologySpreadConstraints": _spread(owner, workload.name)} if serves else {}
    return confined(
        tenant,
        workload_class,
        _container(tenant, workload, serves=serves),
        Files(config_map, FILES_SECRET, tmp=256, run=64),
        terminationGracePeriodSeconds=grace,
        **spread,
    )


def _container(tenant: Tenant, workload: Workload, *, serves: bool) -> dict[str, t.Any]:
    arguments = command(workload)
    # Only what Services lead to needs time to be forgotten by them.
    drain = {"lifecycle": {"preStop": {"sleep": {"seconds": DEREGISTRATION_SECONDS}}}} if serves else {}
    return {
        **({"args": arguments} if arguments else {}),
        "env": [{"name": name, "value": value} for name, value in sorted(LIBPQ.items())],
        "ports": [{"name": PORT, "containerPort": probe(workload).port, "protocol": "TCP"}],
        "resources": _resources(tenant, workload),
        **_probes(tenant, workload),
        **drain,
    }


def _resources(tenant: Tenant, workload: Workload) -> dict[str, t.Any]:
    limit = workload.memory_mb * MEBIBYTE
    return {
        "requests": {
            "cpu": processors(tenant.kubernetes_cpu_request),
            "memory": memory(limit * tenant.kubernetes_memory_request_percent // 100),
        },
        "limits": {"cpu": processors(tenant.cpus), "memory": memory(limit)},
    }


def _probes(tenant: Tenant, workload: Workload) -> dict[str, t.Any]:
    """The start is asked for the slowest thing it does, every second; later the cheapest path is enough.

    Readiness takes a pod that does not answer for 15 s out of its Service. Liveness is patient (3 minutes): an answer that
    takes long is no reason to kill the pod and the requests in it, and Odoo itself ends workers that hang.
    """
    health = probe(workload)

    def ask(path: str, period: int, failures: int, timeout: int) -> dict[str, t.Any]:
        return {
            "httpGet": {"path": path, "port": PORT},
            "periodSeconds": period,
            "failureThreshold": failures,
            "timeoutSeconds": timeout,
        }

    return {
        "startupProbe": ask(health.paths[-1], 1, tenant.start_timeout, 30),
        "readinessProbe": ask(health.paths[0], 5, 3, 5),
        "livenessProbe": ask(health.paths[0], 30, 6, 10),
    }


def _spread(owner: Owner, workload: str) -> list[dict[str, t.Any]]:
    """Over zones and nodes, counted for each rollout by itself; a full cluster runs them crowded rather than not at all."""
    return [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": owner.selector(workload)},
            "matchLabelKeys": ["pod-template-hash"],
        }
        for key in ("topology.kubernetes.io/zone", "kubernetes.io/hostname")
    ]
