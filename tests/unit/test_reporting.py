"""The role that reads a tenant's database on a replica."""

from __future__ import annotations

import re

import pytest
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model import capacity, fleet
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan.database import ObservedReporting
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan.reporting import (
    plan_absent_reporting,
    plan_reporting,
)
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render import reporting

from . import factories

ROLE = "acme_production_reporting"
DONE = ObservedReporting(limit=4, read_only=True, accepted=True)


@pytest.mark.parametrize(
    ("observed", "exists", "expected"),
    [
        (DONE, True, []),
        (
            ObservedReporting(),
            True,
            [
                ("create_reporting", "it does not exist"),
                ("open_reporting", "the server does not let it in with the declared password"),
            ],
        ),
        (
            ObservedReporting(),
            False,
            [("create_reporting", "it does not exist"), ("open_reporting", "the database is new")],
        ),
        (DONE, False, [("open_reporting", "the database is new")]),
        (
            ObservedReporting(limit=9, read_only=True, accepted=True),
            True,
            [("limit_reporting", "its connection limit is 9, declared are 4")],
        ),
        (
            ObservedReporting(limit=4, read_only=False, accepted=True),
            True,
            [("limit_reporting", "it may write")],
        ),
        (
            ObservedReporting(limit=4, read_only=True, accepted=True, gaps=2),
            True,
            [("open_reporting", "it reads too little or too much of 2 tables")],
        ),
    ],
)
def test_steps_and_their_causes(observed: ObservedReporting, exists: bool, expected: list[tuple[str, str]]) -> None:
    steps = plan_reporting(factories.tenant(), observed, exists=exists)
    assert [(step.action, step.cause) for step in steps] == expected
    assert {step.subject for step in steps} <= {ROLE}


def test_a_role_that_exists_goes_with_its_tenant() -> None:
    (step,) = plan_absent_reporting(factories.tenant(), DONE)
    assert (step.action, step.subject) == ("drop_reporting", ROLE)
    assert plan_absent_reporting(factories.tenant(), ObservedReporting()) == ()


def test_grants_close_a_table_before_they_open_what_may_be_read() -> None:
    gaps = [
        reporting.Gap("sale_order", ["id", "name"], True),
        reporting.Gap("res_users", ["id", "login"], False),
        reporting.Gap("ir_config_parameter", [], False),
    ]
    assert reporting.grants(gaps, ROLE) == [
        ("REVOKE ALL ON {}, {}, {} FROM {}", ("sale_order", "res_users", "ir_config_parameter", ROLE)),
        ("GRANT SELECT ON {} TO {}", ("sale_order", ROLE)),
        ("GRANT SELECT ({}, {}) ON {} TO {}", ("id", "login", "res_users", ROLE)),
    ]
    assert reporting.grants([], ROLE) == []
    (close,) = reporting.grants(gaps[2:], ROLE)
    assert close.statement == "REVOKE ALL ON {} FROM {}"


@pytest.mark.parametrize(
    ("column", "secret"),
    [
        ("password", True),
        ("smtp_pass", True),
        ("access_token", True),
        ("stripe_secret_key", True),
        ("adyen_api_key", True),
        ("totp_secret", True),
        ("pin", True),
        ("db_datas", True),
        ("google_calendar_rtoken", True),
        ("login", False),
        ("shipping_weight", False),
        ("passenger_count", False),
        ("spin_rate", False),
    ],
)
def test_columns_that_hold_secrets_are_known_by_their_names(column: str, secret: bool) -> None:
    assert bool(re.search(reporting.SECRET_COLUMN, column)) is secret


def test_a_long_name_leaves_room_for_the_suffix() -> None:
    tenant = factories.tenant(odoo_database_user="a" * 63)
    assert tenant.reporting_user == "a" * 53 + "_reporting"
    assert len(tenant.reporting_user) == 63


def test_nobody_else_may_have_the_roles_name() -> None:
    other = factories.tenant("other", odoo_host="other.example.com", odoo_database_user=ROLE)
    (problem,) = fleet.problems([factories.tenant(), other])
    assert problem == f"acme_production, other: odoo_database_user={ROLE!r}: must belong to one tenant alone"


def test_a_replica_carries_the_reports_and_odoo_where_it_reads_there() -> None:
    plain, reading = factories.tenant(), factories.tenant(odoo_database_replica=True)
    assert capacity.replica_budget(plain) == 4
    pools = sum(workload.surge for workload in capacity.workloads(reading))
    assert capacity.replica_budget(reading) == pools + 4
    assert capacity.connection_budget(reading) == capacity.connection_budget(plain)


def test_a_replica_that_is_too_small_is_refused() -> None:
    plain, many = factories.tenant(), factories.tenant(odoo_reporting_connections=64, odoo_database_replica=True)
    shared = plain.postgresql_clusters["shared"]
    limit = capacity.connection_budget(plain) + shared.reserved_connections
    clusters = factories.variables()["odoo_postgresql_clusters"]
    small = {**clusters, "shared": {**clusters["shared"], "max_connections": limit}}
    tenant = factories.tenant(odoo_reporting_connections=64, odoo_database_replica=True, odoo_postgresql_clusters=small)
    (problem,) = fleet.problems([tenant])
    assert f"{capacity.replica_budget(many)} connections to one replica" in problem
