# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a tenant's timetable and expiry ask for at a moment. Pure: the moment is a parameter."""

from __future__ import annotations

import dataclasses
import datetime
import typing as t

from .._model import timetable

if t.TYPE_CHECKING:
    from .._model.tenant import Tenant

FORMAT = "%Y-%m-%dT%H:%M:%SZ"


@dataclasses.dataclass(frozen=True)
class Rest:
    """What a place remembers of a tenant's sleep.

    ``since`` and ``until`` are moments (UTC, C(2026-01-31T12:00:00Z)). Until ``until`` the timetable is not followed, because
    somebody decided by hand; empty where it is followed. ``cause`` says who or what decided last.
    """

    asleep: bool = False
    since: str = ""
    until: str = ""
    cause: str = ""


@dataclasses.dataclass(frozen=True)
class Due:
    """What is to be done with a tenant: C(sleep), C(wake), C(remove) or C(none), and why."""

    action: str
    cause: str


def plan_schedule(tenant: Tenant, rest: Rest | None, now: datetime.datetime) -> Due:
    """What is due for ``tenant`` at ``now``.

    :param rest: what its place remembers; None where the tenant is not there.
    """
    if expired(tenant, now):
        return Due(
            "remove",
            f"it expired at {_text(timetable.at(tenant.expires, tenant.time_zone))}, its owner is {tenant.owner}",
        )
    if rest is None:
        return Due("none", "it is not there")
    if rest.until and now < _moment(rest.until):
        return Due("none", f"{'asleep' if rest.asleep else 'awake'} until {rest.until}: {rest.cause}")
    if rest.asleep and not rest.until and not tenant.awake_hours and rest.cause != TIMETABLE:
        return Due("none", f"asleep until it is woken: {rest.cause}")
    return _by_timetable(tenant, rest, now)


#: Cause of a sleep that nobody decided by hand.
TIMETABLE = "its timetable"


def _by_timetable(tenant: Tenant, rest: Rest, now: datetime.datetime) -> Due:
    if not tenant.awake_hours:
        return Due("wake", "it has no timetable any more") if rest.asleep else Due("none", "it has no timetable")
    hours = timetable.windows(tenant.awake_hours)
    found = timetable.awake(hours, tenant.time_zone, now)
    if found:
        cause = f"awake until {_text(found.end)}"
        return Due("wake", cause) if rest.asleep else Due("none", cause)
    waking = timetable.next_waking(hours, tenant.time_zone, now)
    cause = f"asleep until {_text(waking)}" if waking else "asleep"
    return Due("none", cause) if rest.asleep else Due("sleep", cause)


def expired(tenant: Tenant, now: datetime.datetime) -> bool:
    return bool(tenant.expires) and now >= timetable.at(tenant.expires, tenant.time_zone)


def by_hand(tenant: Tenant, *, asleep: bool, hours: float, who: str, now: datetime.datetime) -> Rest:
    """What the place remembers where somebody puts a tenant to sleep or wakes it.

    :param hours: for how long the timetable is not followed. 0 for a sleep: until the next waking, or without a timetable
        until somebody wakes it; for a waking: not at all, the next run of C(schedule) decides.
    """
    until = _text(now + datetime.timedelta(hours=hours)) if hours else ""
    if asleep and not hours and tenant.awake_hours:
        waking = timetable.next_waking(timetable.windows(tenant.awake_hours), tenant.time_zone, now)
        until = _text(waking) if waking else ""
    return Rest(asleep, _text(now), until, f"by hand ({who})")


def by_timetable(*, asleep: bool, now: datetime.datetime) -> Rest:
    return Rest(asleep, _text(now), "", TIMETABLE)


def _text(moment: datetime.datetime) -> str:
    return moment.astimezone(datetime.timezone.utc).strftime(FORMAT)


def _moment(text: str) -> datetime.datetime:
    return datetime.datetime.strptime(text, FORMAT).replace(tzinfo=datetime.timezone.utc)
