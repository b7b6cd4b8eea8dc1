# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: drill_network
short_description: Names and addresses of a drill's network
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - Each name has its own sixteen addresses of the pool, as far as they go, and a bridge whose name the packet filter of the
    role C(docker_host) knows by its beginning.
positional: pool
options:
  _input:
    description: Whose drill it is.
    type: str
    required: true
  pool:
    description: An IPv4 network of at most /28.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Show where a drill would be
  ansible.builtin.debug:
    msg: "{{ 'acme_production' | sysgenpro.odoo.drill_network('10.214.0.0/16') }}"
"""

RETURN = r"""
_value:
  description: C(bridge), C(subnet), C(gateway), and the addresses of C(database) and C(odoo).
  type: dict
"""

import hashlib
import ipaddress
import typing as t

from ansible.errors import AnsibleFilterError

PREFIX = 28
#: The packet filter refuses everything but the object storage to interfaces of this beginning.
BRIDGE = "drill-"


def drill_network(name: str, pool: str) -> dict[str, str]:
    try:
        network = ipaddress.IPv4Network(pool)
        count = network.num_addresses >> (32 - PREFIX)
        if count < 1:
            raise ValueError(f"{pool} is smaller than /{PREFIX}")
    except ValueError as error:
        raise AnsibleFilterError(f"drill_network: {error}") from error
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big")
    subnet = ipaddress.IPv4Network((int(network.network_address) + number % count * 2 ** (32 - PREFIX), PREFIX))
    return {
        # An interface's name has 15 characters at most.
        "bridge": f"{BRIDGE}{hashlib.sha256(name.encode()).hexdigest()[:8]}",
        "subnet": str(subnet),
        "gateway": str(subnet[1]),
        "database": str(subnet[4]),
        "odoo": str(subnet[5]),
    }


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"drill_network": drill_network}
