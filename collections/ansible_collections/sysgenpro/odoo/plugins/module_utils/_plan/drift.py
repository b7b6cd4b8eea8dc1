# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What differs between what is declared, what was rendered for git and what runs, and who did it. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from .._model.kubernetes_kinds import FIELD_MANAGER, REPLICAS_MANAGER, Ref, ref
from .kubernetes import Observed, belongs, comparable, steps_between, strangers
from .managed_fields import differences, holders, paths

if t.TYPE_CHECKING:
    from .._render.kubernetes.types import Desired
    from .kubernetes import Step

Object = t.Mapping[str, t.Any]

RUNNING = "declared and running"
RENDERED = "declared and rendered"
#: Managers that write fields as a part of the cluster's own work.
OF_THE_CLUSTER = frozenset(
    {
        FIELD_MANAGER,
        REPLICAS_MANAGER,
        "kube-controller-manager",
        "kube-scheduler",
        "kube-apiserver",
        "kubelet",
        "cluster-autoscaler",
        "traefik",
    }
)
NOBODY = "unknown: a field that was removed has no owner any more"
HIDDEN = "(hidden)"


@dataclasses.dataclass(frozen=True)
class Finding:
    """One difference. ``by`` is a field manager, ``since`` RFC 3339 in UTC; both are empty where nobody recorded them."""

    tenant: str
    subject: str
    between: str
    difference: str
    field: str = ""
    declared: t.Any = None
    found: t.Any = None
    by: str = ""
    since: str = ""

    def public(self) -> dict[str, t.Any]:
        return dataclasses.asdict(self)

    def __str__(self) -> str:
        what = f"{self.subject} {self.field}".strip()
        said = f"{self.tenant}: {what} {self.difference}"
        if self.field:
            said += f" (declared {self.declared!r}, {self.between.split()[-1]} {self.found!r})"
        return said + (f", by {self.by}" if self.by else "") + (f", since {self.since}" if self.since else "")


def running(desired: Desired, observed: Observed) -> list[Finding]:
    """Every difference between what is declared and what runs; none exactly where the plan is empty and nobody added to it.

    Who owns a field without having changed its value is no difference: with GitOps that is the GitOps controller.
    """
    if observed.namespace is None:
        return [Finding(desired.tenant, f"Namespace/{desired.namespace}", RUNNING, "is missing")]
    if not belongs(observed.namespace, desired.labels):
        return [Finding(desired.tenant, f"Namespace/{desired.namespace}", RUNNING, "is not the tenant's")]
    found: list[Finding] = []
    others = strangers(desired, observed)
    for target in others:
        by, since = _creator(observed.objects[target])
        found.append(Finding(desired.tenant, str(target), RUNNING, "is not the tenant's", by=by, since=since))
    for step in steps_between(desired, observed):
        if step.target not in others:
            found += _of_step(desired.tenant, step, observed)
    for manifest in desired.in_apply_order:
        live = observed.objects.get(ref(manifest))
        if live is not None and ref(manifest) not in others:
            found += _additions(desired.tenant, manifest, live)
    return found


def _of_step(tenant: str, step: Step, observed: Observed) -> list[Finding]:
    live = observed.objects.get(step.target)
    if step.action == "create":
        return [Finding(tenant, str(step.target), RUNNING, "is missing")]
    if step.action == "delete" and live is not None:
        by, since = _creator(live)
        return [Finding(tenant, str(step.target), RUNNING, "is not declared", by=by, since=since)]
    if step.action != "apply" or live is None or step.target not in observed.merged:
        return []
    merged = comparable(observed.merged[step.target])
    return [
        _field(tenant, step.target, live, difference.path, difference.text, (difference.declared, difference.running))
        for difference in differences(merged, comparable(live))
    ]


def _field(
    tenant: str, target: Ref, live: Object, path: tuple[str, ...], text: str, values: tuple[t.Any, t.Any]
) -> Finding:
    others = [holder for holder in holders(live, path) if holder.manager != FIELD_MANAGER]
    by = others[0].manager if others else ""
    since = others[0].time if others else ""
    if not others and values[1] is None:
        by = NOBODY
    declared, running_value = (HIDDEN, HIDDEN) if target.kind == "Secret" else values
    return Finding(tenant, str(target), RUNNING, "differs", text, declared, running_value, by, since)


def _creator(live: Object) -> tuple[str, str]:
    """Who wrote an object first, as far as managedFields tell, and when it was made."""
    entries = live["metadata"].get("managedFields") or []
    first: Object = min(entries, key=lambda entry: entry.get("time", ""), default={})
    return str(first.get("manager", "")), str(live["metadata"].get("creationTimestamp", ""))


def _additions(tenant: str, manifest: Object, live: Object) -> list[Finding]:
    """Fields that somebody put beside the declared ones."""
    found = []
    for entry in live["metadata"].get("managedFields") or []:
        manager = entry.get("manager", "")
        if manager in OF_THE_CLUSTER or entry.get("subresource"):
            continue
        for path in paths(entry.get("fieldsV1") or {}):
            if _at(manifest, path) is not None or _at(live, path) is None:
                continue
            text = ".".join(path).replace(".[", "[")
            value = HIDDEN if manifest["kind"] == "Secret" else _at(live, path)
            since = str(entry.get("time", ""))
            found.append(
                Finding(tenant, str(ref(manifest)), RUNNING, "was added", text, None, value, str(manager), since)
            )
    return found


def _at(item: t.Any, path: t.Sequence[str]) -> t.Any:
    """The value at a path as managed_fields.paths writes it; None where there is none."""
    for part in path:
        if part.startswith("[") and isinstance(item, list):
            name = part[1:-1]
            item = next((entry for entry in item if name in _names(entry)), None)
        elif isinstance(item, dict):
            item = item.get(part)
        else:
            return None
    return item


def _names(entry: t.Any) -> set[str]:
    """What an item of a list may be called in a path: its name, or the values of its keys."""
    if not isinstance(entry, dict):
        return {str(entry)}
    if "name" in entry:
        return {str(entry["name"])}
    keys = [entry[key] for key in ("containerPort", "port", "mountPath", "key", "topologyKey", "ip") if key in entry]
    return {
        ",".join(str(part) for part in (*keys, *([entry["protocol"]] if "protocol" in entry else []))),
        *map(str, keys),
    }


def rendered(
    tenant: str, wanted: t.Mapping[str, str], files: t.Mapping[str, str], parse: t.Callable[[str], t.Any]
) -> list[Finding]:
    """Every difference between the files of a GitOps tree as they would be written now and as they are.

    :param wanted: text by path, of the tenant's folder.
    :param files: the same, as read.
    :param parse: makes a value of a file's text; raises ValueError.
    """
    found = []
    for path in sorted({*wanted, *files}):
        if path not in files:
            found.append(Finding(tenant, path, RENDERED, "is missing"))
        elif path not in wanted:
            found.append(Finding(tenant, path, RENDERED, "is not declared"))
        elif wanted[path] != files[path]:
            found += _file(tenant, path, wanted[path], files[path], parse)
    return found


def _file(tenant: str, path: str, wanted: str, text: str, parse: t.Callable[[str], t.Any]) -> list[Finding]:
    try:
        pairs = differences(parse(wanted), parse(text))
    except ValueError:
        return [Finding(tenant, path, RENDERED, "is not YAML")]
    if not pairs:
        return [Finding(tenant, path, RENDERED, "is written in another way")]
    return [Finding(tenant, path, RENDERED, "differs", pair.text, pair.declared, pair.running) for pair in pairs]
