#!/usr/bin/python
# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: odoo_restore
short_description: Bring a restored database of a tenant home to its own cluster
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - Copies the tenant's database from a server that M(sysgenpro.odoo.postgresql_restore) made into the tenant's own cluster, by
    dump and restore, under another name; then changes the names.
  - The former database is kept aside, closed. Neighbours in the cluster are not touched.
  - The tenant must not write to the restored server meanwhile; stop its stack first.
  - A run that was cut off is finished by the next; a copy that is complete is not made again.
requirements:
  - psycopg2 and Docker Engine on the host the module runs on
extends_documentation_fragment:
  - sysgenpro.odoo.tenant
  - sysgenpro.odoo.tenant_passwords
options:
  image:
    description: Image of the component C(postgresql), whose programs copy.
    type: str
    required: true
  source:
    description: The database to copy.
    type: dict
    required: true
    suboptions:
      host:
        description: Address of the restored server.
        type: str
        required: true
      port:
        description: Port of the restored server.
        type: int
        required: true
      database:
        description: Name of the database there.
        type: str
        required: true
      user:
        description: Role that owns its tables.
        type: str
        required: true
      password:
        description: Password of the role.
        type: str
        required: true
  origin:
    description: C(id) that M(sysgenpro.odoo.postgresql_restore) returned. A database that came from there is home.
    type: str
    required: true
  aside:
    description: Name for the former database.
    type: str
    required: true
  renew:
    description:
      - Give the copy secrets, tokens, users' passwords and an address of its own, as a clone gets. For a tenant that is put
        beside the one it comes from.
    type: bool
    default: false
  path:
    description: Directory on the host with room for a dump.
    type: path
    default: /var/lib/sysgenpro/restores
attributes:
  check_mode:
    description: Says whether the database would be replaced.
    support: full
  diff_mode:
    description: The result names the former database instead.
    support: none
"""

EXAMPLES = r"""
- name: Bring the restored database home
  sysgenpro.odoo.odoo_restore:
    tenant: "{{ lookup('sysgenpro.odoo.tenant') }}"
    image: "{{ lookup('sysgenpro.odoo.image', 'postgresql') }}"
    source:
      host: 10.0.0.21
      port: 5600
      database: acme_production
      user: acme_production
      password: "{{ lookup('sysgenpro.odoo.secret', 'acme_production/database') }}"
    origin: 6b1d8a4f5f3c
    aside: acme_production__20260131
    passwords:
      provisioner: "{{ lookup('sysgenpro.odoo.secret', 'postgresql/shared/provisioner') }}"
      database: "{{ lookup('sysgenpro.odoo.secret', 'acme_production/database') }}"
      admin: "{{ lookup('sysgenpro.odoo.secret', 'acme_production/admin') }}"
      health: "{{ lookup('sysgenpro.odoo.secret', 'acme_production/health') }}"
      health_key: "{{ lookup('sysgenpro.odoo.secret', 'acme_production/health_key') }}"
      reporting: "{{ lookup('sysgenpro.odoo.secret', 'acme_production/reporting') }}"
"""

RETURN = r"""
former:
  description: Name of the database that was replaced; null where there was none or nothing changed.
  type: str
  returned: success
"""

import re

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters.docker_engine import DockerEngine
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters.postgresql import Server
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge.database import Passwords, TenantDatabase
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge.home import Homecoming
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge.one_off import Containers
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import parse
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render.home import Source
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.arguments import TENANT, TENANT_PASSWORDS
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.results import run


def restore(module: AnsibleModule) -> dict[str, object]:
    given = module.params
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", given["aside"]):
        raise OdooError(f"aside={given['aside']!r} is no database name", hint="Use a-z, 0-9 and _")
    tenant = parse(given["tenant"], host=str(given["tenant"].get("odoo_tenant")))
    source = Source(**given["source"])
    home = Homecoming(
        TenantDatabase(Containers(DockerEngine(timeout=7200)), tenant, Passwords(**given["passwords"])),
        Server(source.host, source.port, tenant.ca_file),
        source,
        **{name: given[name] for name in ("image", "origin", "aside", "path", "renew")},
    )
    return home.present(check=module.check_mode)


def main() -> None:
    text = {"type": "str", "required": True}
    source: dict[str, object] = dict.fromkeys(("host", "database", "user"), text)
    source |= {"port": {"type": "int", "required": True}, "password": {**text, "no_log": True}}
    own = {
        **dict.fromkeys(("image", "origin", "aside"), text),
        "source": {"type": "dict", "required": True, "options": source},
        "path": {"type": "path", "default": "/var/lib/sysgenpro/restores"},
        "renew": {"type": "bool", "default": False},
    }
    module = AnsibleModule(argument_spec={**TENANT, **TENANT_PASSWORDS, **own}, supports_check_mode=True)
    run(module, f"bring {module.params['tenant'].get('odoo_tenant')} home", lambda: restore(module))


if __name__ == "__main__":
    main()
