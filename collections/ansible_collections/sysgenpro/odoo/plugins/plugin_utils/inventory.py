# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory as it is written: each variable by itself, where it stands, and whether it came out of a vault."""

from __future__ import annotations

import os
import re
import typing as t
from pathlib import Path

from ansible.errors import AnsibleError
from ansible.parsing.dataloader import DataLoader
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model import clear_text
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import NOT_OF_TENANTS

try:
    from ansible._internal._datatag._tags import Origin, VaultedValue

    HAS_TAGS = True
except ImportError:  # where a file stands is then not known
    HAS_TAGS = False

try:
    from ansible.parsing.vault import EncryptedString
except ImportError:
    from ansible.parsing.yaml.objects import AnsibleVaultEncryptedUnicode as EncryptedString

#: A problem's text begins with the hosts it concerns and the variable.
_SUBJECT = re.compile(r"(?P<hosts>[^:=]+): (?P<variable>[A-Za-z_]\w*)")


class Inventory:
    """Reads hosts' variables; one that cannot be read is a problem of its own, not the end of the reading."""

    def __init__(self, task_vars: t.Mapping[str, t.Any]) -> None:
        self._hostvars = task_vars["hostvars"]
        self._groups = task_vars.get("groups", {})
        self._sources = [Path(source) for source in task_vars.get("ansible_inventory_sources") or ()]
        self._written: dict[str, t.Mapping[str, t.Any]] = {}
        self._views: dict[str, t.Mapping[str, t.Any]] = {}
        self._vaulted: dict[str, bool] = {"": False}

    def members(self, group: str) -> list[str]:
        return sorted(str(host) for host in self._groups.get(group, ()))

    def has_group(self, group: str) -> bool:
        return bool(self._groups.get(group))

    def written(self, host: str) -> t.Mapping[str, t.Any]:
        """A host's variables as they are written, expressions included."""
        if host not in self._written:
            # What the view was made of; merging a host's variables anew takes as long as reading them.
            own = getattr(self._view(host), "_vars", None)
            self._written[host] = self._hostvars.raw_get(host) if own is None else own
        return self._written[host]

    def _view(self, host: str) -> t.Mapping[str, t.Any]:
        if host not in self._views:
            self._views[host] = self._hostvars[host]
        return self._views[host]

    def value(self, host: str, name: str, default: t.Any = None) -> t.Any:
        """A variable's value, or the default where it is not declared.

        :raises AnsibleError: it cannot be resolved.
        """
        return self._view(host)[name] if name in self.written(host) else default

    def declared(self, host: str, *, pending: t.Collection[str] = ()) -> tuple[dict[str, t.Any], list[str]]:
        """What declares a tenant, and a text for each variable that cannot be resolved.

        :param pending: variables that need not be resolvable yet; they are left out.
        """
        values: dict[str, t.Any] = {}
        problems: list[str] = []
        try:
            view = self._view(host)
        except AnsibleError as error:
            # Broken YAML: Ansible reads a host's own file when it is first asked for.
            return values, [f"{host}: host_vars: cannot be read: {_reason(error)}{self._broken_file(host)}"]
        for name in self.written(host):
            if not name.startswith("odoo_") or name in NOT_OF_TENANTS:
                continue
            try:
                values[name] = view[name]
            except (AnsibleError, RecursionError) as error:
                if name not in pending:
                    problems.append(f"{host}: {name}: cannot be resolved: {_reason(error)}")
        return values, problems

    def secrets(self, hosts: t.Iterable[str]) -> tuple[list[str], list[str]]:
        """A text for each secret in clear text, and the secrets' values, to be kept out of every other text."""
        problems: dict[tuple[str, str], str] = {}
        values: list[str] = []
        seen: set[tuple[str, int]] = set()
        for host in hosts:
            for name, value in self._readable(host).items():
                # Variables of a group are the same object for all its hosts.
                key = name, id(value)
                if key in seen:
                    continue
                seen.add(key)
                if self._in_vault(host, name):
                    continue
                for found in clear_text.find(name, value, encrypted=is_encrypted):
                    place = self.origin(host, name)
                    text = (
                        f"{host}: {found.where}: is a secret in clear text: encrypt it with '{found.command}', and put "
                        f"what that prints in its place{f' in {place}' if place else ''}"
                    )
                    problems.setdefault((found.where, place or host), text)
                    values.append(str(found.value))
        return list(problems.values()), values

    def _readable(self, host: str) -> t.Mapping[str, t.Any]:
        try:
            return self.written(host)
        except AnsibleError:
            return {}

    def origin(self, host: str, name: str) -> str:
        """File and line of a variable, below the working directory where it is; empty where not known."""
        return _shown(self._tag(host, name))

    def _tag(self, host: str, name: str) -> t.Any:
        return tag_of(self._readable(host), name)

    def _in_vault(self, host: str, name: str) -> bool:
        """Whether the file of a variable is encrypted as a whole: its values carry no sign of that."""
        tag = self._tag(host, name)
        path = str(tag.path) if tag is not None and tag.path else ""
        if path not in self._vaulted:
            self._vaulted[path] = _begins(path, b"$ANSIBLE_VAULT;")
        return self._vaulted[path]

    def located(self, problem: str) -> dict[str, str]:
        """A problem with its parts: host, variable, file."""
        found = _SUBJECT.match(problem)
        if not found:
            return {"host": "", "variable": "", "file": "", "problem": problem}
        host = found["hosts"].split(", ")[0]
        known = host in self._hostvars
        file = self.origin(host, found["variable"]) if known else ""
        return {"host": found["hosts"], "variable": found["variable"], "file": file, "problem": problem}

    def _folders(self) -> list[Path]:
        return sorted({source if source.is_dir() else source.parent for source in self._sources})

    def _broken_file(self, host: str) -> str:
        """Which file Ansible could not read for a host: it does not say so itself."""
        loader = DataLoader()
        for folder in self._folders():
            for path in (*sorted(folder.glob(f"host_vars/{host}*")), *sorted(folder.glob("group_vars/*"))):
                try:
                    if path.is_file():
                        loader.load_from_file(str(path))
                except AnsibleError as error:
                    line = getattr(getattr(error.__cause__, "problem_mark", None), "line", None)
                    return f" ({path}{f':{line + 1}' if line is not None else ''})"
        return ""

    def claimed_twice(self, hosts: t.Iterable[str]) -> list[str]:
        """A text for each host whose own file stands in two inventories: Ansible would mix them without a word."""
        files: dict[str, list[str]] = {}
        for folder in self._folders():
            own = folder / "host_vars"
            for path in sorted(own.iterdir()) if own.is_dir() else ():
                files.setdefault(path.name if path.is_dir() else path.stem, []).append(str(path))
        return [
            f"{host}: inventory_hostname={host!r}: is declared by {' and '.join(files[host])}; must be declared by one inventory"
            for host in hosts
            if len(files.get(host, ())) > 1
        ]


