# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Data residency: no place that a tenant's data can reach lies outside of where its rules pin it to. Pure.

The flows of data are a graph. A tenant's data enters it at the nodes of the services it uses; every edge leads to where a
copy goes next. Every node of a location that is not accepted is reported with the path that leads to it.
"""

from __future__ import annotations

import dataclasses
import typing as t

from . import conditions, rules
from .classification import NAMES, parse

if t.TYPE_CHECKING:
    from .tenant import Tenant

#: What may be at a node; a rule speaks of all of them unless it names some.
KINDS = ("runtime", "database", "sessions", "attachments", "backup", "copy", "evidence", "logs", "mail")
UNKNOWN = "at a location nobody declares (name it in residency_locations, or give its host residency_location)"
FACTS = ("region", "environment", "tier", "hosting_model", "runtime", "place", *NAMES)


@dataclasses.dataclass(frozen=True)
class Node:
    """A place where data is. ``location`` is empty where nobody says it; ``text`` is how a path names the node."""

    name: str
    kind: str
    location: str
    text: str


@dataclasses.dataclass(frozen=True)
class Flows:
    """Everything data can reach: nodes by name, and for each the names of those a copy goes to from there."""

    nodes: t.Mapping[str, Node]
    edges: t.Mapping[str, tuple[str, ...]]

    def reached(self, entries: t.Iterable[str]) -> t.Iterator[tuple[Node, ...]]:
        """The shortest path to each node that can be reached, breadth first from ``entries``."""
        seen: set[str] = set()
        paths: list[tuple[Node, ...]] = [(self.nodes[name],) for name in entries if name in self.nodes]
        while paths:
            following: list[tuple[Node, ...]] = []
            for path in paths:
                if path[-1].name in seen:
                    continue
                seen.add(path[-1].name)
                yield path
                following += [(*path, self.nodes[name]) for name in self.edges.get(path[-1].name, ())]
            paths = following


@dataclasses.dataclass(frozen=True)
class Rule:
    """Binds the tenants for which ``when`` holds to ``locations``, for the data of ``kinds``."""

    name: str
    when: t.Mapping[str, t.Any]
    within: str
    locations: frozenset[str]
    kinds: frozenset[str]


def entries(tenant: Tenant) -> tuple[str, ...]:
    """Names of the nodes at which a tenant's data enters the graph."""
    return (
        f"place/{tenant.place}",
        f"postgresql/{tenant.region}/{tenant.postgresql_cluster}",
        f"redis/{tenant.region}/{tenant.redis_instance}",
        f"object_store/{tenant.region}/{tenant.object_store.get('endpoint')}",
        f"mail/{tenant.region}/{tenant.smtp_host}",
    )


def facts(tenant: Tenant) -> dict[str, t.Any]:
    """What rules may ask of a tenant."""
    of_tenant = ("region", "environment", "tier", "hosting_model", "runtime", "place")
    return {**{name: getattr(tenant, name) for name in of_tenant}, **parse(tenant.classification).facts()}


def policy_problems(policy: t.Any) -> list[str]:
    """What is wrong with a policy as it is written."""
    if not isinstance(policy, t.Mapping):
        return [f"residency_policy={policy!r}: must be a dictionary of areas and rules"]
    found = [
        f"residency_policy.{name}: must be one of areas, rules" for name in sorted(set(policy) - {"areas", "rules"})
    ]
    areas, written = policy.get("areas", {}), policy.get("rules", [])
    if not isinstance(areas, t.Mapping) or not all(isinstance(area, (list, tuple)) for area in areas.values()):
        found.append(f"residency_policy.areas={areas!r}: must be a dictionary of lists of locations")
    if not isinstance(written, (list, tuple)):
        return [*found, f"residency_policy.rules={written!r}: must be a list"]
    for index, rule in enumerate(written):
        found += _rule_problems(rule, f"residency_policy.rules[{index}]")
    return found


