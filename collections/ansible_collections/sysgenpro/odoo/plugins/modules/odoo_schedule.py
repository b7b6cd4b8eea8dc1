#!/usr/bin/python
# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: odoo_schedule
short_description: Say what timetables and expiries ask for
version_added: 0.2.0
author: SysGenPro (@sysgenpro)
description:
  - Asks a runtime host once what it remembers of the sleep of its tenants, and says for each what is due at a moment - to sleep,
    to wake, to be removed, or nothing - and why. Changes nothing.
  - An action plugin reads the tenants from the inventory and decides on the controller, which must know the time zones.
options:
  hosts:
    description: Inventory hosts of the tenants, all of one place; the task's own where unset.
    type: list
    elements: str
  now:
    description: The moment, for example V(2026-01-31T18:00+01:00); the current one where unset.
    type: str
  tenants:
    description: Set by the action plugin - what the module on the host needs of each tenant.
    type: list
    elements: dict
    suboptions:
      tenant:
        description: The tenant, as its flat inventory variables C(odoo_*).
        type: dict
        required: true
attributes:
  check_mode:
    description: Changes nothing in any mode.
    support: full
  diff_mode:
    description: Nothing changes.
    support: none
"""

EXAMPLES = r"""
- name: See who would sleep on Saturday night
  sysgenpro.odoo.odoo_schedule:
    now: 2026-01-31T23:00+01:00
  register: schedule
"""

RETURN = r"""
plan:
  description: One entry a tenant.
  type: list
  elements: dict
  returned: success
  contains:
    host:
      description: Inventory host.
      type: str
    action:
      description: sleep, wake, remove or none.
      type: str
    cause:
      description: Why.
      type: str
    rest:
      description: What O(sysgenpro.odoo.odoo_stack#module:rest) is to be for it.
      type: dict
rests:
  description: What the host remembers of each tenant; null of one that is not there.
  type: dict
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge import rest
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import parse
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.results import run


def look(module: AnsibleModule) -> dict[str, object]:
    entries = [entry["tenant"] for entry in module.params["tenants"] or []]
    tenants = [parse(entry, host=str(entry.get("odoo_tenant"))) for entry in entries]
    return {"changed": False, "rests": rest.of_place(tenants)}


def main() -> None:
    spec = {
        "hosts": {"type": "list", "elements": "str"},
        "now": {"type": "str"},
        "tenants": {
            "type": "list",
            "elements": "dict",
            "options": {"tenant": {"type": "dict", "required": True}},
        },
    }
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    run(module, "look at who sleeps", lambda: look(module))


if __name__ == "__main__":
    main()
