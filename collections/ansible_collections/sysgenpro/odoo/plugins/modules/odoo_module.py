#!/usr/bin/python
# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: odoo_module
short_description: Install and upgrade the modules of a tenant's database
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - Installs what is declared and missing, in a container of the release that runs once; on Kubernetes in a Job.
  - Runs under a lock of the database; a run that comes at the same time waits, and joins the container or Job that is at work.
  - Modules that nobody declares stay installed.
requirements:
  - psycopg2, and Docker Engine on the host the module runs on or, for a tenant on Kubernetes, a kubeconfig and PyYAML
extends_documentation_fragment:
  - sysgenpro.odoo.tenant
  - sysgenpro.odoo.tenant_passwords
options:
  state:
    description:
      - V(installed) installs what is missing.
      - V(upgraded) also upgrades the modules whose version in the release is newer than in the database, once a release.
      - V(neutralised) runs Odoo's C(neutralize) once, which switches off what would act on the world (mail servers, payment
        providers, scheduled calls), and changes no module. Refused in production.
    type: str
    choices: [installed, upgraded, neutralised]
    default: installed
attributes:
  check_mode:
    description: Can run in check mode and return what would change.
    support: full
  diff_mode:
    description: Returns what changed, without secrets.
    support: full
"""

EXAMPLES = r"""
- name: Install the declared modules
  sysgenpro.odoo.odoo_module:
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
modules:
  description: Modules installed afterwards.
  type: list
  elements: str
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge.database import Passwords
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge.modules import TenantModules
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge.runners import runner
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import parse
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.arguments import TENANT, TENANT_PASSWORDS
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.results import run


def converge(module: AnsibleModule) -> dict[str, object]:
    tenant = parse(module.params["tenant"], host=str(module.params["tenant"].get("odoo_tenant")))
    modules = TenantModules(runner(tenant, timeout=3600), tenant, Passwords(**module.params["passwords"]))
    if module.params["state"] == "neutralised":
        return modules.neutralise(check=module.check_mode)
    return modules.converge(state=module.params["state"], check=module.check_mode)


def main() -> None:
    state = {"state": {"type": "str", "choices": ["installed", "upgraded", "neutralised"], "default": "installed"}}
    module = AnsibleModule(argument_spec={**TENANT, **TENANT_PASSWORDS, **state}, supports_check_mode=True)
    run(module, f"converge the modules of {module.params['tenant'].get('odoo_tenant')}", lambda: converge(module))


if __name__ == "__main__":
    main()
