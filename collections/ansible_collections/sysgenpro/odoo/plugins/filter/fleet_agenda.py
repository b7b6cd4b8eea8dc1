# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: fleet_agenda
short_description: Which tenants of a run are converged, in which order, and which are left alone
version_added: 0.2.0
author: SysGenPro (@sysgenpro)
description:
  - Puts together what M(sysgenpro.odoo.odoo_validate) found and what M(sysgenpro.odoo.odoo_plan) answered at each place.
positional: hostvars
options:
  _input:
    description: What M(sysgenpro.odoo.odoo_validate) returned.
    type: dict
    required: true
  hostvars:
    description:
      - Variables by inventory host. Those that asked have what M(sysgenpro.odoo.odoo_plan) returned in C(fleet_place) and, of
        the object store, in C(fleet_buckets).
    type: dict
    required: true
  everything:
    description: Converge every tenant of the run, whatever the answers are.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Say what is done
  ansible.builtin.debug:
    msg: "{{ (fleet_inventory | sysgenpro.odoo.fleet_agenda(hostvars)).summary }}"
"""

RETURN = r"""
_value:
  description:
    - C(canaries) and C(others), inventory hosts in the order in which they are converged; C(summary), one line.
    - C(tenants), by name the inventory host, whether it C(changes), and its C(steps).
    - C(unasked), tenants whose place did not answer.
  type: dict
"""

import typing as t

#: Variables that hold what odoo_plan answered.
ANSWERS = ("fleet_place", "fleet_buckets")
#: Named in the summary; the rest is counted.
_NAMED = 10


def fleet_agenda(
    inventory: dict[str, t.Any], hostvars: t.Mapping[str, t.Any], everything: bool = False
) -> dict[str, t.Any]:
    names: dict[str, str] = inventory["names"]
    plans: dict[str, list[dict[str, str]]] = {}
    unasked: set[str] = set()
    for asking, assignment in inventory["representatives"].items():
        answers = [hostvars[asking].get(name, {}) for name in ANSWERS]
        if not answers[0] or any(answer.get("failed") or answer.get("unreachable") for answer in answers):
            unasked |= _asked_for(assignment)
        for answer in answers:
            for name, steps in answer.get("plans", {}).items():
                plans.setdefault(name, []).extend(steps)
    chosen = {host for host in names if (everything or names[host] in plans) and host not in unasked}
    return {
        "canaries": [host for host in inventory["canaries"] if host in chosen],
        "others": [host for host in inventory["others"] if host in chosen],
        "unasked": sorted(names[host] for host in unasked),
        "tenants": {
            name: {"host": host, "changes": host in chosen, "steps": plans.get(name, [])}
            for host, name in sorted(names.items())
        },
        "summary": _summary(len(names), sorted(names[host] for host in chosen), len(unasked)),
    }


def _asked_for(assignment: dict[str, t.Any]) -> set[str]:
    """Every tenant of which the answer would have said something."""
    services = (hosts for kind in ("clusters", "redis", "buckets") for hosts in assignment[kind].values())
    return set(assignment["stacks"]).union(*services)


def _summary(total: int, changed: list[str], unasked: int) -> str:
    text = f"{total} tenant{'' if total == 1 else 's'}: {total - len(changed) - unasked} as declared, {len(changed)} to converge"
    if changed:
        more = f" and {len(changed) - _NAMED} more" if len(changed) > _NAMED else ""
        text += f" ({', '.join(changed[:_NAMED])}{more})"
    return text + (f", {unasked} of places that did not answer" if unasked else "")


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"fleet_agenda": fleet_agenda}
