#!/usr/bin/python
# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: filestore_restore
short_description: Bring a tenant's files back to what a recovery point names
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - Makes the version that the recovery point names the current object of every attachment, where the bucket has another or
    none.
  - Nothing is removed. What was stored since stays, and is without an attachment when the database is restored too.
  - From O(source), another bucket, it brings back what the tenant's own has lost with its versions.
requirements:
  - Docker Engine on the host the module runs on
extends_documentation_fragment:
  - sysgenpro.odoo.tenant
  - sysgenpro.odoo.tenant_secrets
  - sysgenpro.odoo.evidence
options:
  manifest:
    description: Name of the recovery point, as M(sysgenpro.odoo.recovery_point) returned it.
    type: str
    required: true
  source:
    description: Bucket to copy from instead of the versions of the tenant's own.
    type: dict
    suboptions:
      endpoint:
        description: Address of the object storage, C(https://host:port). Its certificate is of the region's CA.
        type: str
        required: true
      bucket:
        description: Name of the bucket.
        type: str
        required: true
      prefix:
        description: What the keys begin with there, before the tenant's own key.
        type: str
        default: ""
      region:
        description: Region of the object storage, as its requests are signed with it.
        type: str
        default: us-east-1
      access_key:
        description: Access key of an identity that reads the bucket.
        type: str
        required: true
      secret_key:
        description: Secret key of the identity.
        type: str
        required: true
  database:
    description:
      - A restored database whose attachments say what the bucket must have, instead of O(manifest). Of each the version with
        its size and SHA-1 is taken.
    type: dict
    suboptions:
      host:
        description: Address of its server.
        type: str
        required: true
      port:
        description: Port of its server.
        type: int
        required: true
      database:
        description: Its name.
        type: str
        required: true
      user:
        description: Role that reads it.
        type: str
        required: true
      password:
        description: Password of the role.
        type: str
        required: true
attributes:
  check_mode:
    description: Copies nothing.
    support: partial
    details:
      - Says that something would be copied, without having compared.
  diff_mode:
    description: The result has numbers instead.
    support: none
"""

EXAMPLES = r"""
- name: Files as they were
  sysgenpro.odoo.filestore_restore:
    tenant: "{{ lookup('sysgenpro.odoo.tenant') }}"
    secrets: "{{ tenant_secrets }}"
    image: "{{ lookup('sysgenpro.odoo.image', 'recovery') }}"
    evidence: "{{ evidence }}"
    public_key: "{{ lookup('ansible.builtin.file', certificates_path ~ '/evidence/minisign.pub').splitlines() | last }}"
    manifest: recovery-points/acme_production/20260131T120000Z-a1b2c3
"""

RETURN = r"""
attachments:
  description: Number of attachments the recovery point names.
  type: int
  returned: success
copied:
  description: Number of objects that were brought back.
  type: int
  returned: success
bytes:
  description: Their size.
  type: int
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
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.arguments import (
    BUCKET,
    EVIDENCE,
    TENANT,
    TENANT_SECRETS,
)
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.results import run


def restore(module: AnsibleModule) -> dict[str, object]:
    given = module.params
    host = str(given["tenant"].get("odoo_tenant"))
    tenant, secrets = parse(given["tenant"], host=host), parse_secrets(given["secrets"], host=host)
    if module.check_mode:
        return {"changed": True}
    source = dict(given["source"] or {})
    ask = recovery.bring(
        tenant.tenant,
        store=recovery.attachments(tenant, secrets),
        evidence=recovery.Storage(**given["evidence"]),
        public_key=given["public_key"],
        options={"manifest": given["manifest"], "source_prefix": source.pop("prefix", "")},
        source=recovery.Storage(**source) if source else None,
        database=recovery.Login(**given["database"]) if given["database"] else None,
    )
    answer = runner.run_verb(DockerEngine(timeout=7200), tenant, given["image"], ask)
    return {"changed": bool(answer["copied"]), **answer}


def main() -> None:
    source = {**BUCKET, "prefix": {"type": "str", "default": ""}}
    database = {
        **{name: {"type": "str", "required": True} for name in ("host", "database", "user")},
        "port": {"type": "int", "required": True},
        "password": {"type": "str", "required": True, "no_log": True},
    }
    own = {
        "manifest": {"type": "str", "required": True},
        "source": {"type": "dict", "options": source},
        "database": {"type": "dict", "options": database},
    }
    module = AnsibleModule({**TENANT, **TENANT_SECRETS, **EVIDENCE, **own}, supports_check_mode=True)
    run(module, f"bring back the files of {module.params['tenant'].get('odoo_tenant')}", lambda: restore(module))


if __name__ == "__main__":
    main()
