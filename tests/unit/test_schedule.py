"""What timetables and expiries ask for, and how a stack goes to sleep and wakes."""

from __future__ import annotations

import dataclasses
import datetime
import json
import typing as t

import pytest
from ansible_collections.sysgenpro.odoo.plugins.filter.rest import rest as rest_filter
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan import drift_docker
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan.schedule import (
    Due,
    Rest,
    by_hand,
    by_timetable,
    expired,
    plan_schedule,
)
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan.stack import plan_asleep, plan_stack
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render import traefik
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import InvalidTenant
from hypothesis import given
from hypothesis import strategies as st

from . import factories
from .test_stack_plan import actions, apply, converged, route

if t.TYPE_CHECKING:
    from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import Tenant

NOON = datetime.datetime(2026, 11, 25, 12, tzinfo=datetime.UTC)
NIGHT = NOON + datetime.timedelta(hours=10)
HOURS = ["Mon-Fri 07:00-20:00"]
SLEEPING = traefik.asleep(factories.tenant(), factories.SECRETS)


def tenant(**changes: t.Any) -> Tenant:
    values = {"odoo_environment": "dev", "odoo_time_zone": "Europe/Paris", "odoo_awake_hours": HOURS, **changes}
    return factories.tenant("acme_dev", **values)


def asleep(now: datetime.datetime = NIGHT) -> Rest:
    return by_timetable(asleep=True, now=now)


@pytest.mark.parametrize(
    ("rest", "now", "expected"),
    [
        (None, NIGHT, Due("none", "it is not there")),
        (Rest(), NOON, Due("none", "awake until 2026-11-25T19:00:00Z")),
        (Rest(), NIGHT, Due("sleep", "asleep until 2026-11-26T06:00:00Z")),
        (asleep(), NIGHT, Due("none", "asleep until 2026-11-26T06:00:00Z")),
        (asleep(), NOON, Due("wake", "awake until 2026-11-25T19:00:00Z")),
    ],
)
def test_a_timetable_is_followed(rest: Rest | None, now: datetime.datetime, expected: Due) -> None:
    assert plan_schedule(tenant(), rest, now) == expected


def test_who_was_woken_by_hand_is_left_awake_and_then_sleeps() -> None:
    woken = by_hand(tenant(), asleep=False, hours=3, who="ada@controller", now=NIGHT)
    assert plan_schedule(tenant(), woken, NIGHT) == Due(
        "none", "awake until 2026-11-26T01:00:00Z: by hand (ada@controller)"
    )
    assert plan_schedule(tenant(), woken, NIGHT + datetime.timedelta(hours=3)).action == "sleep"


def test_who_was_put_to_sleep_by_hand_wakes_with_the_timetable_or_later() -> None:
    until_morning = by_hand(tenant(), asleep=True, hours=0, who="ada", now=NOON)
    assert until_morning.until == "2026-11-26T06:00:00Z"
    assert plan_schedule(tenant(), until_morning, NIGHT).action == "none"
    assert plan_schedule(tenant(), until_morning, NOON + datetime.timedelta(days=1)).action == "wake"
    for_long = by_hand(tenant(), asleep=True, hours=48, who="ada", now=NOON)
    assert plan_schedule(tenant(), for_long, NOON + datetime.timedelta(days=1)).action == "none"


def test_without_a_timetable_only_a_sleeper_of_the_timetable_wakes() -> None:
    always = tenant(odoo_awake_hours=[])
    assert plan_schedule(always, Rest(), NIGHT) == Due("none", "it has no timetable")
    assert plan_schedule(always, asleep(), NIGHT) == Due("wake", "it has no timetable any more")
    sent = by_hand(always, asleep=True, hours=0, who="ada", now=NOON)
    assert plan_schedule(always, sent, NOON + datetime.timedelta(days=400)).action == "none"


def test_an_expired_tenant_is_removed_whatever_it_does() -> None:
    gone = tenant(odoo_expires="2026-11-25", odoo_owner="qa@example.com")
    for rest in (None, Rest(), asleep(), by_hand(gone, asleep=False, hours=9, who="ada", now=NOON)):
        due = plan_schedule(gone, rest, NOON)
        assert due.action == "remove"
        assert "qa@example.com" in due.cause
    assert not expired(gone, datetime.datetime(2026, 11, 24, 22, 59, 59, tzinfo=datetime.UTC))
    assert expired(gone, datetime.datetime(2026, 11, 24, 23, 0, 0, tzinfo=datetime.UTC))


