"""Hours at which a tenant runs, where clocks change and where they do not."""

from __future__ import annotations

import datetime
import itertools
import zoneinfo

import pytest
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model import timetable
from hypothesis import given
from hypothesis import strategies as st

UTC = datetime.UTC
PARIS = "Europe/Paris"
ZONES = (
    PARIS,
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "America/Santiago",
    "UTC",
)


def utc(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "days", "start", "end"),
    [
        ("Mon-Fri 07:00-20:00", {0, 1, 2, 3, 4}, 420, 1200),
        ("Sat,Sun 10:00-16:30", {5, 6}, 600, 990),
        ("Sat-Mon 00:00-24:00", {5, 6, 0}, 0, 1440),
        ("daily 22:00-02:00", set(range(7)), 1320, 1560),
        ("Mon 08:00-08:00", {0}, 480, 1920),
    ],
)
def test_windows_are_read(text: str, days: set[int], start: int, end: int) -> None:
    assert timetable.hours([text]) is None
    assert timetable.windows([text]) == (timetable.Window(frozenset(days), start, end),)


@pytest.mark.parametrize(
    "text",
    ["", "Mon-Fri", "mon 07:00-20:00", "Mon 7:00-20:00", "Mon 07:00-25:00", "Mon 24:00-25:00", "Lun 07:00-20:00"],
)
def test_what_is_no_window_is_refused_with_an_example(text: str) -> None:
    assert "Mon-Fri 07:00-20:00" in str(timetable.hours([text]))


@pytest.mark.parametrize("name", ["Europe/Pariss", "../etc/passwd", "/etc/localtime", "", "Europe/"])
def test_what_is_no_time_zone_is_refused(name: str) -> None:
    assert "IANA" in str(timetable.time_zone(name))


@pytest.mark.parametrize("text", ["2026-02-30", "tomorrow", "2026-01-01T25:00", "2026-01-01+01:00", "01/02/2026"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    assert "2026-12-31" in str(timetable.moment(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-07-01", "2026-06-30T22:00:00"),
        ("2026-01-01T12:00", "2026-01-01T11:00:00"),
        ("2026-01-01 12:00:30", "2026-01-01T11:00:30"),
        ("2026-01-01T12:00Z", "2026-01-01T12:00:00"),
        ("2026-01-01T12:00-05:00", "2026-01-01T17:00:00"),
        # Left out: clocks go from 02:00 to 03:00 at 01:00 UTC.
        ("2026-03-29T02:30", "2026-03-29T01:00:00"),
        # Twice: the first.
        ("2026-10-25T02:30", "2026-10-25T00:30:00"),
    ],
)
def test_moments_are_read_on_the_clock_of_the_region(text: str, expected: str) -> None:
    assert timetable.at(text, PARIS) == utc(expected)


@pytest.mark.parametrize(
    ("hours", "day", "start", "end"),
    [
        # The same hours on the wall, an hour apart in UTC.
        ("daily 07:00-20:00", "2026-03-28T12:00:00", "2026-03-28T06:00:00", "2026-03-28T19:00:00"),
        ("daily 07:00-20:00", "2026-03-29T12:00:00", "2026-03-29T05:00:00", "2026-03-29T18:00:00"),
        # Over the night in which an hour is left out, and the one in which an hour comes twice.
        ("Sat 22:00-06:00", "2026-03-28T23:00:00", "2026-03-28T21:00:00", "2026-03-29T04:00:00"),
        ("Sat 22:00-06:00", "2026-10-24T23:00:00", "2026-10-24T20:00:00", "2026-10-25T05:00:00"),
        # Begins in the hour that is left out; ends in the one that comes twice.
        ("Sun 02:30-05:00", "2026-03-29T01:30:00", "2026-03-29T01:00:00", "2026-03-29T03:00:00"),
        ("Sun 00:30-02:30", "2026-10-25T01:15:00", "2026-10-24T22:30:00", "2026-10-25T01:30:00"),
    ],
)
def test_clocks_change(hours: str, day: str, start: str, end: str) -> None:
    assert timetable.awake(timetable.windows([hours]), PARIS, utc(day)) == (utc(start), utc(end))


def test_a_window_that_is_left_out_whole_never_comes() -> None:
    found = timetable.windows(["Sun 02:10-02:50"])
    assert timetable.awake(found, PARIS, utc("2026-03-29T01:00:00")) is None
    assert timetable.next_waking(found, PARIS, utc("2026-03-28T12:00:00")) == utc("2026-04-05T00:10:00")


def test_windows_that_touch_are_one_stretch() -> None:
    found = timetable.windows(["Mon-Fri 07:00-24:00", "Tue-Sat 00:00-07:00"])
    assert timetable.awake(found, "UTC", utc("2026-11-25T03:00:00")) == (
        utc("2026-11-23T07:00:00"),
        utc("2026-11-28T07:00:00"),
    )


def times() -> st.SearchStrategy[datetime.datetime]:
    return st.datetimes(datetime.datetime(2020, 1, 1), datetime.datetime(2035, 1, 1), timezones=st.just(UTC))


def clock() -> st.SearchStrategy[str]:
    return st.builds("{:02d}:{:02d}".format, st.integers(0, 23), st.sampled_from([0, 15, 30, 59]))


@given(times(), st.sampled_from(ZONES), st.sets(st.sampled_from(timetable.DAYS), min_size=1), clock(), clock())
def test_awake_is_what_the_clock_on_the_wall_says(
    now: datetime.datetime, zone: str, days: set[str], start: str, end: str
) -> None:
    """Wherever clocks did not change within a day, the plain reading of the timetable and ours agree."""
    place = zoneinfo.ZoneInfo(zone)
    offsets = {(now + datetime.timedelta(hours=hours)).astimezone(place).utcoffset() for hours in range(-49, 50, 1)}
    (window,) = timetable.windows([f"{','.join(sorted(days))} {start}-{end}"])
    local = now.astimezone(place)
    minute = local.hour * 60 + local.minute
    plain = (local.weekday() in window.days and window.start <= minute < window.end) or (
        (local.weekday() - 1) % 7 in window.days and window.start <= minute + 1440 < window.end
    )
    if len(offsets) == 1:
        assert (timetable.awake([window], zone, now) is not None) == plain


@given(times(), st.sampled_from(ZONES), st.sets(st.sampled_from(timetable.DAYS), min_size=1), clock(), clock())
def test_stretches_are_ordered_apart_and_found_by_their_moments(
    now: datetime.datetime, zone: str, days: set[str], start: str, end: str
) -> None:
    found = timetable.windows([f"{','.join(sorted(days))} {start}-{end}"])
    stretches = timetable.stretches(found, zone, now)
    assert all(one.start < one.end < other.start for one, other in itertools.pairwise(stretches))
    waking = timetable.next_waking(found, zone, now)
    if waking:
        assert waking > now
        assert timetable.awake(found, zone, waking) is not None
        assert timetable.awake(found, zone, waking - datetime.timedelta(seconds=1)) is None
