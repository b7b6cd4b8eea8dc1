"""Who asks what, in which order tenants are converged, and what is recognised without a look."""

from __future__ import annotations

import dataclasses
import json
import typing as t

import pytest
from ansible_collections.sysgenpro.odoo.plugins.filter.fleet_agenda import fleet_agenda
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model import (
    clear_text,
    fleet_request,
    place_references,
    services,
)
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.capacity import connection_budget
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.catalog import CatalogRow
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan import catalog, database
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan.fleet import Member, assignments, converge_order
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan.tenant_database import plan_present

from . import factories

PASSWORDS = ("database-password", "reporting-password")


def members(**places_of: str) -> list[Member]:
    return [
        Member(f"host_{name}", factories.tenant(name, odoo_place=place, odoo_host=f"{name}.example.com"))
        for name, place in places_of.items()
    ]


def test_one_tenant_a_place_asks_for_its_own_place() -> None:
    found = assignments(members(acme="local2", beta="local1", gamma="local2", delta="local1"))
    assert {host: asked.place for host, asked in found.items()} == {"host_acme": "local2", "host_beta": "local1"}
    mine = {"host_acme": ["host_acme", "host_gamma"], "host_beta": ["host_beta", "host_delta"]}
    for host, asked in found.items():
        assert asked.stacks == mine[host]
        assert asked.clusters == asked.redis == {"local/shared": mine[host]}


def test_an_object_store_is_asked_once_for_all() -> None:
    found = assignments(members(acme="local2", beta="local1", gamma="local2", delta="local1"))
    (hosts,) = [hosts for asked in found.values() for hosts in asked.buckets.values()]
    assert sorted(hosts) == ["host_acme", "host_beta", "host_delta", "host_gamma"]


def test_whoever_asks_a_service_uses_it_himself() -> None:
    """The first tenant says how the service is reached from there."""
    found = assignments(members(acme="local1", beta="local2", gamma="local2"))
    for asked in found.values():
        for hosts in (*asked.clusters.values(), *asked.redis.values(), *asked.buckets.values()):
            assert hosts[0] in asked.stacks


def test_a_dedicated_cluster_is_asked_beside_the_shared_one() -> None:
    own = factories.tenant(
        "globex",
        odoo_hosting_model="dedicated",
        odoo_postgresql_cluster="own",
        odoo_redis_instance="own",
        odoo_host="g.example.com",
    )
    (asked,) = assignments([*members(acme="local1"), Member("host_globex", own)]).values()
    assert asked.clusters == {"local/own": ["host_globex"], "local/shared": ["host_acme"]}


def test_canaries_come_first_and_regions_one_after_the_other() -> None:
    tenants = [
        Member("b", factories.tenant("b", odoo_region="west")),
        Member("c", factories.tenant("c", odoo_region="east")),
        Member("a", factories.tenant("a", odoo_region="west")),
        Member("d", factories.tenant("d", odoo_region="west", odoo_canary=True)),
    ]
    assert converge_order(tenants) == (["d"], ["c", "a", "b"])


def row(**changes: t.Any) -> CatalogRow:
    tenant = factories.tenant()
    values: dict[str, t.Any] = {
        "comment": database.comment(tenant),
        "role_limit": connection_budget(tenant),
        "reporting_limit": tenant.reporting_connections,
        "reporting_read_only": True,
        "template_exists": True,
        "draft_exists": False,
        "content": ("{acme_production=c/provisioner}", 700, 123456, 690, 98765, "0123", "4567"),
        **changes,
    }
    return CatalogRow(**values)


def verified(found: CatalogRow) -> CatalogRow:
    comment = {**(found.comment or {}), catalog.VERIFIED: catalog.verification(found, PASSWORDS)}
    return dataclasses.replace(found, comment=comment)


def actions(found: CatalogRow, passwords: tuple[str, str] = PASSWORDS) -> list[str]:
    return [step.action for step in plan_present(factories.tenant(), catalog.observed(found, passwords))]


def test_a_database_that_was_verified_and_has_not_changed_needs_nothing() -> None:
    assert actions(verified(row())) == []


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(
            {"content": ("{acme_production=c/provisioner}", 701, 123456, 690, 98765, "0123", "4567")}, id="table"
        ),
        pytest.param(
            {"content": ("{acme_production=c/provisioner}", 700, 123456, 689, 98765, "0123", "4567")}, id="grant"
        ),
        pytest.param({"content": (None, 700, 123456, 690, 98765, "0123", "4567")}, id="connect"),
        pytest.param(
            {"content": ("{acme_production=c/provisioner}", 700, 123456, 690, 98765, "ffff", "4567")}, id="password"
        ),
    ],
)
def test_what_changed_inside_a_database_is_looked_at(change: dict[str, t.Any]) -> None:
    assert actions(dataclasses.replace(verified(row()), **change)) == ["record"]


def test_another_password_of_the_inventory_is_tried() -> None:
    assert actions(verified(row()), ("database-password", "another")) == ["record"]


def test_a_database_of_before_is_looked_at_once() -> None:
    assert actions(row()) == ["record"]
    assert actions(row(comment=None)) == ["clone", "open_reporting", "record"]


def test_what_the_catalogs_show_is_planned_as_for_one_tenant() -> None:
    assert actions(verified(row(role_limit=1))) == ["limit_role", "record"]
    assert actions(verified(row(reporting_limit=None))) == ["create_reporting", "open_reporting", "record"]


def test_the_digest_tells_nothing_to_who_does_not_know_the_passwords() -> None:
    first, second = (catalog.verification(row(), (word, "same")) for word in ("a", "b"))
    assert first != second
    assert len(first) == 16


