# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a region must say of each service it offers: key by key, with what each accepts."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from . import rules

_URL = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?/?")


def _port(value: t.Any) -> str | None:
    return _whole(value, 1, 65535)


def _count(value: t.Any) -> str | None:
    return _whole(value, 1, 1_000_000)


def _reserved(value: t.Any) -> str | None:
    return _whole(value, 0, 1_000_000)


def _optional_port(value: t.Any) -> str | None:
    return _whole(value, 0, 65535)


def _whole(value: t.Any, low: int, high: int) -> str | None:
    good = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
    return None if good else f"a whole number from {low} to {high}"


def _url(value: t.Any) -> str | None:
    good = isinstance(value, str) and _URL.fullmatch(value)
    return None if good else "a URL such as https://s3.example.com:8333"


def _name(value: t.Any) -> str | None:
    return None if isinstance(value, str) and value else "a name"


@dataclasses.dataclass(frozen=True)
class Shape:
    """Keys of one service, each with its rule."""

    required: t.Mapping[str, rules.Rule]
    optional: t.Mapping[str, rules.Rule]


SHAPES: t.Mapping[str, Shape] = {
    "odoo_postgresql_clusters": Shape(
        {"host": rules.service_hosts, "port": _port, "primary_port": _port, "max_connections": _count},
        {"replica_port": _optional_port, "reserved_connections": _reserved},
    ),
    "odoo_redis_instances": Shape({"host": rules.service_hosts, "port": _port}, {}),
    "odoo_object_store": Shape({"endpoint": _url}, {"region": _name}),
}


def problems(name: str, entries: t.Mapping[t.Any, t.Any]) -> list[str]:
    """Every key of a variable that is missing or not acceptable; one whose entries are several services has a name each."""
    shape = SHAPES[name]
    if name == "odoo_object_store":
        return _of_one(name, entries, shape)
    found = []
    for entry, content in sorted(entries.items(), key=lambda item: str(item[0])):
        if not isinstance(entry, str):
            found.append(f"{name}.{entry}: must be named by a text")
        found += _of_one(f"{name}.{entry}", content, shape)
    return found


def _of_one(where: str, content: t.Any, shape: Shape) -> list[str]:
    missing = [key for key in shape.required if not isinstance(content, dict) or key not in content]
    if missing:
        return [f"{where}: must have {', '.join(missing)}"]
    return [
        f"{where}.{key}={content[key]!r}: must be {accepted}"
        for key, rule in {**shape.required, **shape.optional}.items()
        if key in content
        for accepted in [rule(content[key])]
        if accepted
    ]
