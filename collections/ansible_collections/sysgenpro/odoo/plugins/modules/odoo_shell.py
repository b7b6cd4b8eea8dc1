#!/usr/bin/python
# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: odoo_shell
short_description: Run a program in Odoo's shell
version_added: 0.2.0
author: SysGenPro (@sysgenpro)
description:
  - Runs a Python program with C(env) and C(self), as C(odoo shell) has them, in a container or Job of its own on the tenant's
    database, beside what serves. It works for a tenant that sleeps, too.
  - What the program does to the database is rolled back, unless O(commit). What it does elsewhere, mail it sends for example, is not.
  - On a Kubernetes cluster the module runs on the controller.
extends_documentation_fragment:
  - sysgenpro.odoo.tenant
  - sysgenpro.odoo.tenant_secrets
options:
  script:
    description: The program.
    type: str
    required: true
  commit:
    description: Keep what it wrote to the database.
    type: bool
    default: false
attributes:
  check_mode:
    description: Runs nothing in check mode.
    support: full
  diff_mode:
    description: Nobody knows beforehand what a program does.
    support: none
"""

EXAMPLES = r"""
- name: Count the users
  sysgenpro.odoo.odoo_shell:
    tenant: "{{ lookup('sysgenpro.odoo.tenant') }}"
    secrets: "{{ tenant_secrets }}"
    script: print(env["res.users"].search_count([]))
"""

RETURN = r"""
lines:
  description: The last lines of its output; none in check mode.
  type: list
  elements: str
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge import shell
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge.runners import runner
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.secrets import parse_secrets
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import parse
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.arguments import TENANT, TENANT_SECRETS
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.results import run


def execute(module: AnsibleModule) -> dict[str, object]:
    given = module.params
    host = str(given["tenant"].get("odoo_tenant"))
    tenant, secrets = parse(given["tenant"], host=host), parse_secrets(given["secrets"], host=host)
    if module.check_mode:
        return {"changed": given["commit"], "lines": []}
    jobs = runner(tenant, timeout=3600)
    lines = shell.run_script(jobs, tenant, secrets, given["script"], commit=given["commit"])
    return {"changed": given["commit"], "lines": lines}


def main() -> None:
    options = {
        "script": {"type": "str", "required": True, "no_log": True},
        "commit": {"type": "bool", "default": False},
    }
    module = AnsibleModule(argument_spec={**TENANT, **TENANT_SECRETS, **options}, supports_check_mode=True)
    run(module, f"run a program in {module.params['tenant'].get('odoo_tenant')}", lambda: execute(module))


if __name__ == "__main__":
    main()
