#!/usr/bin/python
# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: odoo_trial
short_description: Try a tenant's release on a restored database
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - Starts one Odoo process of the tenant's image on a database that M(sysgenpro.odoo.postgresql_restore) restored, alone in a
    network, and uses it - login, JSON-2, websocket, an attachment of the object storage, on request an order.
  - Before it starts, scheduled actions, mail and payments are switched off and every secret of the database is replaced, so
    that the copy can do nothing in the tenant's name. The database is for this trial alone; it is written to.
  - The process needs a key that reads the tenant's files. With one that cannot write, it cannot harm them.
  - A trial that was left behind is removed first.
requirements:
  - psycopg2 and Docker Engine on the host the module runs on
extends_documentation_fragment:
  - sysgenpro.odoo.tenant
options:
  state:
    description: V(present) starts and uses it and leaves it running, V(absent) removes it.
    type: str
    choices: [present, absent]
    default: present
  server:
    description: The restored server. Required by O(state=present).
    type: dict
    suboptions:
      host:
        description: Its address, as in its certificate.
        type: str
        required: true
      port:
        description: Its port.
        type: int
        required: true
      password:
        description: Password of the tenant's role there.
        type: str
        required: true
  storage:
    description: Key of an identity that reads the tenant's bucket. Required by O(state=present).
    type: dict
    suboptions:
      access_key:
        description: Access key.
        type: str
        required: true
      secret_key:
        description: Secret key.
        type: str
        required: true
  network:
    description: Docker network to be alone in. Required by O(state=present).
    type: str
    default: ""
  address:
    description: Address of the container in O(network).
    type: str
    default: ""
  order:
    description: Sell something too. The tenant needs the module C(sale).
    type: bool
    default: true
  timeout:
    description: Seconds until Odoo must answer.
    type: float
    default: 180
attributes:
  check_mode:
    description: Says whether a trial would start or be removed.
    support: full
  diff_mode:
    description: A trial has no earlier state to compare with.
    support: none
"""

EXAMPLES = r"""
- name: Does the release work on what came back?
  sysgenpro.odoo.odoo_trial:
    tenant: "{{ lookup('sysgenpro.odoo.tenant') }}"
    server: {host: 10.214.0.4, port: 5432, password: "{{ trial_password }}"}
    storage:
      access_key: "{{ lookup('sysgenpro.odoo.secret', 'object_storage/attachments_reader_access_key') }}"
      secret_key: "{{ lookup('sysgenpro.odoo.secret', 'object_storage/attachments_reader_secret_key') }}"
    network: eu-west-acme_production-drill
    address: 10.214.0.5
"""

RETURN = r"""
held:
  description: Rows that were switched off before Odoo started, by table.
  type: dict
  returned: when state is present
checks:
  description: C(milliseconds) of each check, and what was C(found) - whether there was a stored attachment, the order's number.
  type: dict
  returned: when state is present
seconds:
  description: Seconds from the beginning until it was C(held), C(serving) and C(used).
  type: dict
  returned: when state is present
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters.docker_engine import DockerEngine
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge.trial import TrialRun
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import parse
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render.trial import Trial
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.arguments import TENANT
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.results import run

SECRET = {"type": "str", "required": True, "no_log": True}
OWN = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "server": {
        "type": "dict",
        "options": {
            "host": {"type": "str", "required": True},
            "port": {"type": "int", "required": True},
            "password": SECRET,
        },
    },
    "storage": {
        "type": "dict",
        "options": {"access_key": {"type": "str", "required": True, "no_log": False}, "secret_key": SECRET},
    },
    "network": {"type": "str", "default": ""},
    "address": {"type": "str", "default": ""},
    "order": {"type": "bool", "default": True},
    "timeout": {"type": "float", "default": 180},
}


def work(module: AnsibleModule) -> dict[str, object]:
    given = module.params
    tenant = parse(given["tenant"], host=str(given["tenant"].get("odoo_tenant")))
    if module.check_mode:
        return {"changed": True}
    server = given["server"] or {"host": "", "port": 0, "password": ""}
    storage = given["storage"] or {"access_key": "", "secret_key": ""}
    trial = Trial(**server, **storage, network=given["network"], address=given["address"])
    tried = TrialRun(DockerEngine(timeout=600), tenant, trial, given["timeout"])
    return tried.absent() if given["state"] == "absent" else tried.present(order=given["order"])


def main() -> None:
    needed = [("state", "present", ["server", "storage", "network", "address"])]
    module = AnsibleModule({**TENANT, **OWN}, supports_check_mode=True, required_if=needed)
    run(module, f"try {module.params['tenant'].get('odoo_tenant')}", lambda: work(module))


if __name__ == "__main__":
    main()
