# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The layers an inventory host's variables come from, with their files and lines: what Ansible merges, before it does."""

from __future__ import annotations

import os
import re
import typing as t

from ansible.errors import AnsibleError
from ansible.inventory.group import to_safe_group_name
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.explain import Layer
from ansible_collections.sysgenpro.odoo.plugins.plugin_utils.inventory import is_encrypted, tag_of

#: What is shown in the place of a value that is encrypted in its file.
VAULTED = "(vaulted)"


def layers(hostvars: t.Any, host: str, sources: t.Iterable[str], playbook_dir: str) -> dict[str, list[Layer]]:
    """By variable, every layer that sets it, the weakest first: groups by depth and priority, the host, extra variables.

    :param hostvars: the variable ``hostvars`` of a task.
    :param sources: paths of the inventory sources; their ``group_vars`` and ``host_vars`` are read, and the playbook's.
    """
    inventory, loader, manager = hostvars._inventory, hostvars._loader, hostvars._variable_manager
    found: dict[str, list[Layer]] = {}
    folders = _folders(sources, playbook_dir)
    mine = inventory.get_host(host)
    # As ansible.inventory.helpers sorts them.
    groups = sorted(mine.get_groups(), key=lambda group: (group.depth, group.priority, group.name))
    for group in groups:
        _collect(found, loader, "group", group.name, group.vars, [os.path.join(path, "group_vars") for path in folders])
    _collect(found, loader, "host", mine.name, mine.vars, [os.path.join(path, "host_vars") for path in folders])
    for name, value in manager.extra_vars.items():
        found.setdefault(name, []).append(Layer("extra variable", "", "", 0, value))
    return found


def _folders(sources: t.Iterable[str], playbook_dir: str) -> list[str]:
    paths = [path if os.path.isdir(path) else os.path.dirname(path) for path in map(os.path.abspath, sources)]
    return list(dict.fromkeys([*paths, *([playbook_dir] if playbook_dir else [])]))


def _collect(
    found: dict[str, list[Layer]],
    loader: t.Any,
    kind: str,
    name: str,
    source_vars: t.Mapping[str, t.Any],
    folders: t.Iterable[str],
) -> None:
    """The inventory source's own variables of a group or host, then its files; a later file wins."""
    for variable, value in source_vars.items():
        tag = tag_of(source_vars, variable)
        file, line = (os.path.relpath(tag.path), tag.line_num or 0) if tag and tag.path else ("inventory source", 0)
        shown = VAULTED if is_encrypted(value) else value
        found.setdefault(variable, []).append(Layer(kind, name, file, line, shown))
    for folder in folders:
        for path in loader.find_vars_files(folder, to_safe_group_name(name) if kind == "group" else name):
            file = os.fsdecode(path)
            for variable, (line, value) in _read(loader, file).items():
                found.setdefault(variable, []).append(Layer(kind, name, os.path.relpath(file), line, value))


def _read(loader: t.Any, path: str) -> dict[str, tuple[int, t.Any]]:
    """Line and value of each variable of a file; in an encrypted file no line and no value is shown."""
    try:
        content = loader.load_from_file(path, unsafe=True) or {}
        with open(path, encoding="utf-8") as file:
            lines = file.read().splitlines()
    except (AnsibleError, OSError, UnicodeDecodeError):
        return {}
    if lines[:1] and lines[0].startswith("$ANSIBLE_VAULT"):
        return {str(name): (0, VAULTED) for name in content}
    numbers = {
        match[1]: number
        for number, line in enumerate(lines, 1)
        for match in [re.match(r"[\"']?(\w+)[\"']?\s*:", line)]
        if match
    }
    vaulted = {match[1] for line in lines for match in [re.match(r"(\w+)\s*:\s*!vault", line)] if match}
    return {
        str(name): (numbers.get(str(name), 0), VAULTED if name in vaulted else value) for name, value in content.items()
    }