@given(st.integers(0, 3 * 7 * 24 * 4), st.booleans(), st.integers(0, 30), st.booleans())
def test_what_was_done_is_not_due_again(quarters: int, sleeping: bool, hours: int, hand: bool) -> None:
    """Over weeks with a change of clocks: doing what is due leaves nothing due, and nothing but the asked for is done."""
    now = datetime.datetime(2026, 3, 16, tzinfo=datetime.UTC) + datetime.timedelta(minutes=15 * quarters)
    before = by_hand(tenant(), asleep=sleeping, hours=hours, who="ada", now=now) if hand else Rest(asleep=sleeping)
    due = plan_schedule(tenant(), before, now)
    assert due.action in {"none", "wake" if before.asleep else "sleep"}
    after = before if due.action == "none" else by_timetable(asleep=due.action == "sleep", now=now)
    assert plan_schedule(tenant(), after, now).action == "none"
    if hand and hours:
        assert due.action == "none"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"odoo_environment": "production"}, "odoo_awake_hours=['Mon-Fri 07:00-20:00']: must be unset"),
        (
            {"odoo_environment": "production", "odoo_awake_hours": [], "odoo_expires": "2027-01-01", "odoo_owner": "x"},
            "neither sleeps nor",
        ),
        ({"odoo_expires": "2027-01-01"}, "odoo_owner must say who answers"),
        ({"odoo_time_zone": "Mars/Olympus"}, "odoo_time_zone='Mars/Olympus': must be a name of the IANA"),
        (
            {**factories.KUBERNETES, "odoo_kubernetes_delivery": "gitops"},
            "must be empty with odoo_kubernetes_delivery='gitops'",
        ),
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, t.Any], said: str) -> None:
    with pytest.raises(InvalidTenant, match="acme_dev: ") as refused:
        tenant(**changes)
    assert said in str(refused.value)


def test_a_date_as_yaml_reads_it_is_a_date() -> None:
    assert tenant(odoo_expires=datetime.date(2027, 1, 1), odoo_owner="qa").expires == "2027-01-01"


def test_the_filter_says_what_is_remembered_and_refuses_nonsense() -> None:
    values = {**factories.variables(odoo_environment="dev", odoo_awake_hours=HOURS), "odoo_tenant": "acme_dev"}
    found = rest_filter(values, False, who="ada", hours=2, now="2026-11-25T22:00Z")
    assert found == {"since": "2026-11-25T22:00:00Z", "until": "2026-11-26T00:00:00Z", "cause": "by hand (ada)"}
    for hours in (-1, 10**9, "long"):
        with pytest.raises(Exception, match="hours="):
            rest_filter(values, True, who="ada", hours=hours)  # type: ignore[arg-type]  # a template gives anything


# The stack


def test_a_tenant_goes_to_sleep_behind_the_page() -> None:
    _wanted, observed = converged()
    steps = plan_asleep(observed, "acme_production", SLEEPING)
    assert [step.action for step in steps[:3]] == ["write_route", "await_page", "drain"]
    assert {step.action for step in steps[3:]} == {"stop_container"}
    after = apply(observed, steps)
    assert {container.state for container in after.containers} == {"exited"}
    assert plan_asleep(after, "acme_production", SLEEPING) == ()


def test_a_sleeper_is_started_and_only_then_reached() -> None:
    wanted, observed = converged()
    sleeper = apply(observed, plan_asleep(observed, "acme_production", SLEEPING))
    steps = plan_stack(wanted, sleeper, route)
    done = actions(steps)
    assert not [step for step in steps if step.action in ("create_container", "remove_container")]
    served = done.index("await_ready web"), done.index("write_route acme_production"), done.index("await_ready cron")
    assert list(served) == sorted(served)
    assert apply(sleeper, steps) == observed


def test_a_sleep_that_was_cut_off_is_finished() -> None:
    _wanted, observed = converged()
    steps = plan_asleep(observed, "acme_production", SLEEPING)
    for cut in range(len(steps)):
        halfway = apply(observed, steps[:cut])
        assert (
            plan_asleep(apply(halfway, plan_asleep(halfway, "acme_production", SLEEPING)), "acme_production", SLEEPING)
            == ()
        )


def test_the_page_is_all_that_is_reached_and_needs_no_server() -> None:
    found = json.loads(SLEEPING)["http"]
    assert {router["rule"] for router in found["routers"].values()} == {
        "Host(`acme.example.com`)",
        "Host(`integration.acme.example.com`)",
    }
    assert {router["service"] for router in found["routers"].values()} == {"pages"}
    assert {tuple(router["middlewares"]) for router in found["routers"].values()} == {("page-asleep",)}
    assert "services" not in found
    assert json.loads(SLEEPING)["tls"]["certificates"]


def test_drift_of_a_sleeper_is_what_is_not_asleep() -> None:
    _wanted, observed = converged()
    sleeper = apply(observed, plan_asleep(observed, "acme_production", SLEEPING))
    assert drift_docker.asleep("acme_production", plan_asleep(sleeper, "acme_production", SLEEPING), "") == []
    woken = dataclasses.replace(
        sleeper, containers=(dataclasses.replace(sleeper.containers[0], state="running"), *sleeper.containers[1:])
    )
    found = drift_docker.asleep("acme_production", plan_asleep(woken, "acme_production", SLEEPING), "")
    assert [finding.difference for finding in found] == ["runs while the tenant sleeps"]
