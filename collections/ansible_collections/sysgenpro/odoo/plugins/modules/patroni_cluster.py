# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: patroni_cluster
short_description: Observe and operate a Patroni cluster through its REST interface
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - Reads members, roles, lag, timelines and pending restarts of a cluster, and names what is wrong with it.
  - Changes the dynamic configuration, moves the lead, restarts and reinitialises members, pauses and resumes the cluster.
    Whatever would be unsafe is refused before anything changes, with what was seen and what would be accepted.
  - Every change is waited for, and the result is what was observed after it.
  - Runs on a host that Patroni's allowlist accepts, usually a member's.
attributes:
  check_mode:
    description: Says which steps would be done, or why they are refused, and does none.
    support: full
  diff_mode:
    description: Shows the configuration, the leader or what waits for a restart, before and after.
    support: full
options:
  members:
    description:
      - Addresses of the members' REST interfaces, V(https://HOST:PORT). Any that answers speaks for the cluster.
      - An address at which the cluster knows no member is reported as C(member_down).
    type: list
    elements: str
    required: true
  state:
    description:
      - V(observed) changes nothing.
      - V(configured) merges O(configuration) into the dynamic configuration and waits until every member has read it.
      - V(switched_over) makes O(candidate) lead, or any other member than O(leader). It must stream, be on the leader's
        timeline, be at most O(maximum_lag) behind and, in synchronous mode, be a synchronous standby.
      - V(restarted) restarts O(member), or every member that waits for a restart, one by one, each streaming again before
        the next, the leader last. Where a parameter that standbys follow shrinks, for example C(max_connections), the
        leader restarts first and keeps the lead.
      - V(reinitialised) deletes the data of the replica O(member) and copies the leader's.
      - V(maintenance) pauses or resumes the cluster, as O(paused) says.
    type: str
    choices: [observed, configured, switched_over, restarted, reinitialised, maintenance]
    default: observed
  configuration:
    description: What to merge into the dynamic configuration; null removes a key. Required for O(state=configured).
    type: dict
  candidate:
    description: The member that leads in the end; the one least behind where unset.
    type: str
  leader:
    description:
      - The member that does not lead in the end.
      - Without it and O(candidate), whoever leads loses the lead, and the next run moves it again.
    type: str
  maximum_lag:
    description: Bytes a replica may be behind; the cluster's own C(maximum_lag_on_failover) where unset.
    type: int
  member:
    description:
      - The member to restart, whether it waits for it or not, or the one to reinitialise.
      - Required for O(state=reinitialised).
    type: str
  confirm:
    description: The name of O(member) again, for O(state=reinitialised).
    type: str
  switch_over:
    description: Move the lead away from a leader before it restarts. Otherwise writes wait for the restart.
    type: bool
    default: true
  paused:
    description: Whether the cluster is in maintenance mode. Required for O(state=maintenance).
    type: bool
  wait:
    description:
      - For V(observed) and V(configured), first wait until there is a leader and every member runs.
    type: bool
    default: false
  ca_file:
    description: PEM file of the authority that signed the members' certificates.
    type: path
    default: /etc/sysgenpro/ca.crt
  client_cert:
    description: PEM file with a client certificate and its key. Needed by whatever changes something.
    type: path
  user:
    description: User of the REST interface.
    type: str
    default: patroni
  password:
    description: Password of O(user). Needed by whatever changes something.
    type: str
  timeout:
    description: Seconds to wait for one change to be complete.
    type: float
    default: 300
  answer_timeout:
    description: Seconds to wait for a member's answer to a question. A member that hangs costs this each time it is asked.
    type: float
    default: 3
