#!/usr/bin/python
# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: odoo_health
short_description: Use a tenant as its users do
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - Logs in over HTTPS, reads through JSON-2 on the integration path, opens the websocket and fetches an attachment.
  - With O(write) it also writes a record that bears its mark, reads it back and removes it, and does the same with an attachment
    large enough for object storage.
  - Connects to O(address) and verifies the certificate of the tenant's host name, whatever DNS says.
  - Changes nothing that lasts, so it reports no change, and it runs in check mode too, there without writing.
extends_documentation_fragment:
  - sysgenpro.odoo.tenant
options:
  password:
    description: Password of the health check's user.
    type: str
    required: true
  key:
    description: API key of the health check's user.
    type: str
    required: true
  write:
    description: Whether records are written and removed. Where unset, only outside production.
    type: bool
  address:
    description: Address of the edge to check.
    type: str
    default: 127.0.0.1
  port:
    description: HTTPS port of the edge.
    type: int
    default: 443
  timeout:
    description: Seconds to wait for each answer.
    type: float
    default: 30
attributes:
  check_mode:
    description: Checks without writing.
    support: full
  diff_mode:
    description: Nothing changes, so there is no difference to show.
    support: none
"""

EXAMPLES = r"""
- name: See that a tenant works
  sysgenpro.odoo.odoo_health:
    tenant: "{{ lookup('sysgenpro.odoo.tenant') }}"
    password: "{{ lookup('sysgenpro.odoo.secret', 'acme_production/health') }}"
    key: "{{ lookup('sysgenpro.odoo.secret', 'acme_production/health_key') }}"
"""

RETURN = r"""
checks:
  description: Milliseconds each check took.
  type: dict
  returned: always
  sample: {health: 12.1, login: 480.3, read: 60.2, websocket: 30.9, attachment: 25.0}
failed_check:
  description: The check that failed.
  type: str
  returned: failure
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters.odoo_http import OdooClient
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge import health
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import parse
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.arguments import TENANT
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.results import run

ARGUMENTS = {
    "password": {"type": "str", "required": True, "no_log": True},
    "key": {"type": "str", "required": True, "no_log": True},
    "write": {"type": "bool"},
    "address": {"type": "str", "default": "127.0.0.1"},
    "port": {"type": "int", "default": 443},
    "timeout": {"type": "float", "default": 30.0},
}


def check(module: AnsibleModule) -> dict[str, object]:
    given = module.params
    tenant = parse(given["tenant"], host=str(given["tenant"].get("odoo_tenant")))
    write = tenant.environment != "production" if given["write"] is None else given["write"]
    clients = [
        OdooClient(host, address=given["address"], port=given["port"], ca_file=tenant.ca_file, timeout=given["timeout"])
        for host in (tenant.host, tenant.integration_host)
    ]
    credentials = health.Credentials(given["password"], given["key"])
    took = health.check(clients[0], clients[1], credentials, write=write and not module.check_mode)
    return {"changed": False, "checks": took}


def main() -> None:
    module = AnsibleModule(argument_spec={**TENANT, **ARGUMENTS}, supports_check_mode=True)
    run(module, f"check the health of {module.params['tenant'].get('odoo_tenant')}", lambda: check(module))


if __name__ == "__main__":
    main()
