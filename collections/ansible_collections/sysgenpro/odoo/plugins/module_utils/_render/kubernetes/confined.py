# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What every pod of a tenant is confined to, servers and Jobs alike."""

from __future__ import annotations

import typing as t

from ..containers import ODOO_UID
from .quantities import memory

if t.TYPE_CHECKING:
    from ..._model.tenant import Tenant

SERVICE_ACCOUNT = "odoo"
#: Made by the role kubernetes_platform, one for each class of workloads.
PRIORITY_CLASSES = {"web": "sysgenpro-web", "background": "sysgenpro-background"}
MEBIBYTE = 1024**2


class Files(t.NamedTuple):
    """Names of the ConfigMap and the Secret a pod reads, and MiB of memory for what it writes below /tmp and /run/odoo.

    ``out`` adds a directory of the node's disk at /out.
    """

    config_map: str
    secret: str
    tmp: int
    run: int
    out: bool = False


def confined(
    tenant: Tenant, workload_class: str, container: t.Mapping[str, t.Any], files: Files, **more: t.Any
) -> dict[str, t.Any]:
    """The specification of a pod with one container.

    :param more: fields of the specification beside those that all pods have.
    """
    pool = tenant.kubernetes_node_pools.get(workload_class, {})
    placement = {
        "nodeSelector": dict(pool.get("node_selector", {})),
        "tolerations": [dict(toleration) for toleration in pool.get("tolerations", ())],
    }
    out = [{"name": "out", "mountPath": "/out"}] if files.out else []
    walls = {"securityContext": WALLS, "volumeMounts": [*_MOUNTS, *out]}
    return {
        "serviceAccountName": SERVICE_ACCOUNT,
        "automountServiceAccountToken": False,
        # Odoo reads variables named ODOO_*; Kubernetes would make some of the names of services.
        "enableServiceLinks": False,
        "priorityClassName": PRIORITY_CLASSES[workload_class],
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": ODOO_UID,
            "runAsGroup": ODOO_UID,
            "fsGroup": ODOO_UID,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        **{key: value for key, value in placement.items() if value},
        **more,
        "containers": [
            {"name": "odoo", "image": tenant.image, "imagePullPolicy": "IfNotPresent", **container, **walls}
        ],
        "volumes": [
            {"name": "config", "configMap": {"name": files.config_map, "defaultMode": 0o444}},
            {"name": "secrets", "secret": {"secretName": files.secret, "defaultMode": 0o440}},
            {"name": "tmp", "emptyDir": {"medium": "Memory", "sizeLimit": memory(files.tmp * MEBIBYTE)}},
            {"name": "run", "emptyDir": {"medium": "Memory", "sizeLimit": memory(files.run * MEBIBYTE)}},
            *({"name": mount["name"], "emptyDir": {}} for mount in out),
        ],
    }


#: Of every container.
WALLS: t.Mapping[str, t.Any] = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
}
_MOUNTS = (
    {"name": "config", "mountPath": "/etc/odoo", "readOnly": True},
    {"name": "secrets", "mountPath": "/run/secrets", "readOnly": True},
    {"name": "tmp", "mountPath": "/tmp"},  # a path inside the container
    {"name": "run", "mountPath": "/run/odoo"},
)