def tag_of(written: t.Mapping[str, t.Any], name: str) -> t.Any:
    """What Ansible knows of where a variable stands, with path and line_num; None where it does not."""
    if not HAS_TAGS:
        return None
    tag = Origin.get_tag(written.get(name))
    if tag is None or not tag.path:
        # A boolean carries no tag, its name does.
        tag = next((Origin.get_tag(key) for key in written if key == name), None)
    return tag


def _shown(tag: t.Any) -> str:
    """File and line of what Ansible knows of a value's origin."""
    if tag is None or not tag.path:
        return ""
    path = os.path.relpath(tag.path)
    path = tag.path if path.startswith("..") else path
    return f"{path}:{tag.line_num}" if tag.line_num else path


def _begins(path: str, mark: bytes) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(len(mark)) == mark
    except OSError:
        return False


def is_encrypted(value: t.Any) -> bool:
    """Whether a value comes out of a vault, be it a value or a whole file that was encrypted."""
    return isinstance(value, EncryptedString) or (HAS_TAGS and VaultedValue.is_tagged_on(value))


def without(values: t.Iterable[str], text: str) -> str:
    """The text without any of the values."""
    for value in values:
        if value and value in text:
            text = text.replace(value, "********")
    return text


def _reason(error: BaseException) -> str:
    if isinstance(error, RecursionError):
        return "it refers to itself"
    text = " ".join(str(getattr(error, "message", error)).split())
    place = _shown(getattr(error, "obj", None)) if HAS_TAGS and isinstance(getattr(error, "obj", None), Origin) else ""
    return f"{text} ({place})" if place else text
