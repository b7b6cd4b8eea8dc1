#!/usr/bin/python
# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: odoo_logs
short_description: Read what a tenant's workloads said last
version_added: 0.2.0
author: SysGenPro (@sysgenpro)
description:
  - Returns the last lines of every container of a tenant, on a Docker host or a Kubernetes cluster; C(odoo_runtime) decides.
  - On Docker also those of containers that have stopped.
extends_documentation_fragment:
  - sysgenpro.odoo.tenant
options:
  lines:
    description: Lines of each container, at most.
    type: int
    default: 100
  since:
    description: Seconds to look back; any time where 0.
    type: int
    default: 0
  workloads:
    description: Which workloads; all where empty. A compact tenant has V(web) alone.
    type: list
    elements: str
    choices: [web, websocket, cron, queue]
    default: []
  match:
    description: A regular expression; of those lines, only the ones in which it is found.
    type: str
    default: ''
attributes:
  check_mode:
    description: Changes nothing in any mode.
    support: full
  diff_mode:
    description: Nothing changes.
    support: none
"""

EXAMPLES = r"""
- name: Errors of the last hour
  sysgenpro.odoo.odoo_logs:
    tenant: "{{ lookup('sysgenpro.odoo.tenant') }}"
    lines: 10000
    since: 3600
    match: " (ERROR|CRITICAL) "
"""

RETURN = r"""
logs:
  description: One entry a container.
  type: list
  elements: dict
  returned: success
  contains:
    name:
      description: Container or pod.
      type: str
    workload:
      description: Its workload.
      type: str
    lines:
      description: Oldest first.
      type: list
      elements: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters import kubeconfig
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters.docker_engine import DockerEngine
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters.kubernetes_api import KubernetesApi
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge import logs
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import parse
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.arguments import TENANT
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.results import run

OPTIONS = {
    "lines": {"type": "int", "default": 100},
    "since": {"type": "int", "default": 0},
    "workloads": {
        "type": "list",
        "elements": "str",
        "choices": ["web", "websocket", "cron", "queue"],
        "default": [],
    },
    "match": {"type": "str", "default": ""},
}


def read(module: AnsibleModule) -> dict[str, object]:
    tenant = parse(module.params["tenant"], host=str(module.params["tenant"].get("odoo_tenant")))
    asked = logs.Asked(**{name: module.params[name] for name in OPTIONS})
    if tenant.runtime == "kubernetes":
        api = KubernetesApi(kubeconfig.load(tenant.kubeconfig, tenant.kubernetes_context))
        return {"changed": False, "logs": logs.of_pods(api, tenant, asked)}
    return {"changed": False, "logs": logs.of_containers(DockerEngine(), tenant, asked)}


def main() -> None:
    module = AnsibleModule(argument_spec={**TENANT, **OPTIONS}, supports_check_mode=True)
    run(module, f"read the logs of {module.params['tenant'].get('odoo_tenant')}", lambda: read(module))


if __name__ == "__main__":
    main()
