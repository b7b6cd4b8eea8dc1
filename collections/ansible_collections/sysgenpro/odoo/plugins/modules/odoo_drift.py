#!/usr/bin/python
# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: odoo_drift
short_description: Compare what is declared of tenants with what was rendered and with what runs
version_added: 0.2.0
author: SysGenPro (@sysgenpro)
description:
  - Compares every tenant of a place in one pass and changes nothing.
  - On Kubernetes it lists the tenants' objects by label, one list for each kind, and asks the API server in a dry run about
    those that look changed. Each difference names the field, the field manager that wrote it and since when, as
    C(metadata.managedFields) tell; a field that was removed has no owner any more, and the report says so.
  - On Docker each difference names the field and since when. Docker records no actor, and the report says so.
  - An action plugin reads the tenants from the inventory; on Kubernetes it does everything on the controller.
options:
  runtime:
    description: Which tenants are compared - all those on clusters, or those on the Docker host of the task's tenant.
    type: str
    choices: [kubernetes, docker]
    default: kubernetes
  hosts:
    description: Inventory hosts of the tenants; those of the play where unset.
    type: list
    elements: str
  tree:
    description: Directory that M(sysgenpro.odoo.odoo_render) wrote, to be compared too. Not looked at where unset.
    type: path
  tenants:
    description: Set by the action plugin - tenants with what their rendering needs.
    type: list
    elements: dict
    suboptions:
      tenant:
        description: The tenant, as its flat inventory variables C(odoo_*).
        type: dict
        required: true
      secrets:
        description: What the tenant's containers authenticate with.
        type: dict
        required: true
attributes:
  check_mode:
    description: Changes nothing in any mode.
    support: full
  diff_mode:
    description: Nothing changes, so there is no difference to show; what is found is in the result.
    support: none
"""

EXAMPLES = r"""
- name: Compare every tenant of the clusters
  sysgenpro.odoo.odoo_drift:
    tree: ../gitops
  run_once: true
  register: drift
"""

RETURN = r"""
reports:
  description: One report a place and region.
  type: list
  elements: dict
  returned: success
  contains:
    place:
      description: Inventory name of the Docker host or cluster.
      type: str
    runtime:
      description: docker or kubernetes.
      type: str
    tenants:
      description: Tenants that were compared.
      type: list
      elements: str
    drifted:
      description: Those with findings.
      type: list
      elements: str
    strays:
      description: Tenants that run there and that the inventory does not declare.
      type: list
      elements: str
    objects:
      description: Objects that were compared.
      type: int
    seconds:
      description: What the comparison took.
      type: float
    findings:
      description: Differences, each with tenant, subject, between, difference, field, declared, found, by, since.
      type: list
      elements: dict
    texts:
      description: The same as text.
      type: list
      elements: str
    note:
      description: What the runtime does not record.
      type: str
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters import files
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters.docker_engine import DockerEngine
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge import drift
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.secrets import parse_secrets
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import parse
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.results import run


def compare(module: AnsibleModule) -> dict[str, object]:
    entries: list[dict[str, t.Any]] = module.params["tenants"] or []
    wanted = []
    for entry in entries:
        host = str(entry["tenant"].get("odoo_tenant"))
        wanted.append((parse(entry["tenant"], host=host), parse_secrets(entry["secrets"], host=host)))
    if not wanted:
        return {"changed": False, "reports": []}
    first = wanted[0][0]
    ca = files.read(first.ca_file)
    if ca is None:
        raise OdooError(f"The region's CA is not at {first.ca_file}", hint="Run the role docker_host on this host")
    report = drift.docker(DockerEngine(), first.place, wanted, ca)
    return {"changed": False, "reports": [report.public()]}


def main() -> None:
    tenants = {
        "tenant": {"type": "dict", "required": True},
        "secrets": {"type": "dict", "required": True, "no_log": True},
    }
    module = AnsibleModule(
        argument_spec={
            "runtime": {"type": "str", "choices": ["kubernetes", "docker"], "default": "kubernetes"},
            "hosts": {"type": "list", "elements": "str"},
            "tree": {"type": "path"},
            "tenants": {"type": "list", "elements": "dict", "options": tenants},
        },
        supports_check_mode=True,
    )
    run(module, "compare the tenants", lambda: compare(module))


if __name__ == "__main__":
    main()
