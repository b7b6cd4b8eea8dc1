# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From the observed to the desired objects of one tenant on Kubernetes, as ordered steps. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from .._model.kubernetes_kinds import FIELD_MANAGER, OWNED, REPLICAS_MANAGER, Ref, ref
from .._support.errors import OdooError
from .._support.kubernetes_errors import CONFLICT_HINT, FieldConflict
from .managed_fields import differences, extract, owned_by
from .rollout import ready

if t.TYPE_CHECKING:
    from .._render.kubernetes.types import Desired, Wait

Object = t.Mapping[str, t.Any]

#: What the server writes into every object and nobody declares.
_SERVERS_OWN = frozenset(
    {"creationTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid", "deletionTimestamp"}
)
_AUTOSCALER = Ref("autoscaling/v2", "HorizontalPodAutoscaler", "", "")
#: Objects of these kinds are named after a hash of their content; kept ReplicaSets may still name older ones.
_HASHED = frozenset({"ConfigMap", "Secret"})
_REPLICAS = ".spec.replicas"
#: How many fields a cause names.
_NAMED = 3


@dataclasses.dataclass(frozen=True)
class Observed:
    """A snapshot of what the cluster has of a tenant.

    ``objects`` are those that carry the tenant's labels or bear the name of a declared one. ``merged`` holds, for those that
    are not as declared, what the server says they would become. ``conflicts`` are fields of those that others own with
    another value. ``referenced`` are the ConfigMaps and Secrets (kind, name) that a kept ReplicaSet, pod or Job names.
    """

    namespace: Object | None = None
    objects: t.Mapping[Ref, Object] = dataclasses.field(default_factory=dict, repr=False)
    merged: t.Mapping[Ref, Object] = dataclasses.field(default_factory=dict, repr=False)
    conflicts: t.Mapping[Ref, tuple[FieldConflict, ...]] = dataclasses.field(default_factory=dict)
    referenced: frozenset[tuple[str, str]] = frozenset()


@dataclasses.dataclass(frozen=True)
class Step:
    """One change. ``action`` is create, apply, hand_over, await_ready, delete or scale."""

    action: str
    target: Ref
    cause: str
    manifest: Object = dataclasses.field(default_factory=dict, repr=False)
    manager: str = FIELD_MANAGER
    force: bool = False
    seen: Object | None = dataclasses.field(default=None, repr=False, compare=False)
    wait: Wait | None = dataclasses.field(default=None, repr=False)

    def public(self) -> dict[str, str]:
        """The step as a result or a diff shows it."""
        return {"action": self.action, "subject": str(self.target), "cause": self.cause}


def plan_kubernetes(
    desired: Desired, observed: Observed, *, force: bool = False, prune: bool = True
) -> tuple[Step, ...]:
    """Steps that make ``observed`` into ``desired``; none when it already is.

    :param force: take over fields that others own.
    :param prune: remove what is the tenant's and not declared; false where ``desired`` is a part of the tenant only.
    :raises OdooError: an object of a declared name is not the tenant's, or others own fields of it.
    """
    _refuse_strangers(desired, observed)
    if not force:
        _refuse_conflicts(desired, observed)
    return steps_between(desired, observed, prune=prune)


def steps_between(desired: Desired, observed: Observed, *, prune: bool = True) -> tuple[Step, ...]:
    """As plan_kubernetes, with nothing refused: what drift reports."""
    waits = {wait.deployment: wait for wait in desired.waits}
    declared = {ref(manifest) for manifest in desired.in_apply_order}
    pruned = _prune(desired, observed, declared) if prune else []
    # An autoscaler that goes must not pull at the replicas of the Deployment that gets its own again.
    early = [step for step in pruned if step.target.kind == _AUTOSCALER.kind]
    steps = list(early)
    awaited = []
    for manifest in desired.in_apply_order:
        wait = waits.get(manifest["metadata"]["name"]) if manifest["kind"] == "Deployment" else None
        mine = _object_steps(manifest, wait, observed)
        steps += mine
        if wait and (mine or not _arrived(wait, observed.objects.get(ref(manifest)))):
            cause = "it was changed" if mine else "it is not ready"
            awaited.append((len(steps), Step("await_ready", ref(manifest), cause, wait=wait)))
    steps = _with_waits(steps, awaited, desired, observed)
    return (*steps, *(step for step in pruned if step not in early))


def _with_waits(steps: list[Step], awaited: list[tuple[int, Step]], desired: Desired, observed: Observed) -> list[Step]:
    """One Deployment at a time; where none runs yet there is nobody to protect."""
    if not any(target.kind == "Deployment" and target.namespace == desired.namespace for target in observed.objects):
        return _first_alone(steps, [step for _position, step in awaited])
    for position, step in reversed(awaited):
        steps.insert(position, step)
    return steps


