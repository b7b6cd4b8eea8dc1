# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Secrets that stand in an inventory as anybody can read them. Looks at names and forms of values; says where, never what."""

from __future__ import annotations

import re
import typing as t

#: Variables and keys that hold a secret itself. Names of files and references (odoo_secret_path, a role's …_secrets) do not end so.
_NAME = re.compile(
    r"(^|_)(password|passwd|pass|passphrase|secret|secret_key|secret_access_key|private_key|api_key|token)$"
)
#: A reference to a secret of the lookup secret: owner/name.
_REFERENCE = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+")
_PRIVATE_KEY = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----")
_IN_URL = re.compile(r"[a-z][a-z0-9+.-]*://[^/\s:@{]+:[^/\s@{]+@")
_TEMPLATE = re.compile(r"\{[{%]")
_DEPTH = 8


class Found(t.NamedTuple):
    """Where a secret stands: the path of keys to it, from the variable's name on, and its value."""

    path: tuple[str, ...]
    value: t.Any

    @property
    def where(self) -> str:
        return ".".join(self.path)

    @property
    def command(self) -> str:
        """What encrypts the value; it reads it from standard input, so that no shell remembers it."""
        return f"ansible-vault encrypt_string --stdin-name {self.path[-1]}"

    def __repr__(self) -> str:
        return f"Found({self.where})"


def find(name: str, value: t.Any, *, encrypted: t.Callable[[t.Any], bool]) -> list[Found]:
    """Every secret in clear text in a variable as it is written, not templated.

    :param encrypted: says of a value whether it comes out of a vault.
    """
    return list(_find((name,), value, encrypted))


def _find(path: tuple[str, ...], value: t.Any, encrypted: t.Callable[[t.Any], bool]) -> t.Iterator[Found]:
    if encrypted(value) or len(path) > _DEPTH:
        return
    if isinstance(value, dict):
        for key, entry in value.items():
            yield from _find((*path, str(key)), entry, encrypted)
    elif isinstance(value, (list, tuple)):
        for number, entry in enumerate(value):
            if isinstance(entry, (dict, list, tuple)):
                yield from _find((*path, str(number)), entry, encrypted)
            elif _is_secret(path[-1], entry) and not encrypted(entry):
                yield Found(path, entry)
    elif _is_secret(path[-1], value):
        yield Found(path, value)


def _is_secret(name: str, value: t.Any) -> bool:
    if isinstance(value, str):
        if _PRIVATE_KEY.search(value) or _IN_URL.search(value):
            return True
        if not value or _TEMPLATE.search(value) or _REFERENCE.fullmatch(value):
            return False
    elif isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return bool(_NAME.search(name))
