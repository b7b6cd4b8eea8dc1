# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a place declares that tenants may fill: its C(placement_capacity). Pure."""

from __future__ import annotations

import typing as t

from .kubernetes import WORKLOAD_CLASSES
from .placement import Place, Unit

if t.TYPE_CHECKING:
    from .tenant import Tenant

HOSTING_MODELS = ("shared", "dedicated")
CLASSES = tuple(sorted(set(WORKLOAD_CLASSES.values())))
AMOUNTS = ("memory_mb", "cpus")


def problems(declared: t.Any, runtime: str) -> list[str]:
    """What is wrong with a place's C(placement_capacity), each text with the variable, the value and what is accepted."""
    where = "placement_capacity"
    if not isinstance(declared, t.Mapping):
        return [f"{where}={declared!r}: must be a dictionary"]
    pooled = runtime == "kubernetes" and "node_pools" in declared
    known = {"hosting_model", "node_pools"} if pooled else {"hosting_model", "reserved", *AMOUNTS}
    found = [f"{where}.{name}: must be one of {', '.join(sorted(known))}" for name in sorted(set(declared) - known)]
    model = declared.get("hosting_model", "shared")
    if model not in HOSTING_MODELS:
        found.append(f"{where}.hosting_model={model!r}: must be one of {', '.join(HOSTING_MODELS)}")
    if not pooled:
        return found + _amounts(declared, where)
    pools = declared["node_pools"]
    if not isinstance(pools, t.Mapping) or set(pools) != set(CLASSES):
        return [*found, f"{where}.node_pools={pools!r}: must have {' and '.join(CLASSES)}, and nothing else"]
    for name, pool in pools.items():
        found += _amounts(pool, f"{where}.node_pools.{name}")
    return found


def _amounts(given: t.Any, where: str) -> list[str]:
    if not isinstance(given, t.Mapping):
        return [f"{where}={given!r}: must be a dictionary of {', '.join(AMOUNTS)} and reserved"]
    found = [f"{where}.{name} is required: a number" for name in AMOUNTS if name not in given]
    reserved = given.get("reserved", {})
    if not isinstance(reserved, t.Mapping) or set(reserved) - set(AMOUNTS):
        return [*found, f"{where}.reserved={reserved!r}: must be a dictionary of {', '.join(AMOUNTS)}"]
    for name in AMOUNTS:
        amount, kept = given.get(name, 1), reserved.get(name, 0)
        if not _number(amount) or amount <= 0:
            found.append(f"{where}.{name}={amount!r}: must be a number above 0")
        elif not _number(kept) or not 0 <= kept <= amount:
            found.append(f"{where}.reserved.{name}={kept!r}: must be a number from 0 to {amount:g}")
    return found


def _number(value: t.Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def parse(name: str, region: str, runtime: str, declared: t.Mapping[str, t.Any]) -> Place:
    """Make a place of what ``problems`` accepts."""
    model = declared.get("hosting_model", "shared")
    dedicated = model == "dedicated"
    if "node_pools" not in declared:
        return Place(name, region, runtime, model, (_unit(name, declared, dedicated),))
    pools = declared["node_pools"]
    units = tuple(_unit(f"{name}/{pool}", pools[pool], dedicated) for pool in sorted(pools))
    return Place(name, region, runtime, model, units, {pool: f"{name}/{pool}" for pool in sorted(pools)})


def _unit(name: str, given: t.Mapping[str, t.Any], dedicated: bool) -> Unit:
    return Unit(name, {key: given[key] for key in AMOUNTS}, dict(given.get("reserved", {})), dedicated)


def services(tenant: Tenant) -> t.Iterator[Unit]:
    """What the tenant's region offers of databases and object storage, as units; dedicated is what its own cluster is."""
    for name, cluster in tenant.postgresql_clusters.items():
        capacity: dict[str, float] = {"connections": cluster.max_connections}
        if cluster.storage_gb:
            capacity["storage_gb"] = cluster.storage_gb
        own = tenant.hosting_model == "dedicated" and name == tenant.postgresql_cluster
        yield Unit(
            f"postgresql/{tenant.region}/{name}", capacity, {"connections": cluster.reserved_connections}, dedicated=own
        )
    stored: dict[str, float] = {}
    if _number(tenant.object_store.get("storage_gb")):
        stored["storage_gb"] = tenant.object_store["storage_gb"]
    yield Unit(f"object_store/{tenant.region}", stored)
