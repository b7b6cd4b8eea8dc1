# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Job that runs a program of the tenant's image once: what a one-off container is on Docker."""

from __future__ import annotations

import base64
import typing as t

from ..containers import LABEL, ONE_OFF_MEMORY, digest
from ..odoo_conf import CONNECT_SECONDS
from .confined import Files, confined
from .owner import JOB, owner
from .quantities import memory, processors

if t.TYPE_CHECKING:
    from ..._model.tenant import Tenant
    from ..odoo_conf import File

#: Label by which a Job is found in every namespace of the region: its value is a digest of what it does.
JOB_LABEL = f"{LABEL}job"
#: Seconds after which a Job that nobody came back for is removed with its files.
KEPT_SECONDS = 3600
#: Kinds of the tenant's objects that its Jobs need; all of them are the same with or without secrets.
FOUNDATION = frozenset({"Namespace", "ResourceQuota", "LimitRange", "NetworkPolicy", "ServiceAccount"})


def job_name(name: str) -> str:
    """Name of the Job for a one-off container's name, which may be longer and have other characters."""
    return f"job-{digest(name)}"


def job(
    tenant: Tenant, name: str, argv: t.Sequence[str], component: str, *, suspend: bool, writable: bool = False
) -> dict[str, t.Any]:
    """The Job. It is made suspended, so that its files can be given to it before its pod starts.

    :param writable: whether it has a directory at /out, which goes with its pod.
    """
    whose, named = owner(tenant), job_name(name)
    labels = {**whose.pod_labels(JOB), JOB_LABEL: digest(name), f"{LABEL}component": component}
    manifest = whose.manifest("batch/v1", "Job", named)
    manifest["metadata"]["labels"].update({JOB_LABEL: digest(name), f"{LABEL}component": component})
    manifest["metadata"]["annotations"] = {f"{LABEL}name": name}
    manifest["spec"] = {
        "suspend": suspend,
        # Odoo's commands are not to be started twice without a look: the next run decides.
        "backoffLimit": 0,
        "ttlSecondsAfterFinished": KEPT_SECONDS,
        "template": {"metadata": {"labels": labels}, "spec": _pod(tenant, named, argv, writable=writable)},
    }
    return manifest


def job_files(tenant: Tenant, name: str, files: t.Sequence[File], uid: str) -> list[dict[str, t.Any]]:
    """Its configuration, owned by the Job (``uid``): the garbage collector removes them together."""
    whose, named = owner(tenant), job_name(name)
    plain = {_name(file): file.content for file in files if not file.secret}
    secret = {_name(file): base64.b64encode(file.content.encode()).decode() for file in files if file.secret}
    objects = [
        whose.manifest("v1", "ConfigMap", named, data=plain),
        whose.manifest("v1", "Secret", named, type="Opaque", data=secret),
    ]
    reference = {"apiVersion": "batch/v1", "kind": "Job", "name": named, "uid": uid, "blockOwnerDeletion": False}
    for manifest in objects:
        manifest["metadata"]["ownerReferences"] = [reference]
    return objects


def _name(file: File) -> str:
    return file.path.rsplit("/", 1)[-1]


def _pod(tenant: Tenant, named: str, argv: t.Sequence[str], *, writable: bool) -> dict[str, t.Any]:
    size = memory(ONE_OFF_MEMORY)
    container = {
        "args": list(argv),
        "env": [{"name": "PGCONNECT_TIMEOUT", "value": str(CONNECT_SECONDS)}],
        "resources": {
            "requests": {"cpu": processors(tenant.kubernetes_cpu_request), "memory": size},
            "limits": {"cpu": processors(tenant.cpus), "memory": size},
        },
    }
    files = Files(named, named, tmp=512, run=256, out=writable)
    return confined(tenant, "background", container, files, restartPolicy="Never")
