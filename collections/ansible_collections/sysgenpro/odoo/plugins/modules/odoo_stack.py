#!/usr/bin/python
# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: odoo_stack
short_description: Converge the running objects of a tenant on a Docker host
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - Brings a tenant's bridge, configuration files, containers and Traefik routes to what its variables say, in one call.
  - Web and websocket containers are replaced blue/green, without a failed request; cron and queue stop before they start.
  - A container that never becomes ready is removed again; what ran before runs on, and the error carries its last lines.
  - A run that was killed is finished by the next.
requirements:
  - Docker Engine 20.10 or later on the host the module runs on
extends_documentation_fragment:
  - sysgenpro.odoo.tenant
  - sysgenpro.odoo.tenant_secrets
options:
  state:
    description:
      - Whether the stack exists. V(absent) removes routes, containers, bridge and files, and no data.
      - V(stopped) stops the containers, so that nothing of the tenant works on its database; V(present) starts them again.
    type: str
    choices: [present, stopped, absent]
    default: present
  restored:
    description:
      - Serve the tenant from this restored server instead of its own cluster. It is remembered, so that a later convergence
        that does not name it leaves the tenant there, until O(home) is said.
    type: dict
    suboptions:
      host:
        description: Address of the server, as in its certificate.
        type: str
        required: true
      port:
        description: Its port.
        type: int
        required: true
  home:
    description: Serve the tenant from its own cluster again.
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
- name: Converge a tenant's stack
  sysgenpro.odoo.odoo_stack:
    tenant: "{{ lookup('sysgenpro.odoo.tenant') }}"
    secrets:
      database: "{{ lookup('sysgenpro.odoo.secret', 'acme_production/database') }}"
      redis: "{{ lookup('sysgenpro.odoo.secret', 'acme_production/redis') }}"
      s3_access_key: "{{ lookup('sysgenpro.odoo.secret', 'acme_production/s3_access_key') }}"
      s3_secret_key: "{{ lookup('sysgenpro.odoo.secret', 'acme_production/s3_secret_key') }}"
      master: "{{ lookup('sysgenpro.odoo.secret', 'acme_production/master') }}"
"""

RETURN = r"""
steps:
  description: What was done, or in check mode would be, in order, each with its cause.
  type: list
  elements: dict
  returned: success
  sample: [{action: create_container, subject: acme_production-web-1-3fa9c1d2, cause: it does not exist}]
restored:
  description: The restored server the tenant is served from; null where it is its own cluster.
  type: dict
  returned: when state is present
stack:
  description: The stack as observed afterwards.
  type: dict
  returned: success
"""

import os
import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters.docker_engine import DockerEngine
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge.stack import Stack
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.secrets import parse_secrets
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import parse
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.arguments import TENANT, TENANT_SECRETS
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.results import run


def converge(module: AnsibleModule) -> dict[str, object]:
    host = str(module.params["tenant"].get("odoo_tenant"))
    tenant = parse(module.params["tenant"], host=host)
    holder = f"process {os.getpid()} since {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())}"
    stack = Stack(DockerEngine(), tenant, holder)
    if module.params["state"] == "absent":
        return stack.absent(check=module.check_mode)
    if module.params["state"] == "stopped":
        return stack.stopped(check=module.check_mode)
    secrets = parse_secrets(module.params["secrets"], host=host)
    return stack.present(
        secrets, check=module.check_mode, restored=module.params["restored"], home=module.params["home"]
    )


def main() -> None:
    server = {"host": {"type": "str", "required": True}, "port": {"type": "int", "required": True}}
    own = {
        "state": {"type": "str", "choices": ["present", "stopped", "absent"], "default": "present"},
        "restored": {"type": "dict", "options": server},
        "home": {"type": "bool", "default": False},
    }
    module = AnsibleModule(
        argument_spec={**TENANT, **TENANT_SECRETS, **own},
        supports_check_mode=True,
        mutually_exclusive=[("restored", "home")],
    )
    run(module, f"converge the stack of {module.params['tenant'].get('odoo_tenant')}", lambda: converge(module))


if __name__ == "__main__":
    main()
