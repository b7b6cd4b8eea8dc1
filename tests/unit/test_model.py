from __future__ import annotations

import string
import typing as t

import pytest
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model import capacity, fleet
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.fields import FIELDS
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.secrets import parse_secrets
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import Tenant, completed, declared, parse
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import InvalidTenant, OdooError
from hypothesis import given
from hypothesis import strategies as st

from . import factories


def problems(**changes: t.Any) -> list[str]:
    with pytest.raises(InvalidTenant) as raised:
        factories.tenant(**changes)
    return raised.value.problems


def test_what_decommissioning_takes_is_no_variable_of_the_tenant() -> None:
    given = {"odoo_confirm": "acme_production", "odoo_export_path": "/srv", "odoo_wokers": 1, "ansible_host": "x"}
    assert declared(given) == {"odoo_wokers": 1}


def test_every_field_is_an_attribute_of_the_tenant() -> None:
    assert [field.attribute for field in FIELDS] == list(Tenant.__dataclass_fields__)


def test_names_follow_from_the_host() -> None:
    tenant = factories.tenant("acme_production")
    assert (tenant.database, tenant.database_user, tenant.bucket) == (
        "acme_production",
        "acme_production",
        "local-acme-production",
    )
    assert tenant.integration_host == "integration.acme.example.com"


def test_completed_variables_make_the_same_tenant() -> None:
    filled = completed(factories.variables(), host="acme_production")
    assert parse(filled, host="other") == factories.tenant("acme_production")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (
            {"odoo_web_worker": 3},
            "acme_production: odoo_web_worker is not a variable of a tenant; did you mean odoo_web_workers?",
        ),
        ({"odoo_web_workers": 0}, "acme_production: odoo_web_workers=0: must be a whole number from 1 to 32"),
        ({"odoo_web_workers": "two"}, "acme_production: odoo_web_workers='two': must be of type int"),
        ({"odoo_web_workers": True}, "acme_production: odoo_web_workers=True: must be of type int"),
        ({"odoo_tier": "gold"}, "acme_production: odoo_tier='gold': must be one of standard, premium, enterprise"),
        (
            {"odoo_postgresql_cluster": "none"},
            "acme_production: odoo_postgresql_cluster='none': must be one of own, shared",
        ),
        (
            {"odoo_config": {"limit_time_reel": 5}},
            "acme_production: odoo_config.limit_time_reel=5: Odoo 19.0 has no such option; did you mean limit_time_real?",
        ),
        (
            {"odoo_config": {"workers": 5}},
            "acme_production: odoo_config.workers=5: is set through odoo_web_workers and odoo_queue_workers",
        ),
        (
            {"odoo_image": "evil.example.com/odoo:1"},
            "acme_production: odoo_image='evil.example.com/odoo:1': must start with one of odoo_approved_registries: sysgenpro/",
        ),
        (
            {"odoo_environment": "staging", "odoo_mail_policy": "relay"},
            "acme_production: odoo_mail_policy='relay': must be capture outside production",
        ),
    ],
)
def test_a_bad_value_names_host_variable_value_and_what_is_accepted(changes: dict[str, object], expected: str) -> None:
    assert problems(**changes) == [expected]


@pytest.mark.parametrize(
    "name", ["Acme", "1acme", "acme;drop", "a" * 64, "postgres", "pgbouncer", "acme-shop", "", "acme\n"]
)
def test_a_database_name_that_is_no_safe_identifier_is_refused(name: str) -> None:
    (problem,) = problems(odoo_database=name)
    assert f"odoo_database={name!r}" in problem


def test_numbers_of_the_command_line_are_numbers() -> None:
    assert factories.tenant(odoo_web_workers="3", odoo_secret_generate="true") == factories.tenant(
        odoo_web_workers=3, odoo_secret_generate=True
    )


def test_all_problems_are_reported_at_once() -> None:
    found = problems(odoo_tier="gold", odoo_web_workers=99, odoo_host=None, odoo_nonsense=1)
    subjects = [text.split(": ")[1].replace("=", " ").split(" ")[0] for text in found]
    assert subjects == ["odoo_nonsense", "odoo_tier", "odoo_host", "odoo_web_workers"]


def test_a_dedicated_tenant_may_not_use_shared_services() -> None:
    (problem,) = problems(odoo_hosting_model="dedicated")
    assert "odoo_hosting_model='dedicated'" in problem
    assert (
        factories.tenant(
            odoo_hosting_model="dedicated", odoo_postgresql_cluster="own", odoo_redis_instance="own"
        ).redis.port
        == 6389
    )


def test_the_budget_counts_the_gevent_child_and_the_rollout() -> None:
    tenant = factories.tenant(odoo_web_replicas=2, odoo_web_workers=2, odoo_db_maxconn=4, odoo_db_maxconn_gevent=8)
    by_name = {workload.name: workload for workload in capacity.workloads(tenant)}
    assert by_name["web"].connections == 2 * 4 + 8
    assert by_name["web"].surge == 2 * (2 * 4 + 8) * 2
    assert by_name["cron"].surge == by_name["cron"].connections
    assert (
        capacity.connection_budget(tenant)
        == sum(workload.surge for workload in by_name.values()) + capacity.OPERATOR_CONNECTIONS
    )


