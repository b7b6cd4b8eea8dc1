# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a tenant is to live: every candidate judged by hard rules, counted capacity and one weighted sum. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from .._model import conditions, placement

if t.TYPE_CHECKING:
    from .._model.placement import Demand, Place, Policy, Unit
    from .._model.residency import Residency
    from .._model.tenant import Tenant

#: Decimals of a score: more would tell candidates apart that are not.
DECIMALS = 4


@dataclasses.dataclass(frozen=True)
class World:
    """What there is: places, everything that is filled, who lives where, and where data flows."""

    places: t.Mapping[str, Place]
    units: t.Mapping[str, Unit]
    tenants: tuple[Tenant, ...]
    residency: Residency


@dataclasses.dataclass(frozen=True)
class Candidate:
    """One way to host a tenant: what the inventory would make of it there, or why it cannot.

    ``declares`` are the variables that the tenant's own file would have.
    """

    place: str
    tier: str
    postgresql_cluster: str
    tenant: Tenant | None
    problems: tuple[str, ...] = ()
    declares: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)

    @property
    def name(self) -> str:
        """How texts name it."""
        return ", ".join(word for word in (self.place, self.tier, self.postgresql_cluster) if word)


@dataclasses.dataclass(frozen=True)
class Verdict:
    """A candidate, accepted with a score from 0 to 1, or refused; ``reasons`` say why in either case."""

    candidate: Candidate
    reasons: tuple[str, ...]
    accepted: bool
    score: float = 0.0
    criteria: t.Mapping[str, float] = dataclasses.field(default_factory=dict)
    cost: float = 0.0
    node_pools: t.Mapping[str, str] = dataclasses.field(default_factory=dict)

    def public(self) -> dict[str, t.Any]:
        tenant, candidate = self.candidate.tenant, self.candidate
        names = ("region", "hosting_model", "runtime", "redis_instance")
        return {
            "place": candidate.place,
            "tier": candidate.tier,
            "postgresql_cluster": candidate.postgresql_cluster,
            **{name: getattr(tenant, name) if tenant else "" for name in names},
            "node_pools": dict(self.node_pools),
            "accepted": self.accepted,
            "score": self.score,
            "criteria": dict(self.criteria),
            "cost": round(self.cost, 2),
            "reasons": list(self.reasons),
        }


class Usage:
    """What tenants take of every unit, and who they are."""

    def __init__(self, world: World, policy: Policy) -> None:
        self.world, self.policy = world, policy
        self._demands: dict[str, Demand] = {}
        self._of_unit: dict[str, dict[str, Demand]] = {}
        self._totals: dict[str, dict[str, float]] = {}
        for tenant in world.tenants:
            self.put(tenant)

    def put(self, tenant: Tenant) -> None:
        """Count ``tenant`` where it says it lives, and no longer where it was."""
        name = tenant.tenant
        former = self._demands.get(name)
        wanted = placement.demand(tenant, self.world.places.get(tenant.place), self.policy)
        for unit in former.takes if former else ():
            del self._of_unit[unit][name]
            self._totals.pop(unit, None)
        for unit in wanted.takes:
            self._of_unit.setdefault(unit, {})[name] = wanted
            self._totals.pop(unit, None)
        self._demands[name] = wanted

    def others(self, unit: str, name: str) -> list[str]:
        """Who takes something of ``unit`` beside ``name``."""
        return sorted(other for other in self._of_unit.get(unit, {}) if other != name)

    def taken(self, unit: str, resource: str, name: str) -> float:
        """What all but ``name`` take; C(burst) is a resource here too."""
        own = self._of_unit.get(unit, {}).get(name)
        return round(self._total(unit).get(resource, 0) - (_amount(own, unit, resource) if own else 0), 6)

    def rollout(self, unit: str, name: str, surge: float) -> float:
        """Memory of the greatest rollouts that may go on at a time, where that of ``name`` starts ``surge``."""
        beside = (
            demand.surge_mb.get(unit, 0) for other, demand in self._of_unit.get(unit, {}).items() if other != name
        )
        return sum(sorted([surge, *beside], reverse=True)[: int(self.policy.limits["rollouts"])])

    def _total(self, unit: str) -> dict[str, float]:
        if unit not in self._totals:
            demands = self._of_unit.get(unit, {}).values()
            resources = (*placement.RESOURCES, "burst")
            self._totals[unit] = {name: sum(_amount(demand, unit, name) for demand in demands) for name in resources}
        return self._totals[unit]


