# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The placement policy as it is written in the inventory, its defaults and what is accepted."""

from __future__ import annotations

import typing as t

from . import conditions, residency
from .placement import CRITERIA, RESOURCES, Policy

#: Amounts of each section with their defaults. The least accepted is 0, the most is in MOST where there is one.
DEFAULTS: t.Mapping[str, t.Mapping[str, float]] = {
    "weights": {"headroom": 4, "cost": 3, "isolation": 1, "fit": 2, "recovery": 1, "stay": 1},
    "sizing": {
        # Odoo's own rule of thumb (manual, "System configuration", worker number calculation): 1 worker, 6 people.
        "people_per_worker": 6,
        "worker_seconds_per_transaction": 2,
        "cpu_seconds_per_transaction": 1,
        "utilisation": 0.7,
        "integrations_per_queue_worker": 4,
    },
    "limits": {"share": 0.5, "overcommit": 6, "tenants": 50, "rollouts": 1},
    "headroom": {"memory_mb": 0.1, "cpus": 0.2, "connections": 0.1, "storage_gb": 0.15},
    "prices": {"memory_gb": 6, "cpu": 25, "storage_gb": 0.3, "connection": 0.2, "dedicated": 1200, "typical": 500},
    "rebalance": {"gain": 0.1, "moves": 5},
}
MOST: t.Mapping[str, float] = {"utilisation": 1, "share": 1, **dict.fromkeys(RESOURCES, 0.95)}
#: What is divided by, or would accept nobody.
POSITIVE = (
    "people_per_worker",
    "worker_seconds_per_transaction",
    "utilisation",
    "share",
    "overcommit",
    "tenants",
    "typical",
)
REQUIRED = ("hosting_model", "tier", "region", "runtime", "environment", "place")


def problems(policy: t.Any) -> list[str]:
    """What is wrong with a policy, each text naming where, the value and what is accepted."""
    if not isinstance(policy, t.Mapping):
        return [f"placement_policy={policy!r}: must be a dictionary of rules, {', '.join(DEFAULTS)}"]
    found = [
        f"placement_policy.{name}: must be one of rules, {', '.join(DEFAULTS)}"
        for name in sorted(set(policy) - {"rules", *DEFAULTS})
    ]
    for section, defaults in DEFAULTS.items():
        found += _section(section, policy.get(section, {}), defaults)
    rules = policy.get("rules", [])
    if not isinstance(rules, (list, tuple)):
        return [*found, f"placement_policy.rules={rules!r}: must be a list"]
    for index, rule in enumerate(rules):
        found += _rule(rule, f"placement_policy.rules[{index}]")
    if not found and not sum(_merged(policy, "weights").values()):
        found.append(f"placement_policy.weights: one of {', '.join(CRITERIA)} must be more than 0")
    return found


def _section(section: str, given: t.Any, defaults: t.Mapping[str, float]) -> t.Iterator[str]:
    where = f"placement_policy.{section}"
    if not isinstance(given, t.Mapping):
        yield f"{where}={given!r}: must be a dictionary of {', '.join(defaults)}"
        return
    for name, value in given.items():
        most = MOST.get(name)
        if name not in defaults:
            yield f"{where}.{name}: must be one of {', '.join(defaults)}"
        elif not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value <= (most or 1e9):
            yield f"{where}.{name}={value!r}: must be a number from 0{f' to {most}' if most else ''}"
        elif name in POSITIVE and not value:
            yield f"{where}.{name}={value!r}: must be more than 0"


def _rule(rule: t.Any, where: str) -> list[str]:
    if not isinstance(rule, t.Mapping) or set(rule) != {"name", "when", "require"}:
        return [f"{where}: must have name, when and require, and nothing else"]
    return [
        *conditions.problems(rule["when"], residency.FACTS, f"{where}.when"),
        *conditions.problems(rule["require"], REQUIRED, f"{where}.require"),
    ]


def _merged(policy: t.Mapping[str, t.Any], section: str) -> dict[str, float]:
    return {**DEFAULTS[section], **policy.get(section, {})}


def parse(policy: t.Mapping[str, t.Any]) -> Policy:
    """The policy with its defaults; ``problems`` must have found nothing."""
    return Policy(rules=tuple(policy.get("rules", ())), **{section: _merged(policy, section) for section in DEFAULTS})
