# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A snapshot of what a cluster has of tenants: a few lists by label, and the server's opinion of what is not as declared."""

from __future__ import annotations

import typing as t

from .._model.kubernetes_kinds import (
    FIELD_MANAGER,
    JOB,
    KINDS,
    OWNED,
    POD,
    REGION_LABEL,
    REPLICA_SET,
    TENANT_LABEL,
    Ref,
    ref,
)
from .._plan.kubernetes import Observed, references
from .._plan.managed_fields import as_applied, owned_by
from .._support.kubernetes_errors import Conflict, FieldConflict, MissingNamespace, Terminating

if t.TYPE_CHECKING:
    from .._adapters.kubernetes_api import KubernetesApi
    from .._render.kubernetes.types import Desired

Object = dict[str, t.Any]
_NAMESPACE = KINDS["v1", "Namespace"]


def observe(api: KubernetesApi, desired: Desired) -> Observed:
    """What the cluster has of one tenant; a converged one costs a list for each kind and no further request.

    :raises Terminating: the namespace is being removed.
    """
    namespace = api.get(Ref("v1", "Namespace", "", desired.namespace))
    if namespace is None:
        return Observed()
    if namespace["metadata"].get("deletionTimestamp"):
        raise Terminating(
            f"Namespace {desired.namespace} is being removed", hint="Wait until it is gone, and run again"
        )
    objects = {ref(namespace): namespace}
    for kind in OWNED:
        if kind.namespaced:
            found = api.select(kind, namespace=desired.namespace, labels=desired.labels)
            objects.update({ref(item): item for item in found or []})
    return judge(api, desired, namespace, objects)


def observe_region(api: KubernetesApi, region: str) -> dict[str, dict[Ref, Object]]:
    """Every object of a region's tenants, by tenant: a few requests for a whole cluster."""
    tenants: dict[str, dict[Ref, Object]] = {}
    for kind in OWNED:
        for item in api.select(kind, labels={REGION_LABEL: region, TENANT_LABEL: ""}) or []:
            tenants.setdefault(item["metadata"]["labels"][TENANT_LABEL], {})[ref(item)] = item
    return tenants


def namespace_in(objects: t.Mapping[Ref, Object], name: str) -> Object | None:
    """A tenant's namespace among its objects, or None."""
    return next((item for target, item in objects.items() if target.kind == "Namespace" and target.name == name), None)


def judge(
    api: KubernetesApi,
    desired: Desired,
    namespace: Object,
    objects: t.Mapping[Ref, Object],
    *,
    new_ones: bool = True,
) -> Observed:
    """Ask the server, in a dry run, about every declared object that does not already look as applied.

    :param objects: those that carry the tenant's labels.
    :param new_ones: also about those that do not exist: their mistakes show before anything changes.
    """
    objects = dict(objects)
    merged: dict[Ref, Object] = {}
    conflicts: dict[Ref, tuple[FieldConflict, ...]] = {}
    for manifest in desired.in_apply_order:
        target = ref(manifest)
        live = objects.get(target)
        if live is not None and as_applied(manifest, live, FIELD_MANAGER):
            continue
        if live is None and not new_ones:
            continue
        answer, found = _dry_run(api, manifest)
        if live is None and answer["metadata"].get("resourceVersion"):
            # It exists all the same, without the tenant's labels.
            live = api.get(target)
            if live is not None:
                objects[target] = live
        if live is None:
            continue
        merged[target] = _kept_replicas(answer, live, desired)
        if found:
            conflicts[target] = found
    return Observed(namespace, objects, merged, conflicts, _referenced(api, desired, objects))


def _dry_run(api: KubernetesApi, manifest: t.Mapping[str, t.Any]) -> tuple[Object, tuple[FieldConflict, ...]]:
    """What the server would make of a manifest, and who stands in its way."""
    try:
        return api.apply(manifest, dry_run=True), ()
    except Conflict as conflict:
        return api.apply(manifest, dry_run=True, force=True), conflict.conflicts


def _kept_replicas(merged: Object, live: Object, desired: Desired) -> Object:
    """Where an autoscaler owns them, replicas are handed over before the field is given up: they stay."""
    autoscaled = {wait.deployment for wait in desired.waits if wait.autoscaled}
    if merged["kind"] != "Deployment" or merged["metadata"]["name"] not in autoscaled:
        return merged
    return {**merged, "spec": {**merged["spec"], "replicas": live["spec"].get("replicas", 1)}}


def _referenced(api: KubernetesApi, desired: Desired, objects: t.Mapping[Ref, Object]) -> frozenset[tuple[str, str]]:
    """What kept ReplicaSets, pods and Jobs name; asked only where something could be pruned."""
    declared = {ref(manifest) for manifest in desired.in_apply_order}
    if not any(target.kind in ("ConfigMap", "Secret") for target in objects if target not in declared):
        return frozenset()
    items: list[Object] = []
    for kind in (REPLICA_SET, JOB, POD):
        items += api.select(kind, namespace=desired.namespace) or []
    return references(items)


#: What every namespace has without anybody's doing.
_FURNITURE = frozenset({("ConfigMap", "kube-root-ca.crt"), ("ServiceAccount", "default")})


def foreign(api: KubernetesApi, namespace: str, labels: t.Mapping[str, str]) -> list[Ref]:
    """Objects in a tenant's namespace that are not the tenant's and would go with it.

    What others own (pods of a ReplicaSet) goes with its owner; Jobs and the Lease are this collection's.
    """
    found = []
    for kind in (*OWNED, JOB, POD):
        if not kind.namespaced:
            continue
        for item in api.select(kind, namespace=namespace) or []:
            metadata = item["metadata"]
            have = metadata.get("labels") or {}
            mine = all(have.get(key) == value for key, value in labels.items())
            if mine or metadata.get("ownerReferences") or (kind.kind, metadata["name"]) in _FURNITURE:
                continue
            if owned_by(item, FIELD_MANAGER) is None:
                found.append(ref(item))
    return found


def exists(api: KubernetesApi, namespace: str) -> bool:
    """Whether a namespace is there, be it on its way out."""
    try:
        return api.get(Ref("v1", "Namespace", "", namespace)) is not None
    except MissingNamespace:
        return False
