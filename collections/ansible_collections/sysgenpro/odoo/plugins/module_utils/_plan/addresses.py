# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Addresses on a Docker host: a subnet for a tenant's bridge, an address for each container.

Addresses are fixed by us and not by Docker, because Traefik's files name them and a rebooted host must find them again.
"""

from __future__ import annotations

import hashlib
import ipaddress
import typing as t

from .._support.errors import OdooError

#: 32 addresses: the gateway, and twice the largest stack during a rollout.
SUBNET_PREFIX = 27


def choose_subnet(pool: str, taken: t.Iterable[str], key: str) -> str:
    """The subnet for ``key``: where its hash falls in the pool, or the next one that overlaps nothing in ``taken``.

    :raises OdooError: when the pool is exhausted.
    """
    network = ipaddress.ip_network(pool)
    used = [ipaddress.ip_network(subnet) for subnet in taken]
    used = [subnet for subnet in used if subnet.version == 4 and subnet.overlaps(network)]
    size = 2 ** (32 - SUBNET_PREFIX)
    count = network.num_addresses // size
    start = int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") % count
    for position in range(count):
        base = int(network.network_address) + (start + position) % count * size
        candidate = ipaddress.ip_network((base, SUBNET_PREFIX))
        if not any(candidate.overlaps(subnet) for subnet in used):
            return str(candidate)
    raise OdooError(
        f"No free subnet of /{SUBNET_PREFIX} in odoo_network_pool {pool}",
        hint="Choose a larger pool or decommission tenants",
    )


def free_addresses(subnet: str, used: t.Collection[str]) -> t.Iterator[str]:
    """Addresses of ``subnet`` for containers, lowest first, without the gateway and those in ``used``."""
    for address in list(ipaddress.ip_network(subnet).hosts())[1:]:
        if str(address) not in used:
            yield str(address)
