"""What a restore is asked for, which backup it begins with, what its containers get."""

from __future__ import annotations

import dataclasses
import importlib
import json
import re
import typing as t

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.sysgenpro.odoo.plugins.filter.backup_repositories import backup_repositories
from ansible_collections.sysgenpro.odoo.plugins.filter.drill_network import drill_network
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.restore import Database, parse
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.served import served_from
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan import restore as plan
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan.database import (
    ObservedDatabase,
    former_pattern,
    plan_absent_database,
)
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan.stack import plan_stopped
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan.types import Container, Observed
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render import hold, home, restore, trial
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError

from . import factories

SECRET = "hidden-from-every-argument"
REPOSITORY = {
    "host": "192.0.2.8",
    "port": 8333,
    "bucket": "backups",
    "region": "us-east-1",
    "access_key": "KEY",
    "secret_key": SECRET,
}


def asked(**changes: t.Any) -> dict[str, t.Any]:
    """A module's arguments."""
    given: dict[str, t.Any] = {
        "state": "present",
        "name": "acme",
        "region": "local",
        "image": "sysgenpro/postgresql:17",
        "stanza": "shared",
        "repositories": [REPOSITORY, {**REPOSITORY, "bucket": "offsite"}],
        "repository": 1,
        "cipher": SECRET,
        "databases": [{"name": "acme", "oid": 16500}],
        "target_lsn": "0/5000148",
        "target_time": "",
        "target_timeline": "2",
        "address": "192.0.2.1",
        "port": 0,
        "access": [{"database": "acme", "user": "acme", "verifier": None}],
        "memory_mb": 1024,
        "network": None,
        "volume": None,
        "path": "/var/lib/sysgenpro/restores",
    }
    return {**given, **changes}


def backup(label: str, stop: str, *, timeline: int = 1, time: int = 1000, error: bool = False) -> dict[str, t.Any]:
    """A backup as pgbackrest info lists it."""
    archive = {"start": f"{timeline:08X}0000000000000001", "stop": f"{timeline:08X}0000000000000002"}
    lsn = {"start": "0/0", "stop": stop}
    return {"label": label, "lsn": lsn, "archive": archive, "timestamp": {"start": 0, "stop": time}, "error": error}


INFO = [
    {
        "backup": [
            backup("full", "0/2000000", time=1000),
            backup("diff", "0/4000000", time=2000),
            backup("broken", "0/4800000", time=2500, error=True),
            backup("late", "0/6000000", timeline=3, time=3000),
        ]
    }
]


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        ({}, "diff"),
        ({"target_lsn": "0/3FFFFFF"}, "full"),
        ({"target_lsn": "", "target_timeline": "latest"}, "late"),
        ({"target_lsn": "", "target_time": "1970-01-01 00:20:00+00:00", "target_timeline": "latest"}, "full"),
        ({"target_lsn": "1/0"}, "diff"),
    ],
)
def test_a_restore_begins_with_the_newest_backup_before_its_target(changes: dict[str, t.Any], label: str) -> None:
    assert plan.choose(parse(asked(**changes)), plan.backups(INFO)).label == label


def test_a_target_before_every_backup_is_refused_with_the_oldest() -> None:
    with pytest.raises(OdooError, match=r"Repository 2 has no backup that ended before lsn 0/100.*oldest is diff"):
        plan.choose(parse(asked(target_lsn="0/100", repository=2)), plan.backups(INFO))


@pytest.mark.parametrize(
    ("held", "names"),
    [({"acme": 16500, "other": 1}, ("acme",)), ({"acme": 16400}, ()), ({"other": 1}, ()), ({}, ())],
)
def test_a_database_that_the_backup_does_not_have_needs_the_whole_cluster(
    held: dict[str, int], names: tuple[str, ...]
) -> None:
    assert plan.included([Database("acme", 16500)], held) == names


def test_without_an_oid_the_name_is_enough() -> None:
    assert plan.included([Database("acme", 0)], {"acme": 7}) == ("acme",)
    assert plan.included([Database("acme", 0)], {"other": 7}) == ()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"name": "../etc"}, "name='../etc'"),
        ({"repository": 3}, "repository=3 is not known"),
        ({"target_lsn": "5000148"}, "is no LSN"),
        ({"target_time": "2026-01-31 12:00:00+00:00"}, "exclude each other"),
        ({"target_lsn": "", "target_time": "2026-01-31 12:00:00"}, "is not understood"),
        ({"databases": [{"name": "a;b", "oid": 0}]}, "is no database name"),
        ({"access": [{"database": "acme", "user": "a b", "verifier": None}]}, "are no names"),
        ({"access": [{"database": "acme", "user": "acme", "verifier": "'; DROP"}]}, "verifier is malformed"),
        ({"port": 80}, "port=80 is not usable"),
    ],
)
def test_bad_requests_are_named(changes: dict[str, t.Any], told: str) -> None:
    with pytest.raises(OdooError, match=told):
        parse(asked(**changes))


def test_the_module_postgresql_restore_says_what_is_wrong_and_no_secret(capsys: pytest.CaptureFixture[str]) -> None:
    module = importlib.import_module("ansible_collections.sysgenpro.odoo.plugins.modules.postgresql_restore")
    given = {name: value for name, value in asked(target_lsn="nonsense").items() if value is not None}
    given["access"] = [{"database": "acme", "user": "acme"}]
    with patch_module_args(given), pytest.raises(SystemExit):
        module.main()
    printed = capsys.readouterr().out
    assert "Failed to restore cluster acme: target_lsn='nonsense' is no LSN" in json.loads(printed)["msg"]
    assert SECRET not in printed.replace(json.dumps(json.loads(printed).get("invocation", {})), "")