def _first_alone(steps: list[Step], awaited: list[Step]) -> list[Step]:
    """One pod with the nodes' processors to itself, then all others together: the first page comes sooner."""
    first = next((step for step in steps if awaited and step.target == awaited[0].target), None)
    if first is None:
        return [*steps, *awaited]
    wait, position = t.cast("Wait", awaited[0].wait), steps.index(first)
    alone = dataclasses.replace(
        awaited[0], cause="its first pod starts alone", wait=dataclasses.replace(wait, minimum=1)
    )
    if wait.minimum == 1:
        return [*steps[: position + 1], alone, *steps[position + 1 :], *awaited[1:]]
    lonely = dataclasses.replace(first, manifest=_with_replicas(first.manifest, 1))
    follow = dataclasses.replace(first, action="apply", cause="its first pod serves")
    return [*steps[:position], lonely, alone, follow, *steps[position + 1 :], *awaited]


def _object_steps(manifest: Object, wait: Wait | None, observed: Observed) -> list[Step]:
    target = ref(manifest)
    live, merged = observed.objects.get(target), observed.merged.get(target)
    if live is None:
        if wait and wait.autoscaled:
            started = _with_replicas(manifest, wait.minimum)
            return [
                Step("create", target, "it does not exist", started),
                *_hand_over(manifest, wait.minimum, "an autoscaler owns its replicas"),
                Step("apply", target, "an autoscaler owns its replicas", manifest),
            ]
        return [Step("create", target, "it does not exist", manifest)]
    steps = []
    if wait and wait.autoscaled:
        replicas = int(live["spec"].get("replicas", 1))
        if replicas == 0:
            steps += _hand_over(manifest, wait.minimum, "it is stopped")
        elif _owns_replicas(live):
            steps += _hand_over(manifest, max(replicas, wait.minimum), "an autoscaler owns its replicas")
    if merged is not None and _changes(live, merged):
        conflicts = observed.conflicts.get(target, ())
        steps.append(Step("apply", target, _cause(live, merged), manifest, force=bool(conflicts), seen=live))
    return steps


def _owns_replicas(live: Object) -> bool:
    fields = owned_by(live, FIELD_MANAGER) or {}
    return "f:replicas" in fields.get("f:spec", {})


def _hand_over(manifest: Object, replicas: int, cause: str) -> list[Step]:
    """Let another manager hold spec.replicas, so that the field stays when ours gives it up."""
    metadata = {key: manifest["metadata"][key] for key in ("name", "namespace")}
    minimal = {"apiVersion": manifest["apiVersion"], "kind": manifest["kind"], "metadata": metadata}
    minimal["spec"] = {"replicas": replicas}
    return [Step("hand_over", ref(manifest), cause, minimal, manager=REPLICAS_MANAGER, force=True)]


def _with_replicas(manifest: Object, replicas: int) -> dict[str, t.Any]:
    return {**manifest, "spec": {**manifest["spec"], "replicas": replicas}}


def _arrived(wait: Wait, live: Object | None) -> bool:
    return live is not None and ready(live, wait.minimum)[0]


def _changes(live: Object, merged: Object) -> bool:
    return comparable(live) != comparable(merged) or bool(_ownership(live) != _ownership(merged))


def _ownership(item: Object) -> t.Any:
    return owned_by(item, FIELD_MANAGER)


def _cause(live: Object, merged: Object) -> str:
    found = differences(comparable(merged), comparable(live))
    if not found:
        return "its fields are not all this collection's"
    named = ", ".join(difference.text for difference in found[:_NAMED])
    return f"{named} differ" if len(found) <= _NAMED else f"{named} and {len(found) - _NAMED} more differ"


def comparable(item: Object) -> dict[str, t.Any]:
    """An object without what the server adds by itself."""
    metadata = {key: value for key, value in item["metadata"].items() if key not in _SERVERS_OWN}
    return {**{key: value for key, value in item.items() if key != "status"}, "metadata": metadata}


def belongs(item: Object, labels: t.Mapping[str, str]) -> bool:
    """Whether an object carries the tenant's labels."""
    have = item["metadata"].get("labels") or {}
    return all(have.get(key) == value for key, value in labels.items())


def _ours(item: Object, labels: t.Mapping[str, str]) -> bool:
    """Whether an object is the tenant's: by its labels, or by having been applied by this collection and by no other label."""
    have = item["metadata"].get("labels") or {}
    claimed = any(have.get(key, value) != value for key, value in labels.items())
    return not claimed and (belongs(item, labels) or owned_by(item, FIELD_MANAGER) is not None)


def strangers(desired: Desired, observed: Observed) -> list[Ref]:
    """Objects of declared names that are not the tenant's."""
    found = []
    for manifest in desired.in_apply_order:
        live = observed.objects.get(ref(manifest))
        made_by_server = manifest["kind"] == "ServiceAccount" and manifest["metadata"]["name"] == "default"
        if live is not None and not made_by_server and not _ours(live, desired.labels):
            found.append(ref(manifest))
    return found


def _refuse_strangers(desired: Desired, observed: Observed) -> None:
    found = strangers(desired, observed)
    if found:
        raise OdooError(
            f"{', '.join(map(str, found))} in namespace {desired.namespace} exist and are not the tenant's",
            hint=f"Remove or rename them, or give them the labels {', '.join(f'{k}={v}' for k, v in desired.labels.items())}",
        )