"""

EXAMPLES = r"""
- name: See the cluster
  sysgenpro.odoo.patroni_cluster:
    members: [https://10.0.0.11:8441, https://10.0.0.12:8441, https://10.0.0.13:8441]
  register: seen

- name: Fail where it is not healthy
  ansible.builtin.assert:
    that: seen.condition == 'healthy'
    fail_msg: "{{ seen.conditions | map(attribute='text') | join('; ') }}"

- name: Let db2 lead
  sysgenpro.odoo.patroni_cluster:
    members: [https://10.0.0.11:8441, https://10.0.0.12:8441, https://10.0.0.13:8441]
    client_cert: /etc/sysgenpro/db1/patroni/server.pem
    password: "{{ lookup('sysgenpro.odoo.secret', 'postgresql/shared/patroni') }}"
    state: switched_over
    candidate: db2

- name: Allow more connections
  sysgenpro.odoo.patroni_cluster:
    members: [https://10.0.0.11:8441, https://10.0.0.12:8441, https://10.0.0.13:8441]
    client_cert: /etc/sysgenpro/db1/patroni/server.pem
    password: "{{ lookup('sysgenpro.odoo.secret', 'postgresql/shared/patroni') }}"
    state: configured
    configuration:
      postgresql:
        parameters:
          max_connections: 300

- name: Restart whoever waits for it
  sysgenpro.odoo.patroni_cluster:
    members: [https://10.0.0.11:8441, https://10.0.0.12:8441, https://10.0.0.13:8441]
    client_cert: /etc/sysgenpro/db1/patroni/server.pem
    password: "{{ lookup('sysgenpro.odoo.secret', 'postgresql/shared/patroni') }}"
    state: restarted
"""

RETURN = r"""
condition:
  description:
    - The gravest condition, or V(healthy).
    - One of V(no_leader), V(dcs_unreachable), V(synchronous_standby_lost), V(member_down), V(timeline_diverged),
      V(replica_not_streaming), V(replica_lagging), V(paused), V(healthy).
  type: str
  returned: success
conditions:
  description: Everything that is not as it should be, the gravest first.
  type: list
  elements: dict
  returned: success
  contains:
    name:
      description: Name of the condition.
      type: str
    member:
      description: The member it concerns, empty for the whole cluster.
      type: str
    text:
      description: What was seen.
      type: str
cluster:
  description: The cluster as observed after the run.
  type: dict
  returned: success
  contains:
    scope:
      description: Name of the cluster.
      type: str
    leader:
      description: Name of the leader; null where there is none.
      type: str
    members:
      description: The members, each with name, role, state, address, timeline, lag in bytes, version, pending restart.
      type: list
      elements: dict
    silent:
      description: Addresses of O(members) at which the cluster knows no member.
      type: list
      elements: str
    synchronous:
      description: Whether a synchronous standby is due.
      type: bool
    synchronous_standbys:
      description: Names of the synchronous standbys.
      type: list
      elements: str
    paused:
      description: Whether the cluster is in maintenance mode.
      type: bool
    pending_restart:
      description: Names of the members that wait for a restart.
      type: list
      elements: str
configuration:
  description: The dynamic configuration as observed after the run.
  type: dict
  returned: success
gap:
  description: Seconds, to about a tenth, in which no member's server answered a query as a primary.
  type: float
  returned: when the lead was moved
steps:
  description: What was done, in order, or would be in check mode.
  type: list
  elements: dict
  returned: success
  contains:
    action:
      description: The call, for example V(switchover).
      type: str
    member:
      description: The member it concerns, empty for the whole cluster or where it is chosen when its turn comes.
      type: str
    cause:
      description: Why.
      type: str
"""

import typing as t

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters import patroni
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge.patroni import Runner
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support import results

STATES = ("observed", "configured", "switched_over", "restarted", "reinitialised", "maintenance")
ARGUMENTS = {
    "members": {"type": "list", "elements": "str", "required": True},
    "state": {"type": "str", "choices": list(STATES), "default": "observed"},
    "configuration": {"type": "dict"},
    "candidate": {"type": "str"},
    "leader": {"type": "str"},
    "maximum_lag": {"type": "int"},
    "member": {"type": "str"},
    "confirm": {"type": "str"},
    "switch_over": {"type": "bool", "default": True},
    "paused": {"type": "bool"},
    "wait": {"type": "bool", "default": False},
    "ca_file": {"type": "path", "default": "/etc/sysgenpro/ca.crt"},
    "client_cert": {"type": "path"},
    "user": {"type": "str", "default": "patroni"},
    "password": {"type": "str", "no_log": True},
    "timeout": {"type": "float", "default": 300},
    "answer_timeout": {"type": "float", "default": 3},
}
REQUIRED_IF = [
    ("state", "configured", ["configuration"]),
    ("state", "reinitialised", ["member", "confirm"]),
    ("state", "maintenance", ["paused"]),
]


def converge(given: dict[str, t.Any], *, check_mode: bool) -> dict[str, t.Any]:
    """Bring the cluster to the demanded state."""

    def endpoints() -> list[patroni.Endpoint]:
        return patroni.endpoints(
            given["members"],
            ca_file=given["ca_file"],
            client_cert=given["client_cert"],
            user=given["user"],
            password=given["password"],
            timeout=given["answer_timeout"],
        )

    runner = Runner(
        patroni.Cluster(endpoints()),
        timeout=given["timeout"],
        check_mode=check_mode,
        maximum_lag=given["maximum_lag"],
        watch=lambda: patroni.Watch(endpoints()),
    )
    verbs: dict[str, t.Callable[[], dict[str, t.Any]]] = {
        "observed": lambda: runner.observed(wait=given["wait"]),
        "configured": lambda: runner.configured(given["configuration"], wait=given["wait"]),
        "switched_over": lambda: runner.switched_over(candidate=given["candidate"], leader=given["leader"]),
        "restarted": lambda: runner.restarted(member=given["member"], switch_over=given["switch_over"]),
        "reinitialised": lambda: runner.reinitialised(member=given["member"], confirm=given["confirm"]),
        "maintenance": lambda: runner.maintenance(paused=given["paused"]),
    }
    return verbs[given["state"]]()


def main() -> None:
    module = AnsibleModule(ARGUMENTS, supports_check_mode=True, required_if=REQUIRED_IF)
    verb = f"bring the Patroni cluster to the state {module.params['state']}"
    results.run(module, verb, lambda: converge(module.params, check_mode=module.check_mode))


if __name__ == "__main__":
    main()
