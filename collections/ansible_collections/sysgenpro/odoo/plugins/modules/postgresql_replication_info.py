# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: postgresql_replication_info
short_description: Read a PostgreSQL server's replication, slots, archiver and wraparound
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - Reads one server over one connection and names what is beyond the given bounds. Changes nothing.
  - Through HAProxy's primary port it reads the leader, at a member's own port that member.
requirements:
  - psycopg2
attributes:
  check_mode:
    description: Reads in check mode as well.
    support: full
  diff_mode:
    description: Nothing changes.
    support: none
options:
  login_host:
    description: Name or address of the server, as in its certificate.
    type: str
    required: true
  login_port:
    description: Port of the server.
    type: int
    default: 5432
  login_user:
    description: Role that reads; a member of C(pg_read_all_stats).
    type: str
    default: provisioner
  login_password:
    description: Password of O(login_user).
    type: str
    required: true
  login_db:
    description: Database to connect to.
    type: str
    default: postgres
  ca_file:
    description: PEM file of the authority that signed the server's certificate.
    type: path
    default: /etc/sysgenpro/ca.crt
  synchronous_standbys:
    description: How many synchronous standbys must stream; fewer are C(synchronous_standby_lost).
    type: int
    default: 1
  maximum_lag:
    description: Bytes a standby may be behind; more are C(replica_lagging).
    type: int
    default: 16777216
  slot_retained:
    description: Bytes of WAL that may be kept for a slot; more are C(slot_retains_wal).
    type: int
    default: 1073741824
  wraparound:
    description: Fraction of its transaction or multixact ids that a database may have used; more is C(wraparound_near).
    type: float
    default: 0.5
"""

EXAMPLES = r"""
- name: Read the leader's replication
  sysgenpro.odoo.postgresql_replication_info:
    login_host: 10.0.0.21
    login_port: 5500
    login_password: "{{ lookup('sysgenpro.odoo.secret', 'postgresql/shared/provisioner') }}"
  register: replication

- name: Fail where the synchronous standby is lost
  ansible.builtin.assert:
    that: "'synchronous_standby_lost' not in replication.conditions | map(attribute='name')"
"""

RETURN = r"""
conditions:
  description:
    - Everything beyond its bound, the gravest first.
    - Names are V(synchronous_standby_lost), V(wraparound_near), V(archiver_failing), V(slot_retains_wal),
      V(replica_lagging).
  type: list
  elements: dict
  returned: success
  contains:
    name:
      description: Name of the condition.
      type: str
    subject:
      description: The standby, slot or database it concerns.
      type: str
    text:
      description: What was seen and what is accepted.
      type: str
replication:
  description: What the server said.
  type: dict
  returned: success
  contains:
    in_recovery:
      description: Whether the server is a standby.
      type: bool
    standbys:
      description: Who streams from it, with lag in bytes and, while something is written, in seconds.
      type: list
      elements: dict
    synchronous_standbys:
      description: Names of the standbys a commit waits for.
      type: list
      elements: str
    synchronous_standby_names:
      description: The server's own setting.
      type: str
    slots:
      description: Its replication slots with the bytes of WAL kept for each.
      type: list
      elements: dict
    archiver:
      description: Whether WAL is archived, successes, failures, and seconds since the last of each.
      type: dict
    wraparound:
      description: Per database, the fractions of its transaction and multixact ids that are used up.
      type: list
      elements: dict
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters import postgresql, replication
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model import replication as model
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support import results

ARGUMENTS = {
    "login_host": {"type": "str", "required": True},
    "login_port": {"type": "int", "default": 5432},
    "login_user": {"type": "str", "default": postgresql.PROVISIONER},
    "login_password": {"type": "str", "required": True, "no_log": True},
    "login_db": {"type": "str", "default": "postgres"},
    "ca_file": {"type": "path", "default": "/etc/sysgenpro/ca.crt"},
    "synchronous_standbys": {"type": "int", "default": 1},
    "maximum_lag": {"type": "int", "default": 16777216},
    "slot_retained": {"type": "int", "default": 1073741824},
    "wraparound": {"type": "float", "default": 0.5},
}


def observe(given: dict[str, t.Any]) -> dict[str, t.Any]:
    """Read the server and judge it."""
    server = postgresql.Server(given["login_host"], given["login_port"], given["ca_file"])
    bounds = model.Bounds(
        given["synchronous_standbys"], given["maximum_lag"], given["slot_retained"], given["wraparound"]
    )
    login = {"user": given["login_user"], "password": given["login_password"], "database": given["login_db"]}
    with postgresql.connect(server, **login) as connection:
        seen = replication.observe(connection)
    found = [condition._asdict() for condition in model.conditions(seen, bounds)]
    return {"changed": False, "conditions": found, "replication": seen.public()}


def main() -> None:
    module = AnsibleModule(ARGUMENTS, supports_check_mode=True)
    verb = f"read the replication of {module.params['login_host']}:{module.params['login_port']}"
    results.run(module, verb, lambda: observe(module.params))


if __name__ == "__main__":
    main()
