# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Conditions of policies: what must hold of named facts. Placement and residency rules are written in them.

A condition is a dictionary of facts. Each fact has a list of accepted values, or C({at_least: n, at_most: m}). A fact that
is itself a list (compliance) meets a list when they share an element. All facts of a condition must hold.
"""

from __future__ import annotations

import typing as t

from .classification import BOUNDS as BOUNDED

Conditions = t.Mapping[str, t.Any]
BOUNDS = ("at_least", "at_most")


def holds(conditions: Conditions, facts: t.Mapping[str, t.Any]) -> bool:
    return not any(True for _text in unmet(conditions, facts))


def unmet(conditions: Conditions, facts: t.Mapping[str, t.Any]) -> t.Iterator[str]:
    """What does not hold, one text a fact: the fact, its value and what is accepted."""
    for name, accepted in sorted(conditions.items()):
        value = facts[name]
        if isinstance(accepted, t.Mapping):
            low, high = (accepted.get(bound) for bound in BOUNDS)
            if (low is not None and value < low) or (high is not None and value > high):
                bounds = " and ".join(
                    f"{bound.replace('_', ' ')} {accepted[bound]}" for bound in BOUNDS if bound in accepted
                )
                yield f"{name}={value!r}: must be {bounds}"
        elif not _shared(value, accepted):
            yield f"{name}={value!r}: must be one of {', '.join(map(str, accepted))}"


def _shared(value: t.Any, accepted: t.Sequence[t.Any]) -> bool:
    values = value if isinstance(value, (list, tuple)) else (value,)
    return any(element in accepted for element in values)


def problems(conditions: t.Any, names: t.Collection[str], where: str) -> list[str]:
    """What is wrong with a condition as it is written; ``names`` are the facts there are."""
    if not isinstance(conditions, t.Mapping):
        return [f"{where}={conditions!r}: must be a dictionary of facts"]
    found = []
    for name, accepted in conditions.items():
        if name not in names:
            found.append(f"{where}.{name}: must be one of {', '.join(sorted(names))}")
        elif isinstance(accepted, t.Mapping):
            given = all(isinstance(bound, (int, float)) and not isinstance(bound, bool) for bound in accepted.values())
            if name not in BOUNDED:
                found.append(f"{where}.{name}={accepted!r}: must be a list of values; only numbers have bounds")
            elif not accepted or set(accepted) - set(BOUNDS) or not given:
                found.append(f"{where}.{name}={accepted!r}: must have {' or '.join(BOUNDS)}, each a number")
        elif not isinstance(accepted, (list, tuple)) or not accepted:
            found.append(
                f"{where}.{name}={accepted!r}: must be a list of values, or a dictionary of {' and '.join(BOUNDS)}"
            )
    return found
