# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: odoo_redis_user
short_description: Manage a tenant's user of a Redis service
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - Keeps one Redis ACL user that may run a short list of commands on the keys of one prefix, and nothing else.
  - The user is compared with C(ACL GETUSER) first; a user that is as it should be is not written.
  - A write resets the user (rules, passwords, selectors), sets it anew and saves the ACL file of the server.
  - Only the SHA-256 of O(password) is sent to the server.
attributes:
  check_mode:
    description: Predicts what would change and writes nothing.
    support: full
  diff_mode:
    description: Shows the user before and after; of a password only whether it changes.
    support: full
options:
  state:
    description: Whether the user exists.
    type: str
    choices: [present, absent]
    default: present
  name:
    description: Name of the user; not V(default) and not V(provisioner), which belong to the platform.
    type: str
    required: true
  password:
    description: The user's password. Required for O(state=present).
    type: str
  key_prefix:
    description:
      - Literal prefix of the keys the user may use, for example V(acme_production:).
      - Required for O(state=present).
    type: str
  commands:
    description:
      - Commands the user may run, lower case, a subcommand after a bar.
      - Commands that ACL key patterns do not restrict (for example V(scan), V(keys), V(randomkey), V(eval)) are refused.
      - The default is what the add-on C(sysgenpro_session_redis) sends.
    type: list
    elements: str
    default: [get, set, del, exists, expire, sadd, srem, smembers, watch, unwatch, multi, exec]
  login_host:
    description: Name or address of the server, as in its certificate.
    type: str
    required: true
  login_port:
    description: TLS port of the server.
    type: int
    default: 6379
  login_user:
    description: User that may manage ACLs.
    type: str
    default: provisioner
  login_password:
    description: Password of O(login_user).
    type: str
    required: true
  ca_file:
    description: PEM file of the authority that signed the server's certificate.
    type: path
    default: /etc/sysgenpro/ca.crt
  timeout:
    description: Seconds to wait for the connection and for each reply.
    type: float
    default: 10
"""

EXAMPLES = r"""
- name: Give a tenant its sessions
  sysgenpro.odoo.odoo_redis_user:
    name: acme_production
    password: "{{ lookup('sysgenpro.odoo.secret', 'acme_production/redis') }}"
    key_prefix: "acme_production:"
    login_host: 172.30.255.1
    login_password: "{{ lookup('sysgenpro.odoo.secret', 'redis/shared/provisioner') }}"

- name: Take them away
  sysgenpro.odoo.odoo_redis_user:
    name: acme_production
    state: absent
    login_host: 172.30.255.1
    login_password: "{{ lookup('sysgenpro.odoo.secret', 'redis/shared/provisioner') }}"
"""

RETURN = r"""
user:
  description: The user as observed after the run, as wished in check mode; null where there is none.
  type: dict
  returned: success
  contains:
    name:
      description: Its name.
      type: str
    enabled:
      description: Whether it may log in.
      type: bool
    passwords:
      description: Number of passwords.
      type: int
    commands:
      description: Commands it may run.
      type: list
      elements: str
    key_patterns:
      description: Key patterns it may use.
      type: list
      elements: str
    channels:
      description: Channels it may use.
      type: list
      elements: str
    extras:
      description: Rules and flags this module never sets.
      type: list
      elements: str
steps:
  description: What was done, in order, or would be in check mode.
  type: list
  elements: dict
  returned: success
  contains:
    action:
      description: V(set), V(delete) or V(save).
      type: str
    cause:
      description: Why.
      type: str
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters import redis_server
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge import redis_user as runner
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model import redis_user as model
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support import results

ARGUMENTS = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "name": {"type": "str", "required": True},
    "password": {"type": "str", "no_log": True},
    "key_prefix": {"type": "str", "no_log": False},
    "commands": {"type": "list", "elements": "str", "default": list(model.SESSION_COMMANDS)},
    "login_host": {"type": "str", "required": True},
    "login_port": {"type": "int", "default": 6379},
    "login_user": {"type": "str", "default": "provisioner"},
    "login_password": {"type": "str", "required": True, "no_log": True},
    "ca_file": {"type": "path", "default": "/etc/sysgenpro/ca.crt"},
    "timeout": {"type": "float", "default": 10},
}


def main() -> None:
    module = AnsibleModule(
        ARGUMENTS, supports_check_mode=True, required_if=[("state", "present", ["password", "key_prefix"])]
    )
    given = module.params

    def work() -> dict[str, object]:
        wanted = {key: given[key] for key in ("name", "password", "key_prefix", "commands")}
        desired = model.desired_user(**wanted) if given["state"] == "present" else None
        connection = redis_server.connect(
            host=given["login_host"],
            port=given["login_port"],
            ca_file=given["ca_file"],
            user=given["login_user"],
            password=given["login_password"],
            timeout=given["timeout"],
        )
        with connection as server:
            return runner.converge(server, model.check_name(given["name"]), desired, check_mode=module.check_mode)

    results.run(module, f"manage the Redis user {given['name']}", work)


if __name__ == "__main__":
    main()