def _amount(demand: Demand, unit: str, resource: str) -> float:
    if resource == "burst":
        return demand.burst.get(unit, 0)
    return demand.takes.get(unit, {}).get(resource, 0)


def decide(candidates: t.Iterable[Candidate], usage: Usage, *, current: str = "") -> list[Verdict]:
    """Judge all candidates; the accepted first, the best first, and of equal ones the first by name.

    :param current: the place where the tenant lives, which the criterion C(stay) favours.
    """
    verdicts = [judge(candidate, usage, current=current) for candidate in candidates]
    return sorted(
        verdicts,
        key=lambda verdict: (
            not verdict.accepted,
            -verdict.score,
            verdict.candidate.place,
            verdict.candidate.tier,
            verdict.candidate.postgresql_cluster,
        ),
    )


def judge(candidate: Candidate, usage: Usage, *, current: str = "") -> Verdict:
    tenant = candidate.tenant
    if tenant is None:
        return Verdict(candidate, candidate.problems, accepted=False)
    place = usage.world.places[candidate.place]
    wanted = placement.demand(tenant, place, usage.policy)
    money = placement.cost(tenant, wanted, usage.policy)
    refusals = [*candidate.problems, *_rules(tenant, place, usage), *_promises(tenant, money, usage.policy)]
    refusals += _counted(tenant, wanted, usage)
    pools = place.node_pools
    if refusals:
        return Verdict(candidate, tuple(refusals), accepted=False, cost=money, node_pools=pools)
    criteria = _criteria(tenant, wanted, money, usage, current)
    weights = usage.policy.weights
    score = sum(weights[name] * value for name, value in criteria.items()) / sum(weights.values())
    reasons = tuple(f"{name} {value:.2f}, weight {weights[name]:g}" for name, value in criteria.items())
    return Verdict(candidate, reasons, True, round(score, DECIMALS), criteria, money, pools)


def _rules(tenant: Tenant, place: Place, usage: Usage) -> t.Iterator[str]:
    """The policy's hard rules, the hosting model and residency."""
    known = placement.facts(tenant)
    for rule in usage.policy.rules:
        if conditions.holds(rule["when"], known):
            yield from (f"{text} (rule {rule['name']!r})" for text in conditions.unmet(rule["require"], known))
    if tenant.hosting_model != place.hosting_model:
        yield f"{place.name} takes {place.hosting_model} tenants, not {tenant.hosting_model} ones"
    if tenant.region != place.region:
        yield f"{place.name} is in region {place.region}, not in {tenant.region}"
    yield from usage.world.residency.leaks(tenant)


def _promises(tenant: Tenant, money: float, policy: Policy) -> t.Iterator[str]:
    """What the tier serves and promises against what the classification asks for."""
    asked, offer = placement.classification(tenant), placement.offer(tenant, policy)
    for name in ("peak_concurrency", "transactions_per_hour", "integrations"):
        if getattr(asked, name) > getattr(offer, name):
            yield f"{name}={getattr(asked, name)}: tier {tenant.tier} serves {getattr(offer, name):g}"
    for name in ("recovery_point_objective", "recovery_time_objective"):
        wanted, promised = getattr(asked, name), getattr(tenant, name)
        if wanted and promised > wanted:
            yield f"{name}={wanted} s: tier {tenant.tier} promises {promised} s"
    if asked.budget and money > asked.budget:
        yield f"budget={asked.budget}: a month costs {money:.0f}"