def test_a_request_survives_its_journey_and_sends_shared_values_once() -> None:
    variables = {
        name: {**factories.variables(odoo_host=f"{name}.example.com"), "odoo_tenant": name} for name in ("acme", "beta")
    }
    purposes = ("database", "redis", "s3_access_key", "s3_secret_key", "master", "reporting")
    secrets = {name: {purpose: f"{name}-{purpose}" for purpose in purposes} for name in variables}
    services_of = {"local/shared": {"password": "p", "tenants": ["acme", "beta"]}}
    text = fleet_request.encode(variables, secrets, stacks=["acme"], clusters=services_of)
    assert set(json.loads(text)["tenants"]["acme"]["own"]) == {"odoo_host", "odoo_tenant"}
    request = fleet_request.parse_request(text)
    assert request.tenants["beta"].tenant == factories.tenant("beta", odoo_host="beta.example.com")
    assert request.tenants["beta"].passwords == ("beta-database", "beta-reporting")
    assert request.stacks == ("acme",)
    assert request.clusters["local/shared"].tenants == ("acme", "beta")
    assert "beta-redis" not in repr(request)


INVENTORY = {
    "names": {"host_a": "a", "host_b": "b", "host_c": "c"},
    "canaries": ["host_c"],
    "others": ["host_a", "host_b"],
    "representatives": {
        "host_a": {"stacks": ["host_a", "host_b"], "clusters": {}, "redis": {}, "buckets": {}},
        "host_c": {"stacks": ["host_c"], "clusters": {"s": ["host_b"]}, "redis": {}, "buckets": {}},
    },
}
STEP = {"action": "start_container", "subject": "b-web", "cause": "it is exited"}


def test_only_tenants_with_a_plan_are_converged() -> None:
    asked = {"host_a": {"fleet_place": {"plans": {"b": [STEP]}}}, "host_c": {"fleet_place": {"plans": {}}}}
    agenda = fleet_agenda(INVENTORY, asked)
    assert (agenda["canaries"], agenda["others"], agenda["unasked"]) == ([], ["host_b"], [])
    assert agenda["summary"] == "3 tenants: 2 as declared, 1 to converge (b)"
    assert agenda["tenants"]["b"] == {"host": "host_b", "changes": True, "steps": [STEP]}
    assert agenda["tenants"]["a"] == {"host": "host_a", "changes": False, "steps": []}


def test_everything_is_converged_where_that_is_said() -> None:
    asked: dict[str, t.Any] = {"host_a": {"fleet_place": {"plans": {}}}, "host_c": {"fleet_place": {"plans": {}}}}
    agenda = fleet_agenda(INVENTORY, asked, everything=True)
    assert (agenda["canaries"], agenda["others"]) == (["host_c"], ["host_a", "host_b"])


def test_a_place_that_did_not_answer_says_nothing_of_whom_it_was_asked_for() -> None:
    asked = {"host_a": {"fleet_place": {"plans": {"b": [STEP]}}}, "host_c": {"fleet_place": {"failed": True}}}
    agenda = fleet_agenda(INVENTORY, asked)
    assert (agenda["others"], agenda["unasked"]) == ([], ["b", "c"])
    assert "2 of places that did not answer" in agenda["summary"]


def found(name: str, value: t.Any) -> list[str]:
    return [one.where for one in clear_text.find(name, value, encrypted=lambda one: one == "from a vault")]


@pytest.mark.parametrize(
    ("name", "value", "where"),
    [
        ("postgresql_password", "hunter2", ["postgresql_password"]),
        ("ansible_become_pass", 12345, ["ansible_become_pass"]),
        ("odoo_config", {"admin_passwd": "x", "workers": 2}, ["odoo_config.admin_passwd"]),
        ("logins", [{"user": "a", "token": "b"}], ["logins.0.token"]),
        ("mirror", "https://user:word@mirror.example.com/x", ["mirror"]),
        ("tls", "-----BEGIN EC PRIVATE KEY-----", ["tls"]),
        ("postgresql_password", "{{ lookup('env', 'X') }}", []),
        ("postgresql_password", "from a vault", []),
        ("backup", {"secret": "object_storage/backups"}, []),
        ("odoo_secret_path", "/srv/secrets", []),
        ("odoo_secret_generate", True, []),
        ("object_storage_secrets", "object_storage_offsite", []),
        ("ansible_ssh_private_key_file", "/home/x/.ssh/id", []),
        ("certificate", "-----BEGIN CERTIFICATE-----", []),
    ],
)
def test_secrets_in_clear_text_are_found_by_name_and_form(name: str, value: t.Any, where: list[str]) -> None:
    assert found(name, value) == where


def test_a_place_must_be_there_and_in_the_tenants_region() -> None:
    tenant = factories.tenant()
    assert place_references.problems([tenant], {}) == []
    assert place_references.problems([tenant], {"docker": {"local1": "local"}}) == []
    (missing,) = place_references.problems([tenant], {"docker": {"other": "local"}})
    assert "odoo_place='local1': must be a host of the group docker_hosts; there are: other" in missing
    (elsewhere,) = place_references.problems([tenant], {"docker": {"local1": "moon", "local2": "local"}})
    assert "must name one of local2" in elsewhere


def test_each_key_of_a_service_says_what_it_accepts() -> None:
    entry = {"host": "192.0.2.1", "port": "tls", "primary_port": 5500, "max_connections": True}
    assert services.problems("odoo_postgresql_clusters", {"shared": entry}) == [
        "odoo_postgresql_clusters.shared.port='tls': must be a whole number from 1 to 65535",
        "odoo_postgresql_clusters.shared.max_connections=True: must be a whole number from 1 to 1000000",
    ]
