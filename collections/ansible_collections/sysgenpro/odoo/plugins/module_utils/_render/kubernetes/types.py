# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a tenant on Kubernetes consists of, as the planner and the GitOps tree read it."""

from __future__ import annotations

import dataclasses
import typing as t

#: A manifest: JSON's types only, with apiVersion, kind, metadata.name, metadata.labels and, but for the Namespace itself,
#: metadata.namespace.
Manifest = t.Mapping[str, t.Any]

#: The labels that say whose an object is; present on every object, in every pod template, and out of reach of patches.
OWNERSHIP = ("sysgenpro.odoo/region", "sysgenpro.odoo/tenant")


@dataclasses.dataclass(frozen=True)
class Wait:
    """A Deployment that must become available before the next one is touched.

    ``strategy`` is ``rolling`` (new pods beside the old ones) or ``recreate`` (the old one ends first). ``minimum`` is the
    number of pods that must be available. Where ``autoscaled`` is true the manifest has no C(spec.replicas), because a
    HorizontalPodAutoscaler owns it; whoever creates the Deployment or hands the field over starts from ``minimum``, since
    the API server would start from 1. ``timeout`` is in seconds, for one pod to become available.
    """

    deployment: str
    workload: str
    strategy: str
    minimum: int
    autoscaled: bool
    timeout: int


@dataclasses.dataclass(frozen=True)
class Desired:
    """The tenant's objects as they must be.

    ``objects`` is in apply order and begins with the Namespace; it holds no secret value and no Job, and is what the GitOps
    tree gets. ``secrets`` are the Secret objects; they are applied right after the Namespace and never shown or written
    to a tree. ``labels`` are the ownership labels with their values, which select what may be pruned. ``waits`` is in
    rollout order.
    """

    tenant: str
    region: str
    environment: str
    namespace: str
    labels: t.Mapping[str, str]
    objects: tuple[Manifest, ...]
    secrets: tuple[Manifest, ...] = dataclasses.field(repr=False)
    waits: tuple[Wait, ...]

    @property
    def in_apply_order(self) -> tuple[Manifest, ...]:
        """Everything, with the Secrets where they belong. Not to be shown."""
        return (self.objects[0], *self.secrets, *self.objects[1:])
