#!/usr/bin/python
# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: recovery_point_info
short_description: List a tenant's recovery points, or verify one
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - Without O(reference), lists the tenant's recovery points, newest first, and says which have a valid signature.
  - With it, verifies signature, checksums and format of that one and returns its manifest.
requirements:
  - Docker Engine on the host the module runs on
extends_documentation_fragment:
  - sysgenpro.odoo.tenant
  - sysgenpro.odoo.evidence
options:
  reference:
    description: Name of a recovery point, as M(sysgenpro.odoo.recovery_point) returned it.
    type: str
    default: ""
  limit:
    description: How many of the newest to list.
    type: int
    default: 20
attributes:
  check_mode:
    description: Changes nothing, so it does the same.
    support: full
  diff_mode:
    description: Changes nothing.
    support: N/A
"""

EXAMPLES = r"""
- name: See what a tenant can be restored to
  sysgenpro.odoo.recovery_point_info:
    tenant: "{{ lookup('sysgenpro.odoo.tenant') }}"
    image: "{{ lookup('sysgenpro.odoo.image', 'recovery') }}"
    evidence: "{{ evidence }}"
    public_key: "{{ lookup('ansible.builtin.file', certificates_path ~ '/evidence/minisign.pub').splitlines() | last }}"
"""

RETURN = r"""
points:
  description: >-
    C(reference), C(valid), C(time), C(reason), C(lsn), C(exact), C(archived) and C(attachments) of each; C(problem) of one
    that is not valid.
  type: list
  elements: dict
  returned: without O(reference)
valid:
  description: Always true; a point that is not valid is a failure.
  type: bool
  returned: with O(reference)
manifest:
  description: What the point says.
  type: dict
  returned: with O(reference)
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters.docker_engine import DockerEngine
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge import recovery as runner
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import parse
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render import recovery
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.arguments import EVIDENCE, TENANT
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.results import run

OPTIONS = {"reference": {"type": "str", "default": ""}, "limit": {"type": "int", "default": 20}}


def look(module: AnsibleModule) -> dict[str, object]:
    given = module.params
    tenant = parse(given["tenant"], host=str(given["tenant"].get("odoo_tenant")))
    ask = recovery.look(
        tenant.tenant,
        evidence=recovery.Storage(**given["evidence"]),
        public_key=given["public_key"],
        reference=given["reference"],
        limit=given["limit"],
    )
    return {"changed": False, **runner.run_verb(DockerEngine(timeout=600), tenant, given["image"], ask)}


def main() -> None:
    module = AnsibleModule(argument_spec={**TENANT, **EVIDENCE, **OPTIONS}, supports_check_mode=True)
    run(module, f"read recovery points of {module.params['tenant'].get('odoo_tenant')}", lambda: look(module))


if __name__ == "__main__":
    main()
