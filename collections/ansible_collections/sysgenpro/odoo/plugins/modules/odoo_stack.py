#!/usr/bin/python
# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: odoo_stack
short_description: Converge the running objects of a tenant on a Docker host or a Kubernetes cluster
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - Brings everything that runs of a tenant to what its variables say, in one call. C(odoo_runtime) decides where.
  - On Docker these are its bridge, configuration files, containers and Traefik routes.
  - On Kubernetes they are the objects of its namespace, applied by the server (server-side apply) under one field manager,
    C(sysgenpro.odoo). What carries the tenant's labels and is not declared any more is removed; nothing else ever is.
  - Web and websocket containers are replaced blue/green, without a failed request; cron and queue stop before they start.
  - A container that never becomes ready is removed again; what ran before runs on, and the error carries its last lines.
    On Kubernetes the previous pod template is put back, and the error carries the events too.
  - A run that was killed is finished by the next.
  - In check mode the API server itself says, in a dry run, what would change.
  - An action plugin looks at C(odoo_runtime). On Docker the module runs on the host; on Kubernetes everything happens in the
    controller's process, whatever the task's connection is, which saves a process and its imports for each tenant.
requirements:
  - Docker Engine 20.10 or later on the host the module runs on, or
  - Kubernetes 1.30 or later, reached from the controller with a kubeconfig
extends_documentation_fragment:
  - sysgenpro.odoo.tenant
  - sysgenpro.odoo.tenant_secrets
options:
  state:
    description:
      - Whether the stack exists. V(absent) removes routes, containers, bridge and files, and no data.
      - V(stopped) stops the containers, so that nothing of the tenant works on its database; V(present) starts them again.
      - V(asleep) ends them too, sends whoever asks for the tenant to a page that says so, and is remembered, so that
        V(present) leaves a sleeper asleep. V(awake) is V(present) that wakes one; so do O(restored) and O(home).
        Where C(odoo_kubernetes_delivery) is C(gitops), both are refused.
    type: str
    choices: [present, awake, asleep, stopped, absent]
    default: present
  rest:
    description: What is remembered with V(asleep) and V(awake); the filter P(sysgenpro.odoo.rest#filter) makes it.
    type: dict
    suboptions:
      since:
        description: When it was decided, UTC.
        type: str
        default: ''
      until:
        description: Until when the timetable is not followed, UTC; empty where it is.
        type: str
        default: ''
      cause:
        description: Who or what decided.
        type: str
        default: ''
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
  kubeconfig:
    description:
      - Kubeconfig of the cluster, for a tenant on Kubernetes; C(odoo_kubeconfig) of O(tenant) where unset.
      - Client certificates, tokens, exec credential plugins and several files in C(KUBECONFIG) are understood. A cluster
        whose certificate would not be verified is refused.
    type: path
  context:
    description: Its context; C(odoo_kubernetes_context) of O(tenant) where unset.
    type: str
  force:
    description: On Kubernetes, take over fields that another field manager owns with another value.
    type: bool
    default: false
  scope:
    description:
      - On Kubernetes, V(secrets) applies the namespace and its Secrets alone.
      - Where C(odoo_kubernetes_delivery) is C(gitops), V(all) changes nothing and fails if something would have to change.
    type: str
    choices: [all, secrets]
    default: all
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

- name: Take back a field that was changed by hand, on Kubernetes
  sysgenpro.odoo.odoo_stack:
    tenant: "{{ lookup('sysgenpro.odoo.tenant') }}"
    secrets: "{{ tenant_secrets }}"
    force: true
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
  returned: when state is present, awake or asleep
rest:
  description: Whether the tenant sleeps, since when, until when the timetable is not followed, and why.
  type: dict
  returned: when state is present, awake or asleep and C(odoo_kubernetes_delivery) is not C(gitops)
  sample: {asleep: true, cause: its timetable, since: "2026-01-30T19:00:12Z", until: ""}
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
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan.schedule import Rest
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.arguments import (
    STACK,
    STACK_EXCLUSIVE,
    TENANT,
    TENANT_SECRETS,
)
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.results import run


def converge(module: AnsibleModule) -> dict[str, object]:
    host = str(module.params["tenant"].get("odoo_tenant"))
    tenant = parse(module.params["tenant"], host=host)
    if tenant.runtime != "docker":
        raise OdooError(
            f"A tenant on {tenant.runtime} is converged on the controller", hint="Call the action, not the module"
        )
    holder = f"process {os.getpid()} since {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())}"
    stack = Stack(DockerEngine(), tenant, holder)
    if module.params["state"] == "absent":
        return stack.absent(check=module.check_mode)
    if module.params["state"] == "stopped":
        return stack.stopped(check=module.check_mode)
    secrets = parse_secrets(module.params["secrets"], host=host)
    check, server = module.check_mode, {"restored": module.params["restored"], "home": module.params["home"]}
    rest = {name: value for name, value in (module.params["rest"] or {}).items() if value}
    if module.params["state"] == "asleep":
        return stack.asleep(secrets, Rest(asleep=True, **rest), check=check)
    if module.params["state"] == "awake":
        return stack.awake(secrets, Rest(**rest), check=check, **server)
    return stack.present(secrets, check=check, **server)


def main() -> None:
    module = AnsibleModule(
        argument_spec={**TENANT, **TENANT_SECRETS, **STACK},
        supports_check_mode=True,
        mutually_exclusive=STACK_EXCLUSIVE,
    )
    run(module, f"converge the stack of {module.params['tenant'].get('odoo_tenant')}", lambda: converge(module))


if __name__ == "__main__":
    main()
