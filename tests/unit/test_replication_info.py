"""What postgresql_replication_info names, and how it reads."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible.module_utils.testing import patch_module_args
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters import replication as adapter
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model import replication as model
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError
from ansible_collections.sysgenpro.odoo.plugins.modules import postgresql_replication_info

BOUNDS = model.Bounds(synchronous_standbys=1, lag=1000, slot_retained=5000, wraparound=0.5)


def seen(**changes: t.Any) -> model.Replication:
    values = {
        "in_recovery": False,
        "synchronous_standby_names": '"db2"',
        "standbys": (
            model.Standby("db2", "10.0.0.2", "streaming", "sync", 0, 0.001, 0.001, 0.002),
            model.Standby("db3", "10.0.0.3", "streaming", "async", 0, None, None, None),
        ),
        "slots": (model.Slot("db2", "physical", True, 100, "reserved"),),
        "archiver": model.Archiver(True, 10, 0, 30.0, None),
        "wraparound": (model.Wraparound("postgres", 0.01, 0.0),),
        **changes,
    }
    return model.Replication(**values)


def standby(sync_state: str = "sync", lag: int | None = 0, state: str = "streaming") -> dict[str, t.Any]:
    return {"standbys": (model.Standby("db2", "10.0.0.2", state, sync_state, lag, None, None, None),)}


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"standbys": ()}, [("synchronous_standby_lost", "")]),
        (standby("async"), [("synchronous_standby_lost", "")]),
        (standby("quorum"), []),
        (standby(state="catchup"), [("synchronous_standby_lost", "")]),
        ({"standbys": (), "in_recovery": True}, []),
        (standby(lag=1000), []),
        (standby(lag=1001), [("replica_lagging", "db2")]),
        ({"slots": (model.Slot("gone", "physical", False, 5001, "extended"),)}, [("slot_retains_wal", "gone")]),
        ({"slots": (model.Slot("new", "physical", False, None, None),)}, []),
        ({"archiver": model.Archiver(True, 0, 3, None, 2.0)}, [("archiver_failing", "")]),
        ({"archiver": model.Archiver(True, 9, 3, 60.0, 2.0)}, [("archiver_failing", "")]),
        ({"archiver": model.Archiver(True, 9, 3, 2.0, 60.0)}, []),
        ({"archiver": model.Archiver(False, 0, 3, None, 2.0)}, []),
        ({"wraparound": (model.Wraparound("acme", 0.51, 0.0),)}, [("wraparound_near", "acme")]),
        ({"wraparound": (model.Wraparound("acme", 0.0, 0.51),)}, [("wraparound_near", "acme")]),
    ],
)
def test_a_condition_has_a_name_and_says_what_is_accepted(
    changes: dict[str, t.Any], expected: list[tuple[str, str]]
) -> None:
    found = model.conditions(seen(**changes), BOUNDS)
    assert [(condition.name, condition.subject) for condition in found] == expected
    assert {condition.name for condition in found} <= set(model.CONDITIONS)


def test_no_standby_is_missed_where_none_is_wanted() -> None:
    assert model.conditions(seen(standbys=()), BOUNDS._replace(synchronous_standbys=0)) == ()


class Connection:
    """Answers each query with the rows it was given for it."""

    def __init__(self, rows: dict[str, list[tuple[t.Any, ...]]]) -> None:
        self.rows = rows

    def cursor(self) -> Connection:
        return self

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_exception: object) -> None:
        pass

    def execute(self, statement: str, _parameters: object) -> None:
        self.statement = statement

    def fetchall(self) -> list[tuple[t.Any, ...]]:
        return self.rows[self.statement]


def test_rows_become_what_is_returned() -> None:
    rows: dict[str, list[tuple[t.Any, ...]]] = {
        adapter.SERVER: [(False, '"db2"', True, True)],
        adapter.STANDBYS: [("db2", "10.0.0.2", "streaming", "sync", 7, 0.1, 0.2, 0.3)],
        adapter.SLOTS: [("db2", "physical", True, 100, "reserved")],
        adapter.ARCHIVER: [(10, 1, 3.0, 90.0, 512)],
        adapter.WRAPAROUNDS: [("postgres", 0.02, 0.0)],
    }
    public = adapter.observe(Connection(rows)).public()
    assert public["standbys"][0]["lag"] == 7
    assert public["synchronous_standbys"] == ["db2"]
    assert public["archiver"] == {
        "enabled": True,
        "archived": 10,
        "failed": 1,
        "since_success": 3.0,
        "since_failure": 90.0,
        "behind": 512,
    }
    assert json.loads(json.dumps(public)) == public


def test_a_role_that_sees_nothing_is_told_which_right_it_lacks() -> None:
    with pytest.raises(OdooError, match="GRANT pg_read_all_stats"):
        adapter.observe(Connection({adapter.SERVER: [(False, "", True, False)]}))


def test_a_server_that_does_not_answer_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    password = "hidden-from-every-result"
    given = {"login_host": "127.0.0.1", "login_port": 1, "login_password": password}
    with patch_module_args(given), pytest.raises(SystemExit):
        postgresql_replication_info.main()
    printed = capsys.readouterr().out
    assert "Failed to read the replication of 127.0.0.1:1" in json.loads(printed)["msg"]
    assert password not in printed