def test_keys_are_in_a_file_and_in_no_argument_or_definition() -> None:
    wanted = parse(asked())
    argv = restore.fetch_command(wanted, "20260131-120000F", ["acme"])
    bodies = json.dumps([restore.fetch_body(wanted, argv), restore.server_body(wanted)])
    assert SECRET not in bodies + repr(wanted)
    texts = {file.path: file.content for file in restore.files(wanted, ca="CA", certificate="C", private_key="K")}
    assert f"repo1-s3-key-secret={SECRET}" in texts["secret/pgbackrest.conf"]
    assert "--db-include=acme" in argv
    assert "--set=20260131-120000F" in argv
    assert "--archive-mode=off" in argv


def test_each_name_has_its_port() -> None:
    ports = {parse(asked(name=name)).port for name in ("acme", "globex", "acme_drill")}
    assert len(ports) == 3
    assert all(5600 <= port < 5700 for port in ports)


def test_repositories_get_their_keys_in_order() -> None:
    known: list[dict[str, t.Any]] = [
        {"host": "a", "bucket": "x", "port": 1, "secret": "s/a"},
        {"host": "b", "bucket": "y", "secret": "s/b"},
    ]
    made = backup_repositories(known, ["1", "2"], ["3", "4"])
    assert made[0] == {"host": "a", "bucket": "x", "port": 1, "access_key": "1", "secret_key": "3"}
    assert made[1]["access_key"] == "2"
    with pytest.raises(ValueError, match="zip"):
        backup_repositories(known, ["1"], ["3"])


def test_a_drill_has_addresses_of_its_own() -> None:
    one, other = (drill_network(name, "10.214.0.0/16") for name in ("local-acme-drill", "local-globex-drill"))
    assert one["subnet"] != other["subnet"]
    assert len({one["gateway"], one["database"], one["odoo"]}) == 3
    assert one["bridge"].startswith("drill-")
    assert len(one["bridge"]) <= 15


def test_a_stopped_stack_stops_what_runs_and_removes_nothing() -> None:
    running = [Container(f"acme-{state}", "web", "s", state, "10.0.0.2") for state in ("running", "exited")]
    steps = plan_stopped(Observed(None, tuple(running), {}, "route"))
    assert [(step.action, step.subject) for step in steps] == [("stop_container", "acme-running")]


def test_a_tenant_that_is_served_elsewhere_has_no_proxy_and_no_replica() -> None:
    tenant = served_from(factories.tenant(), "192.0.2.9", 5601)
    endpoint = tenant.postgresql
    assert (endpoint.host, endpoint.port, endpoint.primary_port, endpoint.replica_port) == ("192.0.2.9", 5601, 5601, 0)
    assert dataclasses.replace(tenant, postgresql_clusters=factories.tenant().postgresql_clusters) == factories.tenant()


def test_a_trial_has_no_sessions_mail_queue_or_scheduled_actions() -> None:
    wanted = trial.Trial("10.214.0.4", 5432, SECRET, "READ", SECRET, "drill", "10.214.0.5")
    texts = {file.path: file.content for file in trial.files(factories.tenant(), wanted, ca="CA", master=SECRET)}
    plain = texts["plain/odoo.conf"]
    assert "max_cron_threads = 0" in plain
    assert "queue_job" not in plain
    assert "session_redis" not in plain
    assert "smtp_server = 127.0.0.1" in plain
    assert SECRET not in plain + texts["plain/server_env.conf"] + json.dumps(trial.body(factories.tenant()))


def test_what_is_held_is_remembered_before_it_is_switched_off() -> None:
    for kinds in hold.KINDS.values():
        for kind in kinds:
            remember, switch = hold.hold(kind)
            assert remember.strip().startswith(f"INSERT INTO {hold.TABLE}")
            assert switch.startswith(f"UPDATE {kind.table}")
            back, forget = hold.release(kind, "text")
            assert f"held.kind = '{kind.table}'" in back
            assert forget.startswith(f"DELETE FROM {hold.TABLE}")


def test_a_copy_home_names_no_password() -> None:
    source = home.Source("192.0.2.9", 5600, "acme", "acme", SECRET)
    made = home.files(
        factories.tenant(), source, target=("192.0.2.1", 5500), draft="acme__draft", ca="CA", password=SECRET
    )
    assert SECRET not in "".join(file.content for file in made if not file.secret)
    assert SECRET not in " ".join(home.COPY)


def test_what_restores_kept_aside_goes_before_the_role_that_owns_it() -> None:
    tenant = factories.tenant()
    aside = f"{tenant.database}__20260131120000"
    observed = ObservedDatabase(
        role_limit=10, password_accepted=True, comment={}, template_exists=True, draft_exists=False, former=(aside,)
    )
    steps = [(step.action, step.subject) for step in plan_absent_database(tenant, observed)]
    assert steps == [
        ("drop_former", aside),
        ("drop_database", tenant.database),
        ("drop_role", tenant.database_user),
    ]
    assert re.search(former_pattern(tenant), aside)
    assert not re.search(former_pattern(tenant), f"{tenant.database}_eu__20260131120000")