def test_a_budget_beyond_the_server_is_refused_with_its_shares() -> None:
    clusters = {"shared": {"host": "192.0.2.1", "port": 6432, "primary_port": 5500, "max_connections": 100}}
    first = factories.tenant("acme_production", odoo_postgresql_clusters=clusters)
    second = factories.tenant("globex_production", odoo_host="globex.example.com", odoo_postgresql_clusters=clusters)
    (problem,) = fleet.problems([first, second])
    assert "odoo_postgresql_clusters.shared.max_connections=100" in problem
    assert "acme_production" in problem
    assert "globex_production" in problem


def clusters(**changes: t.Any) -> dict[str, t.Any]:
    """The region's clusters with a changed ``shared``; None takes a key away."""
    known = factories.variables()["odoo_postgresql_clusters"]
    changed = {key: value for key, value in {**known["shared"], **changes}.items() if value is not None}
    return {**known, "shared": changed}


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("192.0.2.1,192.0.2.2", "192.0.2.1,192.0.2.2"),
        (" 192.0.2.1 , proxy-2.example.com", "192.0.2.1,proxy-2.example.com"),
        (["192.0.2.1", "192.0.2.2"], "192.0.2.1,192.0.2.2"),
    ],
)
def test_a_cluster_may_have_several_proxies(host: object, expected: str) -> None:
    assert factories.tenant(odoo_postgresql_clusters=clusters(host=host)).postgresql.host == expected


@pytest.mark.parametrize("host", ["", [], "192.0.2.1,", ["192.0.2.1", 5], "proxy 1", "host=evil", ["a,b"], 5])
def test_a_host_that_is_no_name_is_refused(host: object) -> None:
    (problem,) = problems(odoo_postgresql_clusters=clusters(host=host))
    assert problem == (
        f"acme_production: odoo_postgresql_clusters.shared.host={host!r}: must be a name or an IPv4 address, or several, "
        "as a list or separated by commas"
    )


def test_reading_from_a_replica_needs_its_port() -> None:
    (problem,) = problems(odoo_database_replica=True, odoo_postgresql_clusters=clusters(replica_port=None))
    assert "odoo_postgresql_clusters.shared must have replica_port" in problem


@pytest.mark.parametrize("name", ["provisioner", "replicator", "reporters", "pg_monitor"])
def test_a_tenant_is_no_role_of_the_cluster(name: str) -> None:
    (problem,) = problems(odoo_database_user=name)
    assert f"odoo_database_user={name!r}" in problem


def test_two_tenants_on_one_host_name_are_refused() -> None:
    (problem,) = fleet.problems(
        [
            factories.tenant("acme_production"),
            factories.tenant("globex_production", odoo_integration_host="api.example.com"),
        ]
    )
    assert (
        problem == "acme_production, globex_production: odoo_host='acme.example.com': must belong to one tenant alone"
    )


def test_an_integration_host_may_not_be_somebodys_shop() -> None:
    other = factories.tenant(
        "globex_production", odoo_host="globex.example.com", odoo_integration_host="acme.example.com"
    )
    assert any("acme.example.com" in problem for problem in fleet.problems([factories.tenant(), other]))


def test_a_missing_secret_is_named_and_no_value_shown() -> None:
    with pytest.raises(OdooError) as raised:
        parse_secrets({"database": "visible", "redis": ""}, host="acme_production")
    assert "secrets.redis" in str(raised.value)
    assert "visible" not in str(raised.value)


def test_secrets_are_in_no_text_form() -> None:
    assert "password" not in repr(factories.SECRETS)
    assert "PRIVATE" not in repr(factories.SECRETS)


@given(
    st.dictionaries(
        st.sampled_from([field.name for field in FIELDS]),
        st.one_of(
            st.none(), st.integers(), st.text(max_size=20), st.booleans(), st.lists(st.text(max_size=5), max_size=3)
        ),
    )
)
def test_any_value_is_accepted_or_named(changes: dict[str, object]) -> None:
    values = factories.variables() | changes
    found: list[str] = []
    try:
        tenant: Tenant | None = parse(values, host="acme_production")
    except InvalidTenant as error:
        tenant, found = None, error.problems
    assert (tenant is None) == bool(found)
    assert all(text.startswith("acme_production: ") for text in found)


@given(st.text(alphabet=string.printable, max_size=70))
def test_no_accepted_database_name_needs_quoting(name: str) -> None:
    try:
        accepted = factories.tenant(odoo_database=name).database
    except InvalidTenant:
        return
    assert set(accepted) <= set(string.ascii_lowercase + string.digits + "_")
    assert 0 < len(accepted) <= 63
