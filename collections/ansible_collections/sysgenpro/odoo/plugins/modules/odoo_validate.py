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
  - Reads the C(odoo_*) variables of every host of a group, whatever the limit of the run, and checks types, ranges, references,
    places, names that collide, also between regions whose inventories are loaded together, connection budgets and that every
    secret can be resolved.
  - Where the inventory has a C(residency_policy), every location that a tenant's data can reach is checked against it; what leaves
    is reported with the path that leads out.
  - Refuses a secret in clear text in the variables of any host, and says the C(ansible-vault) command that encrypts it.
  - All problems are reported at once, sorted, each with host, variable, value, what would be accepted and, where Ansible knows
    it, file and line.
  - Runs on the controller alone and opens no connection.
options:
  group:
    description: Inventory group that holds the tenants.
    type: str
    default: tenants
  image_pending:
    description: Whether what follows makes the images, so that C(odoo_image) need not be resolvable yet.
    type: bool
    default: false
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
details:
  description: The same, each with C(host), C(variable), C(file) and C(problem).
  type: list
  elements: dict
  returned: failure
representatives:
  description:
    - One tenant of the run for each place, with what it asks M(sysgenpro.odoo.odoo_plan) for and in whose name.
    - Each PostgreSQL cluster, Redis service and object store is asked by one of them.
  type: dict
  returned: success
canaries:
  description: Inventory hosts of the run's tenants that are converged first, in their order.
  type: list
  elements: str
  returned: success
others:
  description: Those that are converged after them.
  type: list
  elements: str
  returned: success
names:
  description: The name of each tenant of the run, by inventory host.
  type: dict
  returned: success
stores:
  description: The host of the object store of each region that has one of its own.
  type: dict
  returned: success
"""