def _rule_problems(rule: t.Any, where: str) -> list[str]:
    known = {"name", "when", "within", "kinds"}
    if not isinstance(rule, t.Mapping) or set(rule) - known or not {"name", "within"} <= set(rule):
        return [f"{where}: must have name, within and nothing but when and kinds beside"]
    found = conditions.problems(rule.get("when", {}), FACTS, f"{where}.when")
    if not isinstance(rule["within"], str) or not rule["within"]:
        found.append(f"{where}.within={rule['within']!r}: must be the name of an area or of a location")
    kinds = rule.get("kinds", KINDS)
    if not isinstance(kinds, (list, tuple)) or not kinds or set(kinds) - set(KINDS):
        found.append(f"{where}.kinds={kinds!r}: must be a list of {', '.join(KINDS)}")
    return found


def parse_policy(policy: t.Mapping[str, t.Any]) -> tuple[Rule, ...]:
    """The rules of a policy in which ``policy_problems`` finds nothing; what is no area is a location by itself."""
    areas = policy.get("areas", {})
    return tuple(
        Rule(
            rule["name"],
            rule.get("when", {}),
            rule["within"],
            frozenset(areas.get(rule["within"], (rule["within"],))),
            frozenset(rule.get("kinds", KINDS)),
        )
        for rule in policy.get("rules", ())
    )


def binding(written: t.Iterable[Rule], tenant: Tenant) -> list[Rule]:
    """The rules that bind a tenant."""
    known = facts(tenant)
    return [rule for rule in written if conditions.holds(rule.when, known)]


class Residency:
    """The rules of a policy over the flows of an inventory; ``policy_problems`` must have found nothing."""

    def __init__(self, flows: Flows, policy: t.Mapping[str, t.Any]) -> None:
        self._flows = flows
        self._rules = parse_policy(policy)
        # Tenants of one place and the same services share their paths.
        self._paths: dict[tuple[str, ...], list[tuple[Node, ...]]] = {}

    def leaks(self, tenant: Tenant) -> list[str]:
        """Every way on which data of ``tenant`` leaves where a rule pins it to, one text a way."""
        bound = binding(self._rules, tenant)
        if not bound:
            return []
        starts = entries(tenant)
        if starts not in self._paths:
            self._paths[starts] = list(self._flows.reached(starts))
        return [text for path in self._paths[starts] for text in _leak(bound, path)]


def problems(tenants: t.Iterable[Tenant], flows: Flows, policy: t.Mapping[str, t.Any]) -> list[str]:
    """Every leak of every tenant, as texts that begin with its name, or what is wrong with the policy itself.

    :param policy: C(areas), sets of locations by name, and C(rules), each with C(name), C(when), C(within), C(kinds).
    """
    wrong = policy_problems(policy)
    if wrong:
        return sorted(wrong)
    residency = Residency(flows, policy)
    return sorted(f"{tenant.tenant}: {text}" for tenant in tenants for text in residency.leaks(tenant))


def _leak(bound: t.Sequence[Rule], path: tuple[Node, ...]) -> t.Iterator[str]:
    """The first rule that refuses where ``path`` ends; a copy behind a refused place is refused by itself."""
    last = path[-1]
    refusing = [rule for rule in bound if last.kind in rule.kinds and last.location not in rule.locations]
    for rule in refusing[:1]:
        way = " → ".join(node.text for node in path)
        where = f"in {last.location}" if last.location else UNKNOWN
        named = (
            rule.within if rule.locations == {rule.within} else f"{rule.within} ({', '.join(sorted(rule.locations))})"
        )
        yield f"{way} is {where}: residency rule {rule.name!r} keeps {last.kind} within {named}"


def locate(address: str, locations: t.Mapping[str, str]) -> str:
    """Location of a service that is no host of the inventory, by its name, its domain or its network; empty if unknown."""
    if address in locations:
        return locations[address]
    for known, location in sorted(locations.items(), key=lambda item: -len(item[0])):
        if known.startswith(".") and address.endswith(known):
            return location
        if rules.contains(known, address):
            return location
    return ""
