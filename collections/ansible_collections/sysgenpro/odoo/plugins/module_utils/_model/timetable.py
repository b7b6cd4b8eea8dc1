# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hours at which a tenant runs, in its region's time zone.

A window is days of the week and two times on the wall's clock: C(Mon-Fri 07:00-20:00), C(Sat,Sun 10:00-16:00). One that
ends at or before its start ends on the next day; C(00:00-24:00) is a whole day. Where clocks change, a window begins at the
first moment that shows its start, or is past it where that time is left out, and ends at the last that shows its end.
"""

from __future__ import annotations

import dataclasses
import datetime
import re
import typing as t
import zoneinfo

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
DAY_MINUTES = 24 * 60
#: Days before and after a moment whose windows may matter to it: each day of the week, and the next change of clocks.
HORIZON = 9

_DAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_RANGE = rf"{_DAY}(?:-{_DAY})?"
_WINDOW = re.compile(
    rf"(?P<days>{_RANGE}(?:,{_RANGE})*|daily) (?P<start>(?:[01][0-9]|2[0-3]):[0-5][0-9])-"
    r"(?P<end>(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00)"
)
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?)?")
_WINDOW_TEXT = "days (Mon to Sun, ranges, commas, or daily) and times, for example Mon-Fri 07:00-20:00"


@dataclasses.dataclass(frozen=True)
class Window:
    """Days of the week (Monday is 0) and minutes after midnight; ``end`` may be on the next day."""

    days: frozenset[int]
    start: int
    end: int


class Interval(t.NamedTuple):
    """From a moment, inclusive, to another, exclusive; both in UTC."""

    start: datetime.datetime
    end: datetime.datetime


# Rules of the fields


def hours(value: t.Sequence[str]) -> str | None:
    problems = [text for text in value if not _WINDOW.fullmatch(text)]
    return f"a list whose every element is {_WINDOW_TEXT}" if problems else None


def time_zone(value: str) -> str | None:
    accepted = "a name of the IANA time zone database, for example Europe/Paris"
    if not _ZONE.fullmatch(value):
        return accepted
    return None if _zone(value) or not _zone("Europe/Paris") else accepted


def moment(value: str) -> str | None:
    accepted = "a date or a time, for example 2026-12-31 or 2026-12-31T18:00 or 2026-12-31T18:00+01:00"
    if not _MOMENT.fullmatch(value):
        return accepted
    try:
        _parse(value)
    except ValueError:
        return accepted
    return None


# Reading


def windows(texts: t.Iterable[str]) -> tuple[Window, ...]:
    """The windows of texts that the rule accepts."""
    return tuple(_window(text) for text in texts)


def at(value: str, zone: str) -> datetime.datetime:
    """A moment in UTC; one without an offset is on the wall's clock of ``zone``, a date alone its first moment."""
    found = _parse(value)
    if found.tzinfo is None:
        return _instant(found, _known(zone), last=False)
    return found.astimezone(datetime.timezone.utc)


def _parse(value: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(value.replace("Z", "+00:00").replace(" ", "T"))


def _window(text: str) -> Window:
    found = _WINDOW.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r}: must be {_WINDOW_TEXT}")
    start, end = (_minutes(found[name]) for name in ("start", "end"))
    return Window(_days(found["days"]), start, end if end > start else end + DAY_MINUTES)


def _minutes(text: str) -> int:
    hour, minute = text.split(":")
    return int(hour) * 60 + int(minute)


def _days(text: str) -> frozenset[int]:
    if text == "daily":
        return frozenset(range(7))
    found: set[int] = set()
    for part in text.split(","):
        first, _separator, last = part.partition("-")
        start = DAYS.index(first)
        # Sat-Mon goes over the end of the week.
        length = (DAYS.index(last or first) - start) % 7
        found |= {(start + step) % 7 for step in range(length + 1)}
    return frozenset(found)


# What follows from a timetable


def awake(timetable: t.Sequence[Window], zone: str, now: datetime.datetime) -> Interval | None:
    """The stretch of being awake that holds ``now``, or None: asleep. Touching windows are one stretch."""
    return next((found for found in stretches(timetable, zone, now) if found.start <= now < found.end), None)


def next_waking(timetable: t.Sequence[Window], zone: str, now: datetime.datetime) -> datetime.datetime | None:
    """When the next stretch after ``now`` begins; None where there is none."""
    return next((found.start for found in stretches(timetable, zone, now) if found.start > now), None)


def stretches(timetable: t.Sequence[Window], zone: str, now: datetime.datetime) -> list[Interval]:
    """Every stretch that begins within a week and a bit of ``now``, in order, with those that touch or overlap joined."""
    place = _known(zone)
    today = now.astimezone(place).date()
    found = []
    for offset in range(-HORIZON, HORIZON + 1):
        day = today + datetime.timedelta(days=offset)
        midnight = datetime.datetime.combine(day, datetime.time())
        for window in timetable:
            if day.weekday() in window.days:
                start = _instant(midnight + datetime.timedelta(minutes=window.start), place, last=False)
                end = _instant(midnight + datetime.timedelta(minutes=window.end), place, last=True)
                found += [Interval(start, end)] if start < end else []
    return _joined(sorted(found))


def _joined(intervals: t.Iterable[Interval]) -> list[Interval]:
    joined: list[Interval] = []
    for interval in intervals:
        if joined and interval.start <= joined[-1].end:
            joined[-1] = Interval(joined[-1].start, max(joined[-1].end, interval.end))
        else:
            joined.append(interval)
    return joined


def _instant(wall: datetime.datetime, zone: zoneinfo.ZoneInfo, *, last: bool) -> datetime.datetime:
    """The moment at which clocks of ``zone`` show ``wall``.

    :param last: of two such moments the later one. Where there is none, the moment at which clocks were put past it.
    """
    before, after = (wall.replace(tzinfo=zone, fold=fold).astimezone(datetime.timezone.utc) for fold in (0, 1))
    if before <= after:
        return after if last else before
    # PEP 495: in a gap the two are turned round, and the change is between them.
    low, high = after, before
    while high - low > datetime.timedelta(seconds=1):
        middle = low + (high - low) / 2
        if middle.astimezone(zone).replace(tzinfo=None) < wall:
            low = middle
        else:
            high = middle
    return high.replace(microsecond=0)


def _zone(name: str) -> zoneinfo.ZoneInfo | None:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _known(name: str) -> zoneinfo.ZoneInfo:
    """:raises ValueError: where this machine does not know the zone."""
    found = _zone(name)
    if found is None:
        raise ValueError(f"This machine does not know the time zone {name}: install tzdata")
    return found
