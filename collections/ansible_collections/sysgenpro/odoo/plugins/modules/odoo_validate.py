#!/usr/bin/python
# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: odoo_validate
short_description: Check every tenant of the inventory before anything changes
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - Reads the C(odoo_*) variables of every host of a group and checks types, ranges, references, names that collide,
    connection budgets and that every secret can be resolved.
  - Where the inventory has a C(residency_policy), every location that a tenant's data can reach is checked against it; what leaves
    is reported with the path that leads out.
  - All problems are reported at once, sorted, each with host, variable, value and what would be accepted.
  - Runs on the controller alone and opens no connection.
options:
  group:
    description: Inventory group that holds the tenants.
    type: str
    default: tenants
attributes:
  check_mode:
    description: Can run in check mode and return what would change.
    support: full
  diff_mode:
    description: Nothing changes, so there is no difference to show.
    support: none
"""

EXAMPLES = r"""
- name: Check the whole inventory
  sysgenpro.odoo.odoo_validate:
  run_once: true
"""

RETURN = r"""
tenants:
  description: Names of the tenants that were checked.
  type: list
  elements: str
  returned: success
expired:
  description: Inventory hosts of tenants whose C(odoo_expires) has passed.
  type: list
  elements: str
  returned: success
problems:
  description: What is wrong, one text a problem.
  type: list
  elements: str
  returned: always
"""
