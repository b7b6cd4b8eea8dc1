# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""YAML for people who review a change: block style, keys in a fixed order, texts of several lines as they are.

Only what JSON can say is written. A text stands plain where no version of YAML takes it for anything else, otherwise
in double quotes, whose escapes are JSON's (YAML 1.2, chapter 7.3.1).
"""

from __future__ import annotations

import json
import re
import typing as t

#: Plain in every position, in 1.1 and in 1.2: a letter first, then nothing that starts a comment, a key or a collection.
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*")
#: Words that YAML 1.1 reads as something else.
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})
#: Lines that stand as they are: printable ASCII, with neither spaces at the end nor, in the first, at the start.
_LINES = re.compile(r"(?! )[ -~]*(\n[ -~]*)*\n")
#: Keys of an object that stand first; all others follow in alphabetical order.
_FIRST = ("apiVersion", "kind", "metadata", "name", "namespace")
_INDENT = "  "


def document(value: t.Mapping[str, t.Any]) -> str:
    """The text of one document."""
    return "".join(f"{line}\n" for line in _map(value)) if value else "{}\n"


def flow(value: t.Any) -> str:
    """A value on one line, in flow style."""
    if isinstance(value, t.Mapping):
        return f"{{{', '.join(f'{flow(key)}: {flow(entry)}' for key, entry in value.items())}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(flow, value))}]"
    return _scalar(value)


def _map(value: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    for key in sorted(value, key=lambda name: (_FIRST.index(name) if name in _FIRST else len(_FIRST), name)):
        yield from _entry(f"{_text(key)}:", value[key], list_indent="")


def _entry(head: str, value: t.Any, *, list_indent: str) -> t.Iterator[str]:
    if isinstance(value, t.Mapping) and value:
        yield head
        yield from map(_indented, _map(value))
    elif isinstance(value, (list, tuple)) and value:
        yield head
        yield from (list_indent + line if line else line for line in _list(value))
    elif isinstance(value, str) and _is_block(value):
        yield f"{head} |"
        yield from map(_indented, value[:-1].split("\n"))
    else:
        yield f"{head} {_scalar(value)}"


def _list(value: t.Sequence[t.Any]) -> t.Iterator[str]:
    for item in value:
        if isinstance(item, t.Mapping) and item:
            first, *rest = _map(item)
            yield f"- {first}"
            yield from map(_indented, rest)
        else:
            yield from _entry("-", item, list_indent=_INDENT)


def _indented(line: str) -> str:
    return _INDENT + line if line else line


def _is_block(value: str) -> bool:
    lines = value[:-1].split("\n")
    # A last line that is empty would need another indicator, one that is all space would not come back.
    return (
        len(lines) > 1
        and bool(_LINES.fullmatch(value))
        and bool(lines[0])
        and bool(lines[-1])
        and not any(line.endswith(" ") for line in lines)
    )


def _scalar(value: t.Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, (bool, int, float)):
        # YAML 1.1 takes 1e22 for text.
        return re.sub(r"^(-?[0-9]+)e", r"\1.0e", json.dumps(value, allow_nan=False))
    if isinstance(value, (t.Mapping, list, tuple)):
        return "{}" if isinstance(value, t.Mapping) else "[]"
    raise TypeError(f"{type(value).__name__} is not one of JSON's types")


def _text(value: str) -> str:
    plain = _PLAIN.fullmatch(value) and value.lower() not in _WORDS
    return value if plain else f'"{"".join(map(_escaped, value))}"'


def _escaped(character: str) -> str:
    # JSON writes what is beyond 16 bits as two halves, YAML as one number.
    return json.dumps(character)[1:-1] if character <= "\uffff" else f"\\U{ord(character):08x}"