def _counted(tenant: Tenant, wanted: Demand, usage: Usage) -> t.Iterator[str]:
    for name, amounts in wanted.takes.items():
        unit = usage.world.units.get(name)
        missing = [resource for resource in amounts if unit is None or resource not in unit.capacity]
        if unit is None or missing:
            yield f"{name}: {', '.join(missing)} is not declared, so it cannot be counted"
            continue
        others = usage.others(name, tenant.tenant)
        if unit.dedicated and others:
            yield f"{name} is dedicated to {', '.join(others)}"
        yield from _amounts(tenant, wanted, unit, usage)
        if not unit.dedicated and name in wanted.burst:
            yield from _neighbours(wanted.burst[name], unit, len(others), usage, tenant.tenant)


def _amounts(tenant: Tenant, wanted: Demand, unit: Unit, usage: Usage) -> t.Iterator[str]:
    most = usage.policy.limits["share"]
    for resource, amount in wanted.takes[unit.name].items():
        used, usable = usage.taken(unit.name, resource, tenant.tenant), unit.usable(resource)
        # A unit of one tenant keeps nothing free for neighbours.
        kept = 0 if unit.dedicated else usage.policy.headroom[resource] * unit.capacity[resource]
        surge = wanted.surge_mb.get(unit.name, 0)
        rollout = usage.rollout(unit.name, tenant.tenant, surge) if resource == "memory_mb" else 0
        if used + amount + kept + rollout > usable:
            beside = f", {rollout:g} for a rollout" if rollout else ""
            yield (
                f"{unit.name}: {resource}: {amount:g} wanted, {used:g} of {usable:g} taken, {kept:g} kept as headroom{beside}"
            )
        elif not unit.dedicated and amount > most * usable:
            yield f"{unit.name}: {resource}: {amount:g} wanted, one tenant may take {most * usable:g} of {usable:g}"


def _neighbours(burst: float, unit: Unit, others: int, usage: Usage, name: str) -> t.Iterator[str]:
    """How many tenants, and how much more than there is their limits would let them take together."""
    limits = usage.policy.limits
    if others + 1 > limits["tenants"]:
        yield f"{unit.name}: {others} tenants live there, {limits['tenants']:g} may"
    together, most = burst + usage.taken(unit.name, "burst", name), limits["overcommit"] * unit.usable("cpus")
    if together > most:
        yield f"{unit.name}: limits would let tenants use {together:g} processors, {most:g} may be promised"


def _criteria(tenant: Tenant, wanted: Demand, money: float, usage: Usage, current: str) -> dict[str, float]:
    asked, offer = placement.classification(tenant), placement.offer(tenant, usage.policy)
    shares = [getattr(asked, name) / getattr(offer, name) for name in vars(offer) if getattr(offer, name)]
    objective = asked.recovery_time_objective
    typical = usage.policy.prices["typical"]
    return {
        "headroom": _headroom(tenant, wanted, usage),
        "cost": max(0.0, 1 - money / asked.budget) if asked.budget else typical / (typical + money),
        "isolation": _isolation(tenant, wanted, usage),
        "fit": min(1.0, max(shares, default=0.0)),
        "recovery": 1 - tenant.recovery_time_objective / objective if objective else 0.0,
        "stay": 1.0 if current and tenant.place == current else 0.0,
    }


def _headroom(tenant: Tenant, wanted: Demand, usage: Usage) -> float:
    """The share that is left of a unit's scarcest resource when the tenant lives there, on average of its units."""
    left = [min(_free(usage.world.units[name], wanted, usage, tenant.tenant)) for name in wanted.takes]
    return sum(left) / len(left)


def _free(unit: Unit, wanted: Demand, usage: Usage, name: str) -> t.Iterator[float]:
    for resource, amount in wanted.takes[unit.name].items():
        usable = unit.usable(resource)
        yield max(0.0, 1 - (usage.taken(unit.name, resource, name) + amount) / usable) if usable > 0 else 0.0


def _isolation(tenant: Tenant, wanted: Demand, usage: Usage) -> float:
    if tenant.hosting_model == "dedicated":
        return 1.0
    neighbours = max(len(usage.others(name, tenant.tenant)) for name in wanted.burst)
    return max(0.0, 1 - neighbours / usage.policy.limits["tenants"])
