# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant's objects and changes as results and diffs show them. No value of a Secret is in either."""

from __future__ import annotations

import typing as t

from .._plan.kubernetes import Observed, Step, comparable

HIDDEN = "(hidden)"
CHANGED = "(hidden, another value)"
Object = t.Mapping[str, t.Any]


def diff(before: Observed, steps: t.Sequence[Step]) -> dict[str, t.Any]:
    """The server's own difference: objects as they are, and as its dry run says they would become."""
    old: dict[str, t.Any] = {}
    new: dict[str, t.Any] = {}
    for step in steps:
        name, live = str(step.target), before.objects.get(step.target)
        if step.action == "await_ready":
            continue
        if live is not None:
            old[name] = shown(live)
        if step.action == "delete":
            continue
        if step.action in ("create", "apply"):
            new[name] = shown(before.merged.get(step.target, step.manifest), beside=live)
        else:
            replicas = step.manifest["spec"]["replicas"]
            base = new.get(name) or old.get(name) or {"spec": {}}
            new[name] = {**base, "spec": {**base["spec"], "replicas": replicas}}
    return {"before": old, "after": new}


def shown(item: Object, beside: Object | None = None) -> dict[str, t.Any]:
    """An object without what the server adds, a Secret with the names of its keys only.

    :param beside: the same Secret before, so that one can see which of its values are others now.
    """
    visible = comparable(item)
    if item["kind"] != "Secret":
        return visible
    earlier = (beside or {}).get("data") or {}
    for field in ("data", "stringData"):
        if field in visible:
            visible[field] = {
                key: CHANGED if beside is not None and earlier.get(key) != value else HIDDEN
                for key, value in visible[field].items()
            }
    return visible


def summary(observed: Observed) -> dict[str, t.Any]:
    """The stack in short."""
    deployments = [item for target, item in sorted(observed.objects.items()) if target.kind == "Deployment"]
    return {
        "namespace": observed.namespace["metadata"]["name"] if observed.namespace else None,
        "objects": [str(target) for target in sorted(observed.objects, key=str)],
        "deployments": [
            {
                "name": item["metadata"]["name"],
                "image": item["spec"]["template"]["spec"]["containers"][0]["image"],
                "replicas": item["spec"].get("replicas"),
                "available": (item.get("status") or {}).get("availableReplicas", 0),
            }
            for item in deployments
        ],
    }
