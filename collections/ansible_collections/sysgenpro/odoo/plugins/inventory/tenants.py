# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: tenants
short_description: Tenants of a region, one file each
version_added: 0.2.0
author: SysGenPro (@sysgenpro)
description:
  - Every file C(<tenant>.yml) of O(directory) that names an C(odoo_environment) is a tenant. Adding and removing a tenant is
    adding and removing its file.
  - Each tenant joins the group O(group) and, by the values of its own file, C(region_*), C(env_*), C(tier_*), C(runtime_*) and
    C(place_*), where C(-) becomes C(_). The groups' variables and priorities come from the inventories that declare them.
  - Only the file itself decides on the groups, as M(ansible.builtin.constructed) cannot see what the groups it makes would set.
  - A file that cannot be read still makes its tenant, so that whoever reads its variables is told, and nobody takes the
    tenant for gone.
options:
  plugin:
    description: V(sysgenpro.odoo.tenants).
    type: str
    required: true
    choices: [sysgenpro.odoo.tenants]
  directory:
    description: Directory of the files, relative to this one. Other than V(host_vars) needs a vars plugin that reads it.
    type: str
    default: host_vars
  group:
    description: Group of all tenants.
    type: str
    default: tenants
"""

EXAMPLES = r"""
# inventories/eu-west/tenants.yml
plugin: sysgenpro.odoo.tenants
"""

import re
import typing as t
from pathlib import Path

from ansible.errors import AnsibleError
from ansible.plugins.inventory import BaseInventoryPlugin

#: Variable of the tenant's file, its default where the tenant model has one, and the prefix of the group.
GROUPS = (
    ("odoo_region", None, "region"),
    ("odoo_environment", None, "env"),
    ("odoo_tier", None, "tier"),
    ("odoo_runtime", "docker", "runtime"),
    ("odoo_place", None, "place"),
)
MARK = "odoo_environment"
#: What names a group; what the tenant model would refuse makes none.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")


class InventoryModule(BaseInventoryPlugin):
    NAME = "sysgenpro.odoo.tenants"

    def verify_file(self, path: str) -> bool:
        return super().verify_file(path) and path.endswith((".yml", ".yaml"))

    def parse(self, inventory: t.Any, loader: t.Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache=cache)
        self._read_config_data(path)
        group = self.inventory.add_group(self.get_option("group"))
        for file in sorted((Path(path).parent / self.get_option("directory")).glob("*.yml")):
            variables = self._variables(file)
            if variables is not None:
                self._add(file.stem, group, variables)

    def _variables(self, file: Path) -> dict[str, t.Any] | None:
        """The tenant's variables, None for the file of another host."""
        try:
            # As the vars plugin host_group_vars asks, so that each file is read once.
            found = self.loader.load_from_file(str(file), cache="all", unsafe=True, trusted_as_template=True)
        except AnsibleError as error:
            self.display.warning(f"{file} cannot be read: {error}")
            return {} if MARK in file.read_text(encoding="utf-8", errors="replace") else None
        return found if isinstance(found, dict) and MARK in found else None

    def _add(self, name: str, group: str, variables: dict[str, t.Any]) -> None:
        self.inventory.add_host(name, group=group)
        for variable, default, prefix in GROUPS:
            value = variables.get(variable, default)
            if isinstance(value, str) and NAME.fullmatch(value):
                joined = self.inventory.add_group(f"{prefix}_{value}".replace("-", "_"))
                self.inventory.add_host(name, group=joined)
