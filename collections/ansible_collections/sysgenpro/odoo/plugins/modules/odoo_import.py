#!/usr/bin/python
# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: odoo_import
short_description: Fill a tenant's database with an Odoo backup
version_added: 0.2.0
author: SysGenPro (@sysgenpro)
description:
  - Loads a backup beside the tenant's database, takes the files of its attachments in, and then changes the names. What was there
    is kept aside, closed.
  - Users, passwords and keys stay as they came; only the address of the database is the tenant's.
  - Nothing is changed where the backup is of another series, is damaged, or lacks files. A backup is adopted once.
  - The tenant must not work on its database meanwhile. The role's entry point C(import) does what belongs before and after it.
requirements:
  - psycopg2 and Docker Engine on the host the module runs on
extends_documentation_fragment:
  - sysgenpro.odoo.tenant
  - sysgenpro.odoo.tenant_passwords
options:
  state:
    description: V(ready) gives the user of health checks its password and key, once Odoo has it.
    type: str
    choices: [present, ready]
    default: present
  image:
    description: Image of the component C(postgresql), whose programs load.
    type: str
    required: true
  source:
    description:
      - The backup on the host. A zip of Odoo's database manager (C(dump.sql), C(filestore/)), an archive of the playbook
        C(export_tenant), or a dump in PostgreSQL's custom format.
    type: path
    required: true
  filestore:
    description: Folder on the host with the files of the attachments, where the backup has none.
    type: path
    default: ''
  aside:
    description: Name for the former database.
    type: str
    required: true
  path:
    description: Directory on the host with room for the backup unpacked.
    type: path
    default: /var/lib/sysgenpro/restores
  tolerate_missing:
    description: Adopt a backup some of whose attachments have no file; they stay without content.
    type: bool
    default: false
attributes:
  check_mode:
    description: Says whether the database would be replaced.
    support: full
  diff_mode:
    description: The result names the former database instead.
    support: none
"""

EXAMPLES = r"""
- name: Adopt a backup
  sysgenpro.odoo.odoo_import:
    tenant: "{{ lookup('sysgenpro.odoo.tenant') }}"
    passwords: "{{ tenant_passwords }}"
    image: "{{ lookup('sysgenpro.odoo.image', 'postgresql') }}"
    source: /srv/backup.zip
    aside: acme_staging__20260131120000
"""

RETURN = r"""
former:
  description: Name of the database that was replaced; null where there was none or nothing changed.
  type: str
  returned: when state is present
origin:
  description: SHA-256 of the backup.
  type: str
  returned: when state is present
attachments:
  description: Number of attachments whose files were taken in.
  type: int
  returned: when it was adopted
modules:
  description: Number of modules that are installed in it.
  type: int
  returned: when it was adopted
"""

import re

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters.docker_engine import DockerEngine
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge.adopt import Adoption
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge.database import Passwords, TenantDatabase
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge.one_off import Containers
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import parse
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.arguments import TENANT, TENANT_PASSWORDS
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.results import run


def adopt(module: AnsibleModule) -> dict[str, object]:
    given = module.params
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", given["aside"]):
        raise OdooError(f"aside={given['aside']!r} is no database name", hint="Use a-z, 0-9 and _")
    tenant = parse(given["tenant"], host=str(given["tenant"].get("odoo_tenant")))
    if tenant.runtime != "docker":
        raise OdooError("A tenant on Kubernetes cannot adopt a backup yet", hint="Adopt it on Docker, then relocate it")
    database = TenantDatabase(Containers(DockerEngine(timeout=7200)), tenant, Passwords(**given["passwords"]))
    options = ("image", "source", "filestore", "aside", "path", "tolerate_missing")
    adoption = Adoption(database, **{name: given[name] for name in options})
    if given["state"] == "present":
        return adoption.present(check=module.check_mode)
    return {"changed": True} if module.check_mode else adoption.ready()


def main() -> None:
    own = {
        "state": {"type": "str", "choices": ["present", "ready"], "default": "present"},
        "image": {"type": "str", "required": True},
        "source": {"type": "path", "required": True},
        "filestore": {"type": "path", "default": ""},
        "aside": {"type": "str", "required": True},
        "path": {"type": "path", "default": "/var/lib/sysgenpro/restores"},
        "tolerate_missing": {"type": "bool", "default": False},
    }
    module = AnsibleModule(argument_spec={**TENANT, **TENANT_PASSWORDS, **own}, supports_check_mode=True)
    run(module, f"adopt {module.params['source']}", lambda: adopt(module))


if __name__ == "__main__":
    main()
