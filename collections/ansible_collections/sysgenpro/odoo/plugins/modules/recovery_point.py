#!/usr/bin/python
# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: recovery_point
short_description: Take a recovery point of a tenant
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - Makes a restore point in the tenant's PostgreSQL cluster and names, for every attachment of that moment, the version of
    the object that holds it. Nothing is copied, so it takes seconds whatever the size of the tenant.
  - The manifest, the list of attachments, the rendered configuration and the tenant's secrets, encrypted to O(recipients),
    are stored below C(recovery-points/<tenant>/) in the evidence bucket. The manifest has their checksums; its signature
    is written last, and without it there is no recovery point.
  - What it names lasts as long as the versions of the objects and the cluster's archive of WAL do.
requirements:
  - Docker Engine on the host the module runs on
extends_documentation_fragment:
  - sysgenpro.odoo.tenant
  - sysgenpro.odoo.tenant_secrets
  - sysgenpro.odoo.tenant_passwords
  - sysgenpro.odoo.evidence
options:
  reason:
    description: Why it is taken, for the people who will choose among them, for example V(before decommission).
    type: str
    required: true
  recipients:
    description: Public age keys (C(age1…)) of those who can decrypt the tenant's secrets.
    type: list
    elements: str
    required: true
  signing_key:
    description: The region's minisign secret key, the content of its file.
    type: str
    required: true
  signing_password:
    description: Password of O(signing_key), where it has one.
    type: str
    default: ""
  strict:
    description: Fail, and take none, where an attachment's object is missing or has another size than the database says.
    type: bool
    default: false
  archive_timeout:
    description:
      - Seconds to wait until the cluster has archived the WAL that holds the restore point; V(0) does not wait.
      - A point whose WAL is not archived yet is complete, and can be restored once it is.
    type: int
    default: 30
attributes:
  check_mode:
    description: Says that one would be taken.
    support: full
  diff_mode:
    description: A recovery point has no earlier state to compare with.
    support: none
seealso:
  - module: sysgenpro.odoo.recovery_point_info
  - module: sysgenpro.odoo.filestore_check
"""

EXAMPLES = r"""
- name: Take a recovery point before something dangerous
  sysgenpro.odoo.recovery_point:
    tenant: "{{ lookup('sysgenpro.odoo.tenant') }}"
    secrets: "{{ tenant_secrets }}"
    passwords: "{{ tenant_passwords }}"
    image: "{{ lookup('sysgenpro.odoo.image', 'recovery') }}"
    evidence:
      endpoint: https://10.0.0.11:8333
      bucket: eu1-evidence
      access_key: "{{ lookup('sysgenpro.odoo.secret', 'object_storage/evidence_access_key') }}"
      secret_key: "{{ lookup('sysgenpro.odoo.secret', 'object_storage/evidence_secret_key') }}"
    recipients: "{{ odoo_recovery_recipients }}"
    signing_key: "{{ lookup('ansible.builtin.unvault', certificates_path ~ '/evidence/minisign.key') }}"
    public_key: "{{ lookup('ansible.builtin.file', certificates_path ~ '/evidence/minisign.pub').splitlines() | last }}"
    reason: before the import of 2026
"""

RETURN = r"""
reference:
  description: The recovery point's name, its prefix in the evidence bucket.
  type: str
  returned: when not in check mode
  sample: recovery-points/acme_production/20260131T120000Z-a1b2c3
lsn:
  description: Position in the cluster's WAL.
  type: str
  returned: when not in check mode
restore_point:
  description: Name of the restore point, for C(recovery_target_name).
  type: str
  returned: when not in check mode
timeline:
  description: Timeline of the position.
  type: int
  returned: when not in check mode
exact:
  description: >-
    Whether no transaction was writing attachments: the list then is exactly what a restore to the point has. Otherwise
    the two may differ by the transactions that ended meanwhile.
  type: bool
  returned: when not in check mode
archived:
  description: Whether the WAL that holds the point was archived.
  type: bool
  returned: when not in check mode
not_archived_because:
  description: Why not; empty when it was.
  type: str
  returned: when not in check mode
attachments:
  description: Number of attachments that are named.
  type: int
  returned: when not in check mode
bytes:
  description: Their size.
  type: int
  returned: when not in check mode
findings:
  description: Attachments that are not as the database says; C(counts) and the C(first) of each kind.
  type: dict
  returned: when not in check mode
signed_by:
  description: Number of the minisign key.
  type: str
  returned: when not in check mode
time:
  description: When it was taken, UTC.
  type: str
  returned: when not in check mode
seconds:
  description: How long it took.
  type: float
  returned: when not in check mode
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters.docker_engine import DockerEngine
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge import recovery as runner
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.secrets import parse_secrets
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import parse
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render import recovery
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.arguments import (
    EVIDENCE,
    TENANT,
    TENANT_PASSWORDS,
    TENANT_SECRETS,
)
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.results import run

OPTIONS = {
    "reason": {"type": "str", "required": True},
    "recipients": {"type": "list", "elements": "str", "required": True},
    "signing_key": {"type": "str", "required": True, "no_log": True},
    "signing_password": {"type": "str", "default": "", "no_log": True},
    "strict": {"type": "bool", "default": False},
    "archive_timeout": {"type": "int", "default": 30},
}


def take(module: AnsibleModule) -> dict[str, object]:
    given = module.params
    host = str(given["tenant"].get("odoo_tenant"))
    tenant, secrets = parse(given["tenant"], host=host), parse_secrets(given["secrets"], host=host)
    if module.check_mode:
        return {"changed": True}
    engine = DockerEngine(timeout=3600)
    ask = recovery.point(
        tenant,
        secrets,
        given["passwords"],
        evidence=recovery.Storage(**given["evidence"]),
        signing=recovery.Signing(given["public_key"], given["signing_key"], given["signing_password"]),
        options={name: given[name] for name in ("reason", "recipients", "strict", "archive_timeout")},
        release=runner.release(engine, tenant),
    )
    return {"changed": True, **runner.run_verb(engine, tenant, given["image"], ask)}


def main() -> None:
    spec = {**TENANT, **TENANT_SECRETS, **TENANT_PASSWORDS, **EVIDENCE, **OPTIONS}
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    run(module, f"take a recovery point of {module.params['tenant'].get('odoo_tenant')}", lambda: take(module))


if __name__ == "__main__":
    main()
