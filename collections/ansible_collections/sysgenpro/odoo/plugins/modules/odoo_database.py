#!/usr/bin/python
# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: odoo_database
short_description: Give a tenant its database and its login roles
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - A new database is cloned from a template that holds the release's modules; the template is built when it is missing, in a
    container or, on Kubernetes, a Job.
  - The clone gets secrets, tokens, passwords, API keys, address and cron dates of its own before it bears the tenant's name.
  - The role owns the tables, not the database; nobody else may connect. Its connection limit is the tenant's budget.
  - A second role, C(<role>_reporting), reads the database on a replica. It belongs to the group C(reporters), is read-only,
    and sees no table and no column that holds passwords, keys or tokens.
  - A database that exists is never cloned over.
requirements:
  - psycopg2, and Docker Engine on the host the module runs on or, for a tenant on Kubernetes, a kubeconfig and PyYAML
extends_documentation_fragment:
  - sysgenpro.odoo.tenant
  - sysgenpro.odoo.tenant_passwords
options:
  state:
    description:
      - Whether the database exists. V(absent) drops it, and the roles.
      - With V(spare) nothing of the tenant is touched - a copy of its template waits for the next new tenant with the same
        release, modules, country and languages, whose database then is there in half the time.
    type: str
    choices: [present, absent, spare]
    default: present
  confirm:
    description: The tenant's name, typed again; required for O(state=absent).
    type: str
    default: ""
  relocate:
    description:
      - Record C(odoo_place) as the place of a database that is recorded at another one, which is refused otherwise. The role's
        entry point C(relocate) has stopped the tenant at the former place before.
    type: bool
    default: false
attributes:
  check_mode:
    description: Can run in check mode and return what would change.
    support: full
  diff_mode:
    description: Returns what changed, without secrets.
    support: full
"""

EXAMPLES = r"""
- name: Give a tenant its database
  sysgenpro.odoo.odoo_database:
    tenant: "{{ lookup('sysgenpro.odoo.tenant') }}"
    passwords:
      provisioner: "{{ lookup('sysgenpro.odoo.secret', 'postgresql/shared/provisioner') }}"
      database: "{{ lookup('sysgenpro.odoo.secret', 'acme_production/database') }}"
      admin: "{{ lookup('sysgenpro.odoo.secret', 'acme_production/admin') }}"
      health: "{{ lookup('sysgenpro.odoo.secret', 'acme_production/health') }}"
      health_key: "{{ lookup('sysgenpro.odoo.secret', 'acme_production/health_key') }}"
      reporting: "{{ lookup('sysgenpro.odoo.secret', 'acme_production/reporting') }}"
"""

RETURN = r"""
steps:
  description: What was done, or in check mode would be, in order, each with its cause.
  type: list
  elements: dict
  returned: success
database:
  description: What the database's COMMENT says of it afterwards - tenant, region, place, release, modules.
  type: dict
  returned: success
missing_modules:
  description: Modules the tenant asks for that the database does not have; M(sysgenpro.odoo.odoo_module) installs them.
  type: list
  elements: str
  returned: success
release_differs:
  description: Whether the database was last installed or upgraded by another release.
  type: bool
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge.database import Passwords, TenantDatabase
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge.runners import runner
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import parse
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.arguments import TENANT, TENANT_PASSWORDS
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.results import run


def converge(module: AnsibleModule) -> dict[str, object]:
    tenant = parse(module.params["tenant"], host=str(module.params["tenant"].get("odoo_tenant")))
    passwords, relocate = Passwords(**module.params["passwords"]), module.params["relocate"]
    database = TenantDatabase(runner(tenant, timeout=1800), tenant, passwords, relocate)
    if module.params["state"] == "present":
        return database.present(check=module.check_mode)
    if module.params["state"] == "spare":
        return database.spare(check=module.check_mode)
    if module.params["confirm"] != tenant.tenant:
        raise OdooError(
            f"confirm={module.params['confirm']!r}",
            hint=f"Give the tenant's name, {tenant.tenant}, to drop its database",
        )
    return database.absent(check=module.check_mode)


def main() -> None:
    own = {
        "state": {"type": "str", "choices": ["present", "absent", "spare"], "default": "present"},
        "confirm": {"type": "str", "default": ""},
        "relocate": {"type": "bool", "default": False},
    }
    module = AnsibleModule(argument_spec={**TENANT, **TENANT_PASSWORDS, **own}, supports_check_mode=True)
    run(module, f"converge the database of {module.params['tenant'].get('odoo_tenant')}", lambda: converge(module))


if __name__ == "__main__":
    main()
