"""What an API server keeps of applied objects, for plans to be made of."""

from __future__ import annotations

import copy
import dataclasses
import json
import typing as t

from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.kubernetes_kinds import FIELD_MANAGER, Ref, ref
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan.kubernetes import Observed

if t.TYPE_CHECKING:
    from ansible_collections.sysgenpro.odoo.plugins.module_utils._render.kubernetes.types import Desired

Object = dict[str, t.Any]
TIME = "2026-03-01T10:00:00Z"
#: How the lists of the kinds here are keyed; others are atomic. The API's own schemas say so (x-kubernetes-list-map-keys).
KEYS: t.Mapping[str, tuple[str, ...]] = {
    "containers": ("name",),
    "env": ("name",),
    "volumes": ("name",),
    "volumeMounts": ("mountPath",),
    "ports": ("containerPort", "protocol"),
    "topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable"),
}
ATOMIC = frozenset({"selector", "podSelector", "labelSelector", "nodeSelector", "limits_", "items"})


def fields_of(value: t.Any, name: str = "") -> Object:
    """fieldsV1 of a value, as the server makes it."""
    if isinstance(value, dict) and value and name not in ATOMIC:
        return {f"f:{key}": fields_of(item, key) for key, item in value.items()}
    keys = KEYS.get(name)
    if isinstance(value, list) and keys and all(isinstance(item, dict) for item in value):
        return {
            "k:" + json.dumps({key: item[key] for key in keys if key in item}, separators=(",", ":")): {
                ".": {},
                **fields_of(item),
            }
            for item in value
        }
    return {}


def stored(manifest: t.Mapping[str, t.Any], manager: str = FIELD_MANAGER, **metadata: t.Any) -> Object:
    """The object a server keeps of an applied manifest: with ownership, identity and a default of its own."""
    live: Object = copy.deepcopy(dict(manifest))
    declared = {key: value for key, value in live.items() if key not in ("apiVersion", "kind")}
    declared["metadata"] = {k: v for k, v in live["metadata"].items() if k not in ("name", "namespace")}
    entry = {"manager": manager, "operation": "Apply", "time": TIME, "fieldsV1": fields_of(declared)}
    live["metadata"].update(
        uid=f"uid-{live['kind']}-{live['metadata']['name']}", resourceVersion="1", managedFields=[entry], **metadata
    )
    if live["kind"] == "Deployment":
        live["spec"].setdefault("replicas", 1)
        live["spec"]["template"]["spec"]["restartPolicy"] = "Always"
        replicas = live["spec"]["replicas"]
        live["metadata"]["generation"] = 1
        live["status"] = {
            "observedGeneration": 1,
            "replicas": replicas,
            "updatedReplicas": replicas,
            "availableReplicas": replicas,
        }
    return live


def converged(wanted: Desired, **changes: t.Any) -> Observed:
    objects = {ref(manifest): stored(manifest) for manifest in wanted.in_apply_order}
    for wait in wanted.waits:
        live = objects[Ref("apps/v1", "Deployment", wanted.namespace, wait.deployment)]
        if wait.autoscaled:
            live["spec"]["replicas"] = wait.minimum
            live["status"].update(replicas=wait.minimum, updatedReplicas=wait.minimum, availableReplicas=wait.minimum)
    return dataclasses.replace(Observed(objects[ref(wanted.objects[0])], objects), **changes)


def told(steps: t.Sequence[t.Any]) -> list[tuple[str, str]]:
    return [(step.action, str(step.target)) for step in steps]
