# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""odoo_kubernetes_patches: the user's changes to rendered objects, as JSON merge patches (RFC 7386)."""

from __future__ import annotations

import copy
import dataclasses
import difflib
import typing as t

from ..containers import LABEL
from .types import OWNERSHIP

Patches = t.Sequence[t.Mapping[str, t.Any]]
Path = tuple[str, ...]

#: What no patch changes, because objects are found, pruned and bounded by it; with the reason an error gives.
_IDENTITY = "is how the tenant's objects are found"
_BUDGET = "follows from the tenant's variables, which the connection budget counts with"
_PROTECTED: t.Mapping[str, t.Mapping[Path, str]] = {
    "": {
        ("apiVersion",): _IDENTITY,
        ("kind",): _IDENTITY,
        ("metadata", "name"): _IDENTITY,
        ("metadata", "namespace"): _IDENTITY,
        **{("metadata", "labels", label): _IDENTITY for label in OWNERSHIP},
    },
    "Deployment": {
        ("spec", "selector"): _IDENTITY,
        **{("spec", "template", "metadata", "labels", label): _IDENTITY for label in (*OWNERSHIP, f"{LABEL}workload")},
        ("spec", "replicas"): _BUDGET,
        ("spec", "strategy", "type"): "keeps a second set of scheduled actions from running",
    },
    "HorizontalPodAutoscaler": {
        ("spec", "scaleTargetRef"): _BUDGET,
        ("spec", "minReplicas"): _BUDGET,
        ("spec", "maxReplicas"): _BUDGET,
    },
}


@dataclasses.dataclass
class Patcher:
    """Applies patches to objects as they are made, and knows at the end which of them found none."""

    patches: Patches
    problems: list[str] = dataclasses.field(default_factory=list)
    seen: list[tuple[str, str]] = dataclasses.field(default_factory=list)

    def apply(self, manifest: dict[str, t.Any]) -> dict[str, t.Any]:
        """The object with the patches that name it, in their order."""
        kind, name = manifest["kind"], manifest["metadata"]["name"]
        self.seen.append((kind, name))
        for index, patch in enumerate(self.patches):
            if (patch["kind"], patch["name"]) != (kind, name):
                continue
            patched = merged(manifest, patch["patch"])
            refused = [
                f"odoo_kubernetes_patches[{index}]: {kind} {name}: {'.'.join(path)} must stay {_at(manifest, path)!r}; it {why}"
                for path, why in {**_PROTECTED[""], **_PROTECTED.get(kind, {})}.items()
                if _at(patched, path) != _at(manifest, path)
            ]
            self.problems += refused
            manifest = manifest if refused else patched
        return manifest

    def unmatched(self) -> list[str]:
        """An error for each patch that named no object."""
        return [
            f"odoo_kubernetes_patches[{index}]: {patch['kind']} {patch['name']}: no such object is rendered; {self._near(patch)}"
            for index, patch in enumerate(self.patches)
            if (patch["kind"], patch["name"]) not in self.seen
        ]

    def _near(self, patch: t.Mapping[str, t.Any]) -> str:
        of_kind = sorted({name for kind, name in self.seen if kind == patch["kind"]})
        if of_kind:
            return f"of kind {patch['kind']} there are {', '.join(of_kind)}"
        kinds = sorted({kind for kind, _name in self.seen})
        near = difflib.get_close_matches(patch["kind"], kinds, n=1)
        return f"did you mean {near[0]}?" if near else f"kinds are {', '.join(kinds)}"


def merged(target: t.Any, patch: t.Any) -> t.Any:
    """What RFC 7386 makes of ``target``: maps are merged, None removes, everything else replaces."""
    if not isinstance(patch, t.Mapping):
        return copy.deepcopy(patch)
    result = dict(target) if isinstance(target, t.Mapping) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def _at(manifest: t.Any, path: Path) -> t.Any:
    for key in path:
        if not isinstance(manifest, t.Mapping):
            return None
        manifest = manifest.get(key)
    return manifest
