#!/usr/bin/python
# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: odoo_export
short_description: Write a tenant's database and attachments to a directory
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - Dumps the database in PostgreSQL's custom format and copies every attachment the database names out of object storage.
  - Checksums are written last and verified afterwards; an export that was not finished is begun again.
  - On Docker the directory is readable by root and by Odoo's user alone.
  - On Kubernetes a Job exports, and what it wrote comes through the tenant's own bucket to the host the module runs on, usually the
    controller, and is removed from the bucket. The directory is readable by its owner alone.
requirements:
  - Docker Engine on the host the module runs on or, for a tenant on Kubernetes, a kubeconfig and PyYAML
extends_documentation_fragment:
  - sysgenpro.odoo.tenant
  - sysgenpro.odoo.tenant_secrets
options:
  path:
    description: Directory to write, on the host the module runs on. A finished export is verified and left as it is.
    type: path
    required: true
  archive:
    description: Also make one file of it, O(path) with C(.tar.gz), readable by root alone.
    type: bool
    default: false
attributes:
  check_mode:
    description: Says whether the export would be made.
    support: full
  diff_mode:
    description: An export has no earlier state to compare with.
    support: none
"""

EXAMPLES = r"""
- name: Keep what a tenant has before it goes
  sysgenpro.odoo.odoo_export:
    tenant: "{{ lookup('sysgenpro.odoo.tenant') }}"
    path: /var/lib/sysgenpro/exports/acme_production-20260131T120000Z
    secrets:
      database: "{{ lookup('sysgenpro.odoo.secret', 'acme_production/database') }}"
      redis: "{{ lookup('sysgenpro.odoo.secret', 'acme_production/redis') }}"
      s3_access_key: "{{ lookup('sysgenpro.odoo.secret', 'acme_production/s3_access_key') }}"
      s3_secret_key: "{{ lookup('sysgenpro.odoo.secret', 'acme_production/s3_secret_key') }}"
      master: "{{ lookup('sysgenpro.odoo.secret', 'acme_production/master') }}"
"""

RETURN = r"""
path:
  description: The directory.
  type: str
  returned: success
archive:
  description: The one file of it.
  type: str
  returned: when O(archive)
files:
  description: Number of files whose checksums were verified.
  type: int
  returned: when not in check mode
bytes:
  description: Their size.
  type: int
  returned: when not in check mode
"""

from pathlib import Path

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge.export import archive, export
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge.runners import runner
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.secrets import parse_secrets
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import parse
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render.export import SUMS
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.arguments import TENANT, TENANT_SECRETS
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.results import run


def converge(module: AnsibleModule) -> dict[str, object]:
    given = module.params
    host = str(given["tenant"].get("odoo_tenant"))
    tenant, secrets = parse(given["tenant"], host=host), parse_secrets(given["secrets"], host=host)
    done = (Path(given["path"]) / SUMS).exists()
    if module.check_mode:
        return {"changed": not done, "path": given["path"]}
    result = {"changed": not done, **export(runner(tenant, timeout=3600), tenant, secrets, given["path"])}
    return {**result, "archive": archive(given["path"])} if given["archive"] else result


def main() -> None:
    path = {"path": {"type": "path", "required": True}, "archive": {"type": "bool", "default": False}}
    module = AnsibleModule(argument_spec={**TENANT, **TENANT_SECRETS, **path}, supports_check_mode=True)
    run(module, f"export {module.params['tenant'].get('odoo_tenant')}", lambda: converge(module))


if __name__ == "__main__":
    main()
