# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is known of a workload before it is placed: the classification of a tenant."""

from __future__ import annotations

import dataclasses
import re
import typing as t

CUSTOMISATION = ("low", "medium", "high")


@dataclasses.dataclass(frozen=True)
class Classification:
    """A workload. Zero as an objective or as the budget means that nothing is asked for.

    Objectives are in seconds, the budget is the money of one month in the currency of the policy's prices, and
    ``peak_factor`` is the load of the busiest hour over that of an ordinary one.
    """

    transactions_per_hour: int = 100
    peak_concurrency: int = 5
    integrations: int = 0
    customisation: str = "low"
    compliance: tuple[str, ...] = ()
    recovery_point_objective: int = 0
    recovery_time_objective: int = 0
    budget: int = 0
    database_gb: int = 10
    attachments_gb: int = 10
    peak_factor: int = 2

    def facts(self) -> dict[str, t.Any]:
        return dataclasses.asdict(self)


#: Bounds of the numbers; the least is also the type: all are whole.
BOUNDS: t.Mapping[str, tuple[int, int]] = {
    "transactions_per_hour": (0, 10_000_000),
    "peak_concurrency": (0, 100_000),
    "integrations": (0, 1000),
    "recovery_point_objective": (0, 604_800),
    "recovery_time_objective": (0, 604_800),
    "budget": (0, 10_000_000),
    "database_gb": (1, 100_000),
    "attachments_gb": (0, 1_000_000),
    "peak_factor": (1, 100),
}
#: Words of C(compliance), which a policy's rules ask for.
WORD = re.compile(r"[a-z][a-z0-9-]{0,23}")
WORDS = 6
NAMES = tuple(field.name for field in dataclasses.fields(Classification))


def from_text(values: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """What a survey answered: numbers and lists may be texts, and what was left empty is left out."""
    found: dict[str, t.Any] = {}
    for name, value in values.items():
        if value is None or value == "":
            continue
        if name in BOUNDS and isinstance(value, str) and value.strip().lstrip("-").isdigit():
            value = int(value)
        elif name == "compliance" and isinstance(value, str):
            value = [word.strip() for word in value.replace("\n", ",").split(",") if word.strip()]
        found[name] = value
    return found


def rule(value: t.Mapping[str, t.Any]) -> str | None:
    """None for an acceptable classification, else what would be accepted."""
    for name, given in value.items():
        if name not in NAMES:
            return f"a dictionary of {', '.join(NAMES)}; it has {name!r}"
        accepted = _accepted(name, given)
        if accepted:
            return f"a dictionary whose {name} is {accepted}"
    return None


def _accepted(name: str, value: t.Any) -> str | None:
    if name in BOUNDS:
        low, high = BOUNDS[name]
        whole = isinstance(value, int) and not isinstance(value, bool)
        return None if whole and low <= value <= high else f"a whole number from {low} to {high}"
    if name == "customisation":
        return None if value in CUSTOMISATION else f"one of {', '.join(CUSTOMISATION)}"
    words = isinstance(value, (list, tuple)) and len(value) <= WORDS
    good = words and all(isinstance(word, str) and bool(WORD.fullmatch(word)) for word in value)
    return None if good else f"a list of at most {WORDS} words of a-z, 0-9 and -, such as pci-dss"


def parse(value: t.Mapping[str, t.Any]) -> Classification:
    """Make a classification of what ``rule`` accepts; what is not given has the defaults."""
    given: dict[str, t.Any] = {**value}
    return Classification(**{**given, "compliance": tuple(given.get("compliance", ()))})
