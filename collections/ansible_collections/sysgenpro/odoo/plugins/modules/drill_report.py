#!/usr/bin/python
# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: drill_report
short_description: Judge a drill, sign what was found and keep it as evidence
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - Judges what the tasks of a drill saw against the tenant's objectives, and stores the report, as JSON and as a page, signed
    with the region's minisign key in the evidence bucket.
  - A drill that failed is reported too. Whether it passed is in RV(verdict).
requirements:
  - Docker Engine on the host the module runs on
extends_documentation_fragment:
  - sysgenpro.odoo.tenant
  - sysgenpro.odoo.evidence
options:
  signing_key:
    description: Text of the region's minisign secret key.
    type: str
    required: true
  signing_password:
    description: Password of O(signing_key), where it has one.
    type: str
    default: ""
  started:
    description: When the drill began, in seconds since the epoch.
    type: float
    required: true
  used:
    description: When the tenant was in use again, in seconds since the epoch.
    type: float
  repository:
    description: C(number), C(host) and C(bucket) of the backups' repository.
    type: dict
    required: true
  reference:
    description: The recovery point.
    type: str
    default: ""
  chosen:
    description: How it was chosen.
    type: str
    default: ""
  manifest:
    description: What M(sysgenpro.odoo.recovery_point_info) returned of it.
    type: dict
  archiver:
    description: What M(sysgenpro.odoo.postgresql_replication_info) returned of the archive when the drill began.
    type: dict
  restored:
    description: What M(sysgenpro.odoo.postgresql_restore) returned.
    type: dict
  amcheck:
    description: C(ok) and C(text) of the check of tables and indexes.
    type: dict
  amcheck_seconds:
    description: How long it took.
    type: float
  files:
    description: What M(sysgenpro.odoo.filestore_check) returned.
    type: dict
  trial:
    description: What M(sysgenpro.odoo.odoo_trial) returned.
    type: dict
  trial_failure:
    description: Why it failed, where it did.
    type: str
    default: ""
  cleaned:
    description: Whether everything of the drill was removed.
    type: bool
  failure:
    description: C(task) and C(message) of the task that failed.
    type: dict
attributes:
  check_mode:
    description: Judges and stores nothing.
    support: full
  diff_mode:
    description: A report has no earlier state.
    support: none
"""

EXAMPLES = r"""
- name: Keep the evidence
  sysgenpro.odoo.drill_report:
    tenant: "{{ lookup('sysgenpro.odoo.tenant') }}"
    image: "{{ lookup('sysgenpro.odoo.image', 'recovery') }}"
    evidence: "{{ evidence }}"
    public_key: "{{ public_key }}"
    signing_key: "{{ lookup('ansible.builtin.unvault', certificates_path ~ '/evidence/minisign.key') }}"
    started: "{{ started }}"
    repository: {number: 1, host: s3.example.com, bucket: eu-west-backups}
    failure: {task: Restored cluster, message: pgBackRest could not restore}
  register: drill
  failed_when: drill.verdict != 'passed'
"""

RETURN = r"""
verdict:
  description: V(passed) or V(failed).
  type: str
  returned: success
findings:
  description: What was wrong, a sentence each.
  type: list
  elements: str
  returned: success
report:
  description: The report as it was signed.
  type: dict
  returned: success
reference:
  description: Where it lies in the evidence bucket; empty in check mode.
  type: str
  returned: success
"""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters.docker_engine import DockerEngine
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge import recovery as runner
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import parse
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render import drill, recovery
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.arguments import EVIDENCE, TENANT
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.results import run

FACTS = ("manifest", "archiver", "restored", "amcheck", "files", "trial", "failure")
PLAIN = ("started", "used", "repository", "reference", "chosen", "amcheck_seconds", "trial_failure", "cleaned")
OWN = {
    "signing_key": {"type": "str", "required": True, "no_log": True},
    "signing_password": {"type": "str", "default": "", "no_log": True},
    "started": {"type": "float", "required": True},
    "used": {"type": "float"},
    "repository": {"type": "dict", "required": True},
    "reference": {"type": "str", "default": ""},
    "chosen": {"type": "str", "default": ""},
    "amcheck_seconds": {"type": "float"},
    "trial_failure": {"type": "str", "default": ""},
    "cleaned": {"type": "bool"},
    **{name: {"type": "dict"} for name in FACTS},
}


def report(module: AnsibleModule) -> dict[str, object]:
    given = module.params
    tenant = parse(given["tenant"], host=str(given["tenant"].get("odoo_tenant")))
    document = drill.report(tenant, {**{name: given[name] for name in FACTS + PLAIN}, "finished": time.time()})
    answer: dict[str, object] = {"reference": ""}
    if not module.check_mode:
        ask = recovery.report(
            tenant.tenant,
            evidence=recovery.Storage(**given["evidence"]),
            signing=recovery.Signing(given["public_key"], given["signing_key"], given["signing_password"]),
            report=document,
            page=drill.page(document),
        )
        answer = runner.run_verb(DockerEngine(timeout=600), tenant, given["image"], ask)
    said = {name: document[name] for name in ("verdict", "findings")}
    return {"changed": not module.check_mode, "reference": answer["reference"], "report": document, **said}


def main() -> None:
    module = AnsibleModule({**TENANT, **EVIDENCE, **OWN}, supports_check_mode=True)
    run(module, f"report the drill of {module.params['tenant'].get('odoo_tenant')}", lambda: report(module))


if __name__ == "__main__":
    main()
