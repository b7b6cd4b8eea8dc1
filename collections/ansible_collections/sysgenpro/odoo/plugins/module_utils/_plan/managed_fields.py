# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who owns which field of an object, read from metadata.managedFields. Pure.

The format is C(fieldsV1) of the Kubernetes API: a mapping whose keys are C(f:<name>) for a field, C(k:<json>) for the item of
a list that has these keys, C(v:<json>) for an item of a set and C(.) for the field itself. An empty mapping ends a path: what
lies below belongs together.
"""

from __future__ import annotations

import json
import typing as t

Fields = t.Mapping[str, t.Any]
Object = t.Mapping[str, t.Any]

#: What names the object instead of describing it; the server does not list it.
_NAMING = frozenset({"name", "namespace"})


class Difference(t.NamedTuple):
    """A field that is not as declared. ``path`` has a part a level, ``[name]`` for an item of a list; a missing value is None."""

    path: tuple[str, ...]
    declared: t.Any
    running: t.Any

    @property
    def text(self) -> str:
        """The path as kubectl writes it."""
        return ".".join(self.path).replace(".[", "[")


class Holder(t.NamedTuple):
    """Who wrote a field, how and when (RFC 3339, UTC)."""

    manager: str
    operation: str
    subresource: str
    time: str


def owned_by(live: Object, manager: str) -> Fields | None:
    """The fields ``manager`` applied, or None where it never did."""
    for entry in live["metadata"].get("managedFields") or []:
        if entry.get("manager") == manager and entry.get("operation") == "Apply" and not entry.get("subresource"):
            return t.cast("Fields", entry.get("fieldsV1") or {})
    return None


def as_applied(manifest: Object, live: Object, manager: str) -> bool:
    """Whether applying ``manifest`` again would change nothing: every value is there, and ours is what we declare.

    False may be wrong where the server writes a value in another way (1024Mi as 1Gi); true is not.
    """
    fields = owned_by(live, manager)
    if fields is None:
        return False
    declared = {key: value for key, value in manifest.items() if key not in ("apiVersion", "kind")}
    declared["metadata"] = {key: value for key, value in manifest["metadata"].items() if key not in _NAMING}
    if not declared["metadata"]:
        del declared["metadata"]
    return _same(declared, live, fields)


def _same(declared: t.Any, live: t.Any, fields: Fields) -> bool:
    named = {key: value for key, value in fields.items() if key != "."}
    if not named:
        return bool(declared == live)
    if isinstance(declared, dict) and isinstance(live, dict):
        if {f"f:{key}" for key in declared} != set(named):
            return False
        return all(key in live and _same(value, live[key], named[f"f:{key}"]) for key, value in declared.items())
    if isinstance(declared, list) and isinstance(live, list):
        return len(declared) == len(named) and all(
            any(_same(item, other, below) for item in _matching(declared, key) for other in _matching(live, key))
            for key, below in named.items()
        )
    return False


def _matching(items: t.Sequence[t.Any], key: str) -> list[t.Any]:
    """Those items of a list that a key of fieldsV1 speaks of."""
    if key.startswith("v:"):
        return [item for item in items if item == json.loads(key[2:])]
    if not key.startswith("k:"):
        return []
    wanted = json.loads(key[2:])
    return [item for item in items if isinstance(item, dict) and _has(item, wanted)]


#: The server fills these in before it looks for an item, so that a manifest may leave them out.
_DEFAULTED_KEYS = {"protocol": "TCP"}


def _has(item: Object, wanted: Object) -> bool:
    return all(item.get(name, _DEFAULTED_KEYS.get(name)) == value for name, value in wanted.items())


def extract(live: Object, manager: str) -> dict[str, t.Any] | None:
    """What ``manager`` applied last, made of the object and its ownership; None where it never did."""
    fields = owned_by(live, manager)
    if fields is None:
        return None
    found = _extract(live, fields)
    metadata = {key: live["metadata"][key] for key in ("name", "namespace") if key in live["metadata"]}
    return {
        "apiVersion": live["apiVersion"],
        "kind": live["kind"],
        **found,
        "metadata": {**found.get("metadata", {}), **metadata},
    }


def _extract(live: t.Any, fields: Fields) -> t.Any:
    named = {key: value for key, value in fields.items() if key != "."}
    if not named:
        return live
    if isinstance(live, list):
        found = [(item, below, key) for item in live for key, below in named.items() if any(_matching([item], key))]
        return [_item(item, below, key) for item, below, key in found]
    if not isinstance(live, dict):
        return live
    return {key[2:]: _extract(live[key[2:]], below) for key, below in named.items() if key[2:] in live}


def _item(item: t.Any, below: Fields, key: str) -> t.Any:
    if not isinstance(item, dict):
        return item
    keys = json.loads(key[2:])
    return {**keys, **(_extract(item, below) if set(below) - {"."} else {})}


def differences(declared: t.Any, running: t.Any, path: tuple[str, ...] = ()) -> list[Difference]:
    """Every field in which two objects differ; items of lists are found by their name where all have one."""
    if isinstance(declared, dict) and isinstance(running, dict):
        found = []
        for key in sorted({*declared, *running}):
            found += differences(declared.get(key), running.get(key), (*path, key))
        return found
    if isinstance(declared, list) and isinstance(running, list) and _named(declared) and _named(running):
        ours, theirs = ({item["name"]: item for item in items} for items in (declared, running))
        found = []
        for name in sorted({*ours, *theirs}):
            found += differences(ours.get(name), theirs.get(name), (*path, f"[{name}]"))
        return found
    return [] if declared == running else [Difference(path, declared, running)]


def _named(items: t.Sequence[t.Any]) -> bool:
    names = [item.get("name") for item in items if isinstance(item, dict)]
    return len(names) == len(items) and None not in names and len(set(names)) == len(names)


def holders(live: Object, path: t.Sequence[str]) -> list[Holder]:
    """Who owns a field as differences() names it, or what it is part of; the latest first."""
    found = [
        Holder(
            entry.get("manager", ""), entry.get("operation", ""), entry.get("subresource", ""), entry.get("time", "")
        )
        for entry in live["metadata"].get("managedFields") or []
        if entry.get("fieldsV1") and _holds(entry["fieldsV1"], path, live)
    ]
    return sorted(found, key=lambda holder: holder.time, reverse=True)


def _holds(fields: Fields, path: t.Sequence[str], value: t.Any) -> bool:
    if not path:
        return True
    if not fields:
        return True  # the path ended above: what lies below belongs together
    head, rest = path[0], path[1:]
    if f"f:{head}" in fields:
        return _holds(fields[f"f:{head}"], rest, value.get(head) if isinstance(value, dict) else None)
    # An item is named here by its name, there by whatever its list is keyed by.
    items = [item for item in value if f"[{item.get('name')}]" == head] if isinstance(value, list) else []
    return any(_holds(below, rest, item) for item in items for key, below in fields.items() if _matching([item], key))


def paths(fields: Fields, prefix: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every path of fieldsV1, items of lists by their name or else by their keys."""
    named = {key: value for key, value in fields.items() if key != "."}
    if not named:
        return [prefix] if prefix else []
    found = []
    for key, below in named.items():
        found += paths(below, (*prefix, _segment(key)))
    return found


def _segment(key: str) -> str:
    if key.startswith("f:"):
        return key[2:]
    value = json.loads(key[2:])
    if isinstance(value, dict):
        return f"[{value.get('name') or ','.join(str(part) for part in value.values())}]"
    return f"[{value}]"
