#!/usr/bin/python
# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: filestore_check
short_description: Compare a tenant's attachments with its object storage, in both directions
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - Every attachment of the database must have an object of its size in the bucket; objects that no attachment names are
    listed as orphans.
  - With O(manifest), objects must also be the versions, with the ETags, that the recovery point names.
  - O(mode=deep) reads objects and compares them with the SHA-1 that Odoo recorded.
  - Nothing is changed or removed.
requirements:
  - Docker Engine on the host the module runs on
extends_documentation_fragment:
  - sysgenpro.odoo.tenant
  - sysgenpro.odoo.tenant_secrets
  - sysgenpro.odoo.evidence
options:
  mode:
    description: V(quick) compares what the listing of the bucket says, V(deep) reads content too.
    type: str
    choices: [quick, deep]
    default: quick
  manifest:
    description: Name of a recovery point to compare with, as M(sysgenpro.odoo.recovery_point) returned it.
    type: str
    default: ""
  versions:
    description:
      - Compare with the versions that O(manifest) names instead of the bucket's current objects, which answers whether a
        database that was restored to that point can have its files back.
    type: bool
    default: false
  sample_above:
    description: Number of attachments up to which O(mode=deep) reads all. Of more it reads as many, chosen at random.
    type: int
    default: 20000
  seed:
    description: Chooses the sample; the same seed chooses the same attachments.
    type: int
    default: 1
  grace_hours:
    description: Hours an object may have no attachment before it counts as an orphan.
    type: float
    default: 24
  bucket:
    description: Bucket to check instead of the tenant's own; O(secrets) must have keys for it.
    type: str
    default: ""
  login_host:
    description: PostgreSQL server to ask instead of the tenant's own, for example one with a restored database.
    type: str
  login_port:
    description: Its port.
    type: int
  login_user:
    description: Role that reads the database; the tenant's own where unset.
    type: str
  login_password:
    description: Password of O(login_user).
    type: str
  login_db:
    description: Database to read instead of the tenant's own.
    type: str
attributes:
  check_mode:
    description: Changes nothing, so it does the same.
    support: full
  diff_mode:
    description: Changes nothing.
    support: N/A
"""

EXAMPLES = r"""
- name: Read every attachment
  sysgenpro.odoo.filestore_check:
    tenant: "{{ lookup('sysgenpro.odoo.tenant') }}"
    secrets: "{{ tenant_secrets }}"
    image: "{{ lookup('sysgenpro.odoo.image', 'recovery') }}"
    evidence: "{{ evidence }}"
    public_key: "{{ lookup('ansible.builtin.file', certificates_path ~ '/evidence/minisign.pub').splitlines() | last }}"
    mode: deep
  register: files
  failed_when: not files.ok
"""

RETURN = r"""
ok:
  description: Whether every attachment is as it must be. Orphans are no fault.
  type: bool
  returned: success
attachments:
  description: Number of attachments the database keeps in object storage.
  type: int
  returned: success
objects:
  description: Number of objects in the bucket.
  type: int
  returned: success
bytes:
  description: Size of the attachments, as the database says.
  type: int
  returned: success
read:
  description: Number of objects that were read.
  type: int
  returned: success
seed:
  description: The seed that chose them, null in quick mode.
  type: int
  returned: success
young:
  description: Number of objects without an attachment that are younger than O(grace_hours).
  type: int
  returned: success
named_by_manifest:
  description: Number of attachments the recovery point names.
  type: int
  returned: success
gone_since_manifest:
  description: Number of those that the database does not have any more.
  type: int
  returned: success
findings:
  description: >-
    C(counts) by kind and the C(first) of each kind: C(missing), C(size), C(etag), C(version), C(content), C(elsewhere)
    (an attachment kept neither in the database nor in the bucket), C(orphan); with O(versions) also C(unnamed) and C(surplus),
    which only the database or only the manifest has.
  type: dict
  returned: success
seconds:
  description: How long it took.
  type: float
  returned: success
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters.docker_engine import DockerEngine
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge import recovery as runner
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.secrets import parse_secrets
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import parse
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render import recovery
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.arguments import EVIDENCE, TENANT, TENANT_SECRETS
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.results import run

OPTIONS = {
    "mode": {"type": "str", "choices": ["quick", "deep"], "default": "quick"},
    "manifest": {"type": "str", "default": ""},
    "versions": {"type": "bool", "default": False},
    "sample_above": {"type": "int", "default": 20000},
    "seed": {"type": "int", "default": 1},
    "grace_hours": {"type": "float", "default": 24},
    "bucket": {"type": "str", "default": ""},
    "login_host": {"type": "str"},
    "login_port": {"type": "int"},
    "login_user": {"type": "str"},
    "login_password": {"type": "str", "no_log": True},
    "login_db": {"type": "str"},
}


def check(module: AnsibleModule) -> dict[str, object]:
    given = module.params
    host = str(given["tenant"].get("odoo_tenant"))
    tenant, secrets = parse(given["tenant"], host=host), parse_secrets(given["secrets"], host=host)
    own = recovery.login(tenant, secrets)
    ask = recovery.check(
        tenant.tenant,
        database=recovery.Login(
            given["login_host"] or own.host,
            given["login_port"] or own.port,
            given["login_db"] or own.database,
            given["login_user"] or own.user,
            given["login_password"] or own.password,
        ),
        store=recovery.attachments(tenant, secrets, bucket=given["bucket"]),
        evidence=recovery.Storage(**given["evidence"]),
        public_key=given["public_key"],
        options={name: given[name] for name in ("mode", "manifest", "sample_above", "seed", "grace_hours")},
        versions=given["versions"],
    )
    return {"changed": False, **runner.run_verb(DockerEngine(timeout=3600), tenant, given["image"], ask)}


def main() -> None:
    module = AnsibleModule(
        argument_spec={**TENANT, **TENANT_SECRETS, **EVIDENCE, **OPTIONS},
        supports_check_mode=True,
        required_together=[("login_user", "login_password")],
        required_if=[("versions", True, ["manifest"])],
    )
    run(module, f"check the files of {module.params['tenant'].get('odoo_tenant')}", lambda: check(module))


if __name__ == "__main__":
    main()