def _refuse_conflicts(desired: Desired, observed: Observed) -> None:
    waits = {wait.deployment for wait in desired.waits}
    texts = []
    for target, conflicts in observed.conflicts.items():
        mine = target.kind == "Deployment" and target.name in waits
        for conflict in conflicts:
            if mine and conflict.field == _REPLICAS and _scaler(conflict.manager):
                continue
            texts.append(f"{conflict.field} of {target} is owned by {conflict.manager}")
    if texts:
        raise OdooError("; ".join(texts), hint=CONFLICT_HINT, details={"conflicts": texts})


def _scaler(manager: str) -> bool:
    """Whether replicas are held for us: by the hand-over, or by the autoscaler that is not declared any more."""
    return manager == REPLICAS_MANAGER or manager.startswith("kube-controller-manager")


def _prune(desired: Desired, observed: Observed, declared: set[Ref]) -> list[Step]:
    order = {kind.kind: position for position, kind in enumerate(OWNED)}
    candidates = [
        (target, item)
        for target, item in observed.objects.items()
        if target not in declared
        and target.kind in order
        and target.namespace == desired.namespace
        and belongs(item, desired.labels)
        and not item["metadata"].get("ownerReferences")
        and not item["metadata"].get("deletionTimestamp")
        and not (target.kind in _HASHED and (target.kind, target.name) in observed.referenced)
    ]
    candidates.sort(key=lambda pair: (-order[pair[0].kind], pair[0].name))
    return [Step("delete", target, "nobody declares it any more", seen=item) for target, item in candidates]


def plan_stopped(observed: Observed, labels: t.Mapping[str, str]) -> tuple[Step, ...]:
    """Steps after which no pod of the tenant runs; everything else stays. An autoscaler leaves zero replicas alone."""
    steps = []
    for target, live in sorted(observed.objects.items()):
        if target.kind == "Deployment" and belongs(live, labels) and int(live["spec"].get("replicas", 1)):
            step = _hand_over(live, 0, "the tenant is stopped")[0]
            steps.append(dataclasses.replace(step, action="scale"))
    return tuple(steps)


def plan_absent(observed: Observed, labels: t.Mapping[str, str], foreign: t.Sequence[Ref]) -> tuple[Step, ...]:
    """Steps that remove everything of a tenant: first the routes, so that nobody is sent to what goes, last the namespace.

    :param foreign: objects in the namespace that are not the tenant's.
    :raises OdooError: there are such, or the namespace itself is not the tenant's.
    """
    if observed.namespace is None:
        return ()
    name = observed.namespace["metadata"]["name"]
    if not belongs(observed.namespace, labels):
        raise OdooError(f"Namespace {name} is not the tenant's", hint="Correct odoo_kubernetes_namespace")
    if foreign:
        raise OdooError(
            f"Namespace {name} holds what is not the tenant's: {', '.join(map(str, sorted(foreign)))}",
            hint="Move or remove it; nothing was removed",
        )
    cause = "the tenant is decommissioned"
    routes = [
        Step("delete", target, cause, seen=item)
        for target, item in sorted(observed.objects.items())
        if target.kind == "IngressRoute" and belongs(item, labels)
    ]
    return (*routes, Step("delete", Ref("v1", "Namespace", "", name), cause, seen=observed.namespace))


def previous(step: Step) -> dict[str, t.Any] | None:
    """What was applied before a step, to be applied again when it fails; None where there was nothing."""
    return extract(step.seen, FIELD_MANAGER) if step.seen is not None else None


def references(items: t.Iterable[Object]) -> frozenset[tuple[str, str]]:
    """The ConfigMaps and Secrets that pods or pod templates name, as (kind, name)."""
    found: set[tuple[str, str]] = set()
    for item in items:
        template = item["spec"].get("template") or item
        found |= set(_references(template.get("spec") or {}))
    return frozenset(found)


def _references(pod: Object) -> t.Iterator[tuple[str, str]]:
    for volume in pod.get("volumes") or []:
        sources = [volume, *((volume.get("projected") or {}).get("sources") or [])]
        for source in sources:
            yield from _source(source)
    for container in [*(pod.get("containers") or []), *(pod.get("initContainers") or [])]:
        for source in container.get("envFrom") or []:
            yield from _named(source, "configMapRef", "secretRef")
        for variable in container.get("env") or []:
            yield from _named(variable.get("valueFrom") or {}, "configMapKeyRef", "secretKeyRef")
    yield from (("Secret", entry["name"]) for entry in pod.get("imagePullSecrets") or [] if entry.get("name"))


def _source(source: Object) -> t.Iterator[tuple[str, str]]:
    if source.get("configMap"):
        yield "ConfigMap", source["configMap"].get("name", "")
    secret = source.get("secret")
    if secret:
        yield "Secret", secret.get("secretName") or secret.get("name", "")


def _named(source: Object, config_map: str, secret: str) -> t.Iterator[tuple[str, str]]:
    if source.get(config_map):
        yield "ConfigMap", source[config_map].get("name", "")
    if source.get(secret):
        yield "Secret", source[secret].get("name", "")
