# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What placement decides by: the policy, the places with what they can hold, and what one tenant takes of them. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from . import capacity, kubernetes, residency
from .classification import Classification, parse

if t.TYPE_CHECKING:
    from .tenant import Tenant

#: What is counted, and in which unit.
RESOURCES = ("memory_mb", "cpus", "connections", "storage_gb")
#: What a score is the weighted sum of; each criterion is from 0 (bad) to 1 (good).
CRITERIA = ("headroom", "cost", "isolation", "fit", "recovery", "stay")
Amounts = t.Mapping[str, float]


@dataclasses.dataclass(frozen=True)
class Unit:
    """Something that is filled by tenants: a runtime host, a node pool, a PostgreSQL cluster or an object store.

    ``reserved`` is kept for known peaks. A resource that ``capacity`` does not name is not what this unit holds.
    """

    name: str
    capacity: Amounts
    reserved: Amounts = dataclasses.field(default_factory=dict)
    dedicated: bool = False

    def usable(self, resource: str) -> float:
        return self.capacity[resource] - self.reserved.get(resource, 0)


@dataclasses.dataclass(frozen=True)
class Place:
    """A runtime host or a cluster. ``node_pools`` maps a class of workloads to the unit that holds it, on clusters only."""

    name: str
    region: str
    runtime: str
    hosting_model: str
    units: tuple[Unit, ...]
    node_pools: t.Mapping[str, str] = dataclasses.field(default_factory=dict)

    def unit_of(self, workload: str) -> str:
        return self.node_pools.get(kubernetes.WORKLOAD_CLASSES[workload], self.units[0].name)


@dataclasses.dataclass(frozen=True)
class Demand:
    """What a tenant takes, by unit and resource.

    ``surge_mb`` is the memory of what a rollout starts beside it, ``burst`` the processors its limits would let it use; both
    by unit.
    """

    takes: t.Mapping[str, Amounts]
    surge_mb: t.Mapping[str, float]
    burst: t.Mapping[str, float]

    def total(self, resource: str) -> float:
        return sum(amounts.get(resource, 0) for amounts in self.takes.values())


@dataclasses.dataclass(frozen=True)
class Offer:
    """What a tier's sizes serve: people at a time, transactions in an ordinary hour, integrations."""

    peak_concurrency: float
    transactions_per_hour: float
    integrations: float


@dataclasses.dataclass(frozen=True)
class Policy:
    """A policy in which ``problems`` (_model/placement_policy) found nothing."""

    rules: tuple[t.Mapping[str, t.Any], ...]
    weights: Amounts
    sizing: Amounts
    limits: Amounts
    headroom: Amounts
    prices: Amounts
    rebalance: Amounts


def classification(tenant: Tenant) -> Classification:
    return parse(tenant.classification)


def database_unit(tenant: Tenant) -> str:
    return f"postgresql/{tenant.region}/{tenant.postgresql_cluster}"


def store_unit(tenant: Tenant) -> str:
    return f"object_store/{tenant.region}"


def facts(tenant: Tenant) -> dict[str, t.Any]:
    """What a policy's rules may ask and require: the classification and the classifying variables."""
    return residency.facts(tenant)


def demand(tenant: Tenant, place: Place | None, policy: Policy) -> Demand:
    """Count what ``tenant`` takes: the model's own sizes, and the processors its transactions need.

    :param place: where its containers run; None where nobody counts that.
    """
    load = classification(tenant)
    takes: dict[str, dict[str, float]] = {
        database_unit(tenant): {"connections": capacity.connection_budget(tenant), "storage_gb": load.database_gb},
        store_unit(tenant): {"storage_gb": load.attachments_gb},
    }
    surge: dict[str, float] = {}
    burst: dict[str, float] = {}
    if place:
        _containers(tenant, place, takes, surge, burst)
        busy = load.transactions_per_hour * load.peak_factor * policy.sizing["cpu_seconds_per_transaction"] / 3600
        web = takes[place.unit_of("web")]
        web["cpus"] = max(web["cpus"], busy)
    return Demand(takes, surge, burst)


def _containers(
    tenant: Tenant,
    place: Place,
    takes: dict[str, dict[str, float]],
    surge: dict[str, float],
    burst: dict[str, float],
) -> None:
    clustered = tenant.runtime == "kubernetes"
    share = tenant.kubernetes_memory_request_percent / 100 if clustered else 1
    for workload in capacity.workloads(tenant):
        unit, memory = place.unit_of(workload.name), workload.memory_mb * share
        amounts = takes.setdefault(unit, {"memory_mb": 0, "cpus": 0})
        amounts["memory_mb"] += workload.maximum * memory
        amounts["cpus"] += workload.maximum * tenant.kubernetes_cpu_request
        burst[unit] = burst.get(unit, 0) + workload.maximum * tenant.cpus
        if workload.replaces == "blue_green":
            # On Docker the whole new set stands beside the old one, on Kubernetes one pod more.
            surge[unit] = surge.get(unit, 0) + (1 if clustered else workload.maximum) * memory


def offer(tenant: Tenant, policy: Policy) -> Offer:
    """What the tenant's sizes serve, by the policy's measures of one worker."""
    web = next(workload for workload in capacity.workloads(tenant) if workload.name == "web")
    workers = max(web.workers, 1) * web.maximum
    seconds = policy.sizing["worker_seconds_per_transaction"]
    queue = 1 if tenant.packing == "compact" else tenant.queue_workers
    return Offer(
        workers * policy.sizing["people_per_worker"],
        workers * policy.sizing["utilisation"] * 3600 / seconds / classification(tenant).peak_factor,
        queue * policy.sizing["integrations_per_queue_worker"],
    )


def cost(tenant: Tenant, wanted: Demand, policy: Policy) -> float:
    """Money of one month by the policy's prices: what is taken, and what is added for services of its own."""
    prices = policy.prices
    return (
        wanted.total("memory_mb") / 1024 * prices["memory_gb"]
        + wanted.total("cpus") * prices["cpu"]
        + wanted.total("storage_gb") * prices["storage_gb"]
        + wanted.total("connections") * prices["connection"]
        + (prices["dedicated"] if tenant.hosting_model == "dedicated" else 0)
    )
