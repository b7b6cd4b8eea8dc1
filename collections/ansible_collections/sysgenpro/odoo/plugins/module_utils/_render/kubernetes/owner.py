# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose an object is: its namespace and labels."""

from __future__ import annotations

import dataclasses
import typing as t

from ..containers import LABEL, RENDERING_VERSION, digest
from .types import OWNERSHIP

if t.TYPE_CHECKING:
    from ..._model.tenant import Tenant
    from .types import Manifest

WORKLOAD_LABEL = f"{LABEL}workload"
#: Value of the label workload of the pods that Jobs run; network policies let them reach what database work needs.
JOB = "job"


@dataclasses.dataclass(frozen=True)
class Owner:
    """The tenant as the owner of objects."""

    namespace: str
    labels: t.Mapping[str, str]
    release: str

    @property
    def ownership(self) -> dict[str, str]:
        """The labels by which the tenant's objects are found, and by which alone they may be pruned."""
        return {key: self.labels[key] for key in OWNERSHIP}

    def selector(self, workload: str) -> dict[str, str]:
        """Labels that select the pods of a workload. They never change: a Deployment's selector cannot."""
        return {f"{LABEL}tenant": self.labels[f"{LABEL}tenant"], WORKLOAD_LABEL: workload}

    def pod_labels(self, workload: str) -> dict[str, str]:
        return {**self.labels, **_recommended(workload), WORKLOAD_LABEL: workload, f"{LABEL}release": self.release}

    def manifest(
        self, api_version: str, kind: str, name: str, *, workload: str = "", **content: t.Any
    ) -> dict[str, t.Any]:
        """An object of the tenant, with whatever ``content`` its kind has beside metadata."""
        of_workload = {**_recommended(workload), WORKLOAD_LABEL: workload} if workload else {}
        metadata = {"name": name, "namespace": self.namespace, "labels": {**self.labels, **of_workload}}
        return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **content}


def owner(tenant: Tenant) -> Owner:
    labels = {
        f"{LABEL}region": tenant.region,
        f"{LABEL}tenant": tenant.tenant,
        f"{LABEL}environment": tenant.environment,
        f"{LABEL}rendering": str(RENDERING_VERSION),
        "app.kubernetes.io/managed-by": "sysgenpro.odoo",
    }
    return Owner(tenant.kubernetes_namespace, labels, digest([tenant.image, RENDERING_VERSION]))


def owner_of(deployment: Manifest) -> Owner:
    """Whose a rendered Deployment is."""
    metadata, pods = deployment["metadata"], deployment["spec"]["template"]["metadata"]["labels"]
    labels = {key: value for key, value in metadata["labels"].items() if key not in (WORKLOAD_LABEL, *_recommended(""))}
    return Owner(metadata["namespace"], labels, pods[f"{LABEL}release"])


def _recommended(workload: str) -> dict[str, str]:
    # Not app.kubernetes.io/instance: Argo CD may track what it manages by that label and would write its own value.
    return {"app.kubernetes.io/name": "odoo", "app.kubernetes.io/component": workload}
