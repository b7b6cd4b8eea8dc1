#!/usr/bin/python
# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: odoo_audit
short_description: Add a line to the audit trail of a host
version_added: 0.2.0
author: SysGenPro (@sysgenpro)
description:
  - Adds who did what to which tenant, and when, as one line of JSON to a file of the host. Each line has the SHA-256 of the one
    before, so that a line that was changed or taken out is noticed.
  - A line of the trail is no change of the tenant, so the module never reports one.
options:
  path:
    description: The file; it and its directory are made where they are missing.
    type: path
    default: /var/log/sysgenpro/audit.jsonl
  tenant:
    description: Name of the tenant.
    type: str
    required: true
  verb:
    description: What is done, the name of the playbook.
    type: str
    required: true
  who:
    description: Who does it, and from where.
    type: str
    required: true
  what:
    description: Particulars. No secret belongs here.
    type: dict
    default: {}
  statement:
    description:
      - A statement of SQL. The line has it without the texts between quotes, and the digest of the whole.
    type: str
  script:
    description: A program. The line has its digest and its size.
    type: str
attributes:
  check_mode:
    description: Adds no line in check mode.
    support: full
  diff_mode:
    description: The line is in the result.
    support: none
"""

EXAMPLES = r"""
- name: Say who reads the tenant's database
  sysgenpro.odoo.odoo_audit:
    tenant: acme_production
    verb: psql
    who: ada@controller
    statement: SELECT count(*) FROM sale_order
"""

RETURN = r"""
line:
  description: The line; without the digest of the one before in check mode.
  type: str
  returned: success
"""

import time

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters import audit
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render import audit as render
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.results import run


def append(module: AnsibleModule) -> dict[str, object]:
    given = module.params
    entry = {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        **{name: given[name] for name in ("tenant", "verb", "who", "what")},
    }
    if given["statement"] is not None:
        entry["statement"] = render.statement(given["statement"])
        entry["digest"] = render.digest(given["statement"])
    if given["script"] is not None:
        entry.update(digest=render.digest(given["script"]), bytes=len(given["script"].encode()))
    text = render.line(entry, "") if module.check_mode else audit.append(given["path"], entry)
    return {"changed": False, "line": text}


def main() -> None:
    spec = {
        "path": {"type": "path", "default": "/var/log/sysgenpro/audit.jsonl"},
        "tenant": {"type": "str", "required": True},
        "verb": {"type": "str", "required": True},
        "who": {"type": "str", "required": True},
        "what": {"type": "dict", "default": {}},
        "statement": {"type": "str", "no_log": True},
        "script": {"type": "str", "no_log": True},
    }
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    run(module, f"add to the audit trail {module.params['path']}", lambda: append(module))


if __name__ == "__main__":
    main()
