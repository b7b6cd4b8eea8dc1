#!/usr/bin/python
# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: odoo_plan
short_description: Ask a place once what would change for all its tenants
version_added: 0.2.0
author: SysGenPro (@sysgenpro)
description:
  - Returns, for each tenant that is not as declared, the steps that would make it so. Changes nothing.
  - The plans are those of M(sysgenpro.odoo.odoo_stack), M(sysgenpro.odoo.odoo_database), M(sysgenpro.odoo.odoo_redis_user) and
    M(sysgenpro.odoo.odoo_bucket), made of one snapshot of the place instead of one a tenant.
  - A Docker host is asked in one call, a PostgreSQL cluster in one query, a Redis service in one exchange, an object store
    in one conversation, and a Kubernetes cluster with one list for each kind, from the controller.
  - Passwords and the privileges of reporting roles cannot be seen from outside a database. Its C(COMMENT) remembers a digest of
    what was verified; where that differs from what there is now, the tenant's plan says that it must be looked at.
  - An action plugin reads the tenants and their secrets from the inventory.
options:
  assignment:
    description:
      - What the task's host asks, and for whom, as M(sysgenpro.odoo.odoo_validate) returned it for this host in
        RV(sysgenpro.odoo.odoo_validate#module:representatives).
    type: dict
  of:
    description: V(place) asks runtime, PostgreSQL and Redis; V(buckets) the object store on the host the task is delegated to.
    type: str
    choices: [place, buckets]
    default: place
  container:
    description: Name of the SeaweedFS container, for O(of=buckets).
    type: str
    default: ""
  request:
    description: Set by the action plugin - the tenants with what they authenticate with, as JSON.
    type: str
attributes:
  check_mode:
    description: Changes nothing in any mode.
    support: full
  diff_mode:
    description: Nothing changes, so there is no difference to show; the steps are in the result.
    support: none
"""

EXAMPLES = r"""
- name: Ask the place of this tenant
  sysgenpro.odoo.odoo_plan:
    assignment: "{{ odoo_inventory.representatives[inventory_hostname] }}"
  register: odoo_asked
"""

RETURN = r"""
plans:
  description: By tenant, what would be done; tenants that are as declared are not named.
  type: dict
  returned: success
  sample: {acme_production: [{action: start_container, subject: acme_production-web-1-3fa9c1d2, cause: it is exited}]}
"""

import functools

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters import seaweedfs
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters.docker_engine import DockerEngine
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge import fleet
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.fleet_request import parse_request
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.results import run

ARGUMENTS = {
    "assignment": {"type": "dict"},
    "of": {"type": "str", "choices": ["place", "buckets"], "default": "place"},
    "container": {"type": "str", "default": ""},
    # One text: Ansible would search every value of a result for each secret of a thousand tenants.
    "request": {"type": "str", "no_log": True},
}
#: Seconds for one conversation about all buckets of a service.
STORE_SECONDS = 300


def ask(module: AnsibleModule) -> dict[str, object]:
    if not module.params["request"]:
        raise OdooError(
            "The action plugin reads the tenants", hint="Call the action sysgenpro.odoo.odoo_plan, not the module"
        )
    request = parse_request(module.params["request"])
    store = None
    if module.params["of"] == "buckets":
        execute = seaweedfs.docker_exec(module.run_command, module.params["container"], timeout=STORE_SECONDS)
        store = seaweedfs.SeaweedFS(execute, master="127.0.0.1:9333")
    return {"changed": False, "plans": fleet.ask(request, DockerEngine, store)}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    run(module, "ask what would change", functools.partial(ask, module))


if __name__ == "__main__":
    main()
