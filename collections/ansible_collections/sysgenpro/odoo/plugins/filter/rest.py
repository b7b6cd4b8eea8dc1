# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: rest
short_description: What is remembered when somebody puts a tenant to sleep or wakes it
version_added: 0.2.0
author: SysGenPro (@sysgenpro)
description:
  - Says for how long a decision by hand stands against the tenant's timetable, as the option C(rest) of
    M(sysgenpro.odoo.odoo_stack) takes it.
positional: asleep
options:
  _input:
    description: The tenant, as the lookup P(sysgenpro.odoo.tenant#lookup) returns it.
    type: dict
    required: true
  asleep:
    description: Whether it is put to sleep.
    type: bool
    required: true
  who:
    description: Who decides.
    type: str
    required: true
  hours:
    description:
      - For how long the timetable is not followed. With 0, a sleep lasts until the timetable wakes the tenant the next time
        (without one, until somebody does), and a tenant that was woken follows its timetable at once.
    type: float
    default: 0
  now:
    description: The moment; the current one where unset.
    type: str
"""

EXAMPLES = r"""
- name: Wake a tenant for an evening
  sysgenpro.odoo.odoo_stack:
    tenant: "{{ lookup('sysgenpro.odoo.tenant') }}"
    secrets: "{{ tenant_secrets }}"
    state: awake
    rest: "{{ lookup('sysgenpro.odoo.tenant') | sysgenpro.odoo.rest(false, who='ada@controller', hours=4) }}"
"""

RETURN = r"""
_value:
  description: C(since), C(until) and C(cause).
  type: dict
"""

import dataclasses
import datetime
import typing as t

from ansible.errors import AnsibleFilterError
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model import timetable
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import parse
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan.schedule import by_hand
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import InvalidTenant

#: Longest time a decision by hand may stand: a year.
MOST_HOURS = 24 * 366


def rest(tenant: dict[str, t.Any], asleep: bool, *, who: str, hours: float = 0, now: str = "") -> dict[str, str]:
    try:
        lasting = float(hours)
        found = parse(tenant, host=str(tenant.get("odoo_tenant")))
        moment = timetable.at(now, "UTC") if now else datetime.datetime.now(datetime.timezone.utc)
    except InvalidTenant as error:
        raise AnsibleFilterError("\n".join(error.problems)) from None
    except ValueError as error:
        raise AnsibleFilterError(f"rest: hours={hours!r}, now={now!r}: {error}") from error
    if not 0 <= lasting <= MOST_HOURS:
        raise AnsibleFilterError(f"rest: hours={hours!r}: must be from 0 to {MOST_HOURS}")
    values = dataclasses.asdict(by_hand(found, asleep=asleep, hours=lasting, who=who, now=moment))
    del values["asleep"]
    return values


class FilterModule:
    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"rest": rest}
