#!/usr/bin/python
# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: odoo_status
short_description: Say how a tenant is
version_added: 0.2.0
author: SysGenPro (@sysgenpro)
description:
  - Returns what is declared of a tenant, what runs of it on its Docker host or cluster, whether it sleeps, what its database says
    of itself, and the last lines about it in the host's audit trail. Changes nothing.
extends_documentation_fragment:
  - sysgenpro.odoo.tenant
options:
  database_password:
    description: Password of the tenant's own role.
    type: str
    required: true
  audit_path:
    description: The audit trail.
    type: path
    default: /var/log/sysgenpro/audit.jsonl
attributes:
  check_mode:
    description: Changes nothing in any mode.
    support: full
  diff_mode:
    description: Nothing changes.
    support: none
"""

EXAMPLES = r"""
- name: Look at a tenant
  sysgenpro.odoo.odoo_status:
    tenant: "{{ lookup('sysgenpro.odoo.tenant') }}"
    database_password: "{{ lookup('sysgenpro.odoo.secret', 'acme_production/database') }}"
"""

RETURN = r"""
status:
  description: C(declared), C(runs), C(database) and C(audit).
  type: dict
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters import kubeconfig
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters.docker_engine import DockerEngine
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters.kubernetes_api import KubernetesApi
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge import status
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import parse
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.arguments import TENANT
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.results import run


def look(module: AnsibleModule) -> dict[str, object]:
    tenant = parse(module.params["tenant"], host=str(module.params["tenant"].get("odoo_tenant")))
    if tenant.runtime == "kubernetes":
        api = KubernetesApi(kubeconfig.load(tenant.kubeconfig, tenant.kubernetes_context))
        runs = status.of_kubernetes(api, tenant)
    else:
        runs = status.of_docker(DockerEngine(), tenant)
    said = {
        "declared": status.declared(tenant),
        "runs": runs,
        "database": status.of_database(tenant, module.params["database_password"]),
        "audit": status.of_trail(module.params["audit_path"], tenant.tenant),
    }
    return {"changed": False, "status": said}


def main() -> None:
    options = {
        "database_password": {"type": "str", "required": True, "no_log": True},
        "audit_path": {"type": "path", "default": "/var/log/sysgenpro/audit.jsonl"},
    }
    module = AnsibleModule(argument_spec={**TENANT, **options}, supports_check_mode=True)
    run(module, f"look at {module.params['tenant'].get('odoo_tenant')}", lambda: look(module))


if __name__ == "__main__":
    main()
