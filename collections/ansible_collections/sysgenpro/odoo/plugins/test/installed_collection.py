# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: installed_collection
short_description: Whether a collection is installed on the controller
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - Tells whether Ansible finds the collection of this name, as it would for a task.
options:
  _input:
    description: Name of the collection.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Stop where it is missing
  ansible.builtin.assert:
    that: "'awx.awx' is sysgenpro.odoo.installed_collection"
"""

RETURN = r"""
_value:
  description: Whether it is there.
  type: bool
"""

import importlib.util
import typing as t


def installed_collection(name: str) -> bool:
    """Whether Ansible's loader finds the collection, for example ``awx.awx``."""
    try:
        return importlib.util.find_spec(f"ansible_collections.{name}") is not None
    except ModuleNotFoundError:  # not even its namespace
        return False


class TestModule:
    def tests(self) -> dict[str, t.Callable[..., bool]]:
        return {"installed_collection": installed_collection}
