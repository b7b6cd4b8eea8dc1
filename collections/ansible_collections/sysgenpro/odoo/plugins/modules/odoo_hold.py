#!/usr/bin/python
# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: odoo_hold
short_description: Keep a restored database from acting on the world, or let it act again
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - A database that comes back from a backup believes that it is still that moment - its scheduled actions are due, its mail
    servers and payment providers are real, its jobs were running.
  - V(held) switches these off and remembers what it switched off in the database, deals with the jobs that ran, and puts
    sequences that lie behind their table in front of it. It is one transaction.
  - V(released) switches on exactly what was remembered.
requirements:
  - psycopg2 on the host the module runs on
extends_documentation_fragment:
  - sysgenpro.odoo.tenant
options:
  state:
    description: Whether the database is kept from acting.
    type: str
    choices: [held, released]
    default: held
  password:
    description: Password of the tenant's role.
    type: str
    required: true
  kinds:
    description: What to hold or to release.
    type: list
    elements: str
    choices: [crons, mail, payments]
    default: [crons, mail, payments]
  jobs:
    description: What becomes of queue jobs that ran. V(requeue) runs them again, V(hold) leaves them failed for somebody to decide.
    type: str
    choices: [requeue, hold]
    default: hold
  login_host:
    description: Server of the database. The tenant's own cluster where unset.
    type: str
  login_port:
    description: Port of O(login_host).
    type: int
attributes:
  check_mode:
    description: Returns how many rows would change.
    support: full
  diff_mode:
    description: The result names tables and numbers of rows instead.
    support: none
"""

EXAMPLES = r"""
- name: Nothing leaves a restored database
  sysgenpro.odoo.odoo_hold:
    tenant: "{{ lookup('sysgenpro.odoo.tenant') }}"
    password: "{{ lookup('sysgenpro.odoo.secret', 'acme_production/database') }}"
    login_host: 10.0.0.21
    login_port: 5600

- name: It is the production again, payments stay off
  sysgenpro.odoo.odoo_hold:
    tenant: "{{ lookup('sysgenpro.odoo.tenant') }}"
    password: "{{ lookup('sysgenpro.odoo.secret', 'acme_production/database') }}"
    state: released
    kinds: [crons, mail]
"""

RETURN = r"""
rows:
  description: Number of rows changed in each table, C(sequences) for sequences put forward; what did not change is not named.
  type: dict
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters import postgresql
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge import hold
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import parse
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render.hold import JOBS, KINDS
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.arguments import TENANT
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.results import run


def work(module: AnsibleModule) -> dict[str, object]:
    given = module.params
    tenant = parse(given["tenant"], host=str(given["tenant"].get("odoo_tenant")))
    endpoint = tenant.postgresql
    server = postgresql.Server(
        given["login_host"] or endpoint.host, given["login_port"] or endpoint.primary_port, tenant.ca_file
    )
    who = {"user": tenant.database_user, "password": given["password"], "database": tenant.database}
    with postgresql.connect(server, **who) as connection:
        if given["state"] == "released":
            return hold.release(connection, kinds=given["kinds"], check=module.check_mode)
        return hold.hold(connection, kinds=given["kinds"], jobs=given["jobs"], check=module.check_mode)


def main() -> None:
    own = {
        "state": {"type": "str", "choices": ["held", "released"], "default": "held"},
        "password": {"type": "str", "required": True, "no_log": True},
        "kinds": {"type": "list", "elements": "str", "choices": list(KINDS), "default": list(KINDS)},
        "jobs": {"type": "str", "choices": list(JOBS), "default": "hold"},
        "login_host": {"type": "str"},
        "login_port": {"type": "int"},
    }
    module = AnsibleModule(argument_spec={**TENANT, **own}, supports_check_mode=True)
    verb = "hold" if module.params["state"] == "held" else "release"
    run(module, f"{verb} {module.params['tenant'].get('odoo_tenant')}", lambda: work(module))


if __name__ == "__main__":
    main()
