# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the backup scheduler holds to be due and to be a problem, whom it asks, and what an agent lets itself be asked."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import json
import re
import typing as t
from pathlib import Path

import pytest

if t.TYPE_CHECKING:
    from types import ModuleType

FILES = Path(__file__).parents[2] / "collections/ansible_collections/sysgenpro/odoo/roles/images/files/postgresql"
HOURS = {"full": 168, "diff": 24, "incr": 6}
HOUR = 3600.0
NOW = 1_800_000_000.0


def load(name: str) -> ModuleType:
    loader = importlib.machinery.SourceFileLoader(name.replace("-", "_"), str(FILES / name))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.fixture
def scheduler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = load("backup-scheduler")
    monkeypatch.setattr(module, "REPORTS", tmp_path)
    monkeypatch.setattr(module, "KEPT_RUNS", 3)
    return module


@pytest.fixture
def agent() -> ModuleType:
    return load("backup-agent")


def backup(kind: str, hours_ago: float) -> dict[str, t.Any]:
    sizes = {"size": 10, "repository": {"delta": 1}}
    stop = NOW - hours_ago * HOUR
    return {"type": kind, "timestamp": {"stop": stop}, "label": f"{kind}-{hours_ago:g}", "info": sizes}


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ([], "full"),
        ([("full", 1)], None),
        ([("full", 6)], "incr"),
        ([("full", 5.9)], None),
        ([("full", 23), ("incr", 1)], None),
        ([("full", 24), ("incr", 1)], "diff"),
        ([("full", 100), ("diff", 23), ("incr", 7)], "incr"),
        ([("full", 168), ("diff", 1)], "full"),
        ([("full", 200), ("full", 3)], None),
        # Without its full backup a differential one is worth nothing.
        ([("diff", 1), ("incr", 1)], "full"),
    ],
)
def test_the_longest_overdue_type_is_due(scheduler: ModuleType, held: list[tuple[str, float]], expected: str) -> None:
    assert scheduler.due([backup(*item) for item in held], HOURS, NOW) == expected


def states(**changes: t.Any) -> dict[str, dict[str, t.Any]]:
    well = {"checked": NOW, "newest": NOW - HOUR, "error": "", "lost": None}
    return {"1": well, "2": {**well, **changes}}


CONFIG = {
    "stanza": "shared",
    "repositories": ["store/backups", "offsite/backups"],
    "members": [{"name": name, "address": "192.0.2.1", "port": 1} for name in ("db1", "db2")],
    "hours": HOURS,
    "seconds": 100,
    "interval": 60,
}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (states(), None),
        (states(newest=NOW - 12 * HOUR), None),
        (states(newest=NOW - 12.1 * HOUR), r"repository 2 \(offsite/backups\): the newest backup is of 2027"),
        (states(newest=None), "is of never"),
        (states(error="no answer"), r"repository 2 \(offsite/backups\): no answer"),
        (states(checked=NOW - 701), "was last looked at"),
        ({"1": states()["1"]}, r"repository 2 \(offsite/backups\) was not looked at"),
        ({}, "repository 1"),
    ],
)
def test_a_problem_names_repository_and_reason(
    scheduler: ModuleType, found: dict[str, t.Any], expected: str | None
) -> None:
    said = scheduler.problem(found, CONFIG, NOW)
    assert said is None if expected is None else re.search(expected, said)


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        ([("primary", False), ("standby", False)], "db2"),
        ([("primary", False), ("down", False)], "db1"),
        # Who is at work is joined, whatever it is by now.
        ([("primary", True), ("standby", False)], "db1"),
        ([("down", False), ("down", False)], None),
        ([], None),
    ],
)
def test_a_standby_is_asked_where_there_is_one(
    scheduler: ModuleType, roles: list[tuple[str, bool]], expected: str | None
) -> None:
    members = t.cast("list[dict[str, t.Any]]", CONFIG["members"])
    seen = [
        (member, {"role": role, "job": {"running": True} if at_work else None})
        for member, (role, at_work) in zip(members, roles, strict=False)
    ]
    found = scheduler.choose(seen)
    assert (found and found["name"]) == expected


class Cluster:
    """Agents that answer without a network: `held` per repository, repositories in `down` do not answer."""

    def __init__(
        self, scheduler: ModuleType, held: dict[int, list[dict[str, t.Any]]], down: t.Collection[int] = ()
    ) -> None:
        self.config, self.held, self.down = CONFIG, held, down
        self.scheduler = scheduler
        self.ran: list[tuple[str, int, str]] = []

    def info(self, repository: int) -> dict[str, t.Any]:
        if repository in self.down:
            raise self.scheduler.Failed("[049]: unable to connect")
        code = 1 if repository not in self.held else 0
        return {"status": {"code": code, "message": ""}, "repo": [], "backup": self.held.get(repository, [])}

    def run(self, command: str, repository: int, kind: str = "") -> str:
        self.ran.append((command, repository, kind))
        held = self.held.setdefault(repository, [])
        if command == "backup":
            held.append(backup(kind, 0))
        return "db2"


def test_a_missing_stanza_is_made_and_its_first_backup_is_full(scheduler: ModuleType) -> None:
    cluster = Cluster(scheduler, {})
    state = scheduler.look(cluster, 1, {}, NOW)
    assert cluster.ran == [("stanza-create", 1, ""), ("backup", 1, "full")]
    assert (state["error"], state["newest"]) == ("", NOW)


def test_a_repository_that_is_down_keeps_what_was_known_and_says_so(
    scheduler: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    state = scheduler.look(Cluster(scheduler, {}, down=[2]), 2, {"newest": NOW - HOUR}, NOW)
    assert (state["newest"], state["error"]) == (NOW - HOUR, "[049]: unable to connect")
    said = json.loads(capsys.readouterr().out)
    assert said["store"] == "offsite/backups"
    assert said["result"] == "failed"
    assert json.loads((scheduler.REPORTS / "runs.jsonl").read_text()) == said


def test_a_backup_that_somebody_removed_is_reported(scheduler: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    held = {1: [backup("full", 5)]}
    state = scheduler.look(Cluster(scheduler, held), 1, {"newest": NOW - HOUR}, NOW)
    assert state["lost"] == NOW
    assert json.loads(capsys.readouterr().out.splitlines()[0])["result"] == "lost"


def test_reports_do_not_grow_for_ever(scheduler: ModuleType) -> None:
    for number in range(5):
        scheduler.say({"number": number})
    kept = (scheduler.REPORTS / "runs.jsonl").read_text().splitlines()
    assert [json.loads(line)["number"] for line in kept] == [2, 3, 4]


CONFIGURATION = """[global]
repo1-type=s3
repo1-s3-key=one
repo2-type=s3
repo2-cipher-pass=two
repo12-type=s3
process-max=2

[shared]
pg1-path=/var/lib/postgresql/data
"""


def test_a_command_sees_one_repository(agent: ModuleType) -> None:
    first = agent.only(CONFIGURATION, 1)
    assert "repo1-s3-key=one" in first
    assert "repo2" not in first
    assert "repo12" not in first
    assert "pg1-path" in first
    assert agent.only(CONFIGURATION, 2).count("repo2-") == 2


def test_the_error_is_one_line(agent: ModuleType) -> None:
    output = (
        "2026-11-25 02:10:42.803 P00   WARN: something\n"
        "2026-11-25 02:10:42.803 P00  ERROR: [049]: unable to load info file:\n"
        "                                    HostConnectError: [111] Connection refused\n"
        "                                    HostConnectError: [111] Connection refused\n"
        "                                    HINT: has a stanza-create been performed?\n"
        "2026-11-25 02:10:42.900 P00   INFO: end\n"
    )
    assert (
        agent.last_error(output) == "ERROR: [049]: unable to load info file: HostConnectError: [111] Connection refused"
    )
    assert agent.last_error("") == ""
    assert agent.last_error("Killed\n") == "Killed"


@pytest.mark.parametrize(
    ("command", "repository", "kind"),
    [("restore", 1, ""), ("expire", 1, ""), ("backup", 3, "full"), ("backup", 1, "full --repo=2"), ("backup", 1, "")],
)
def test_an_agent_refuses_everything_else(agent: ModuleType, command: str, repository: int, kind: str) -> None:
    member = agent.Member({"repositories": 2, "stanza": "shared", "port": 1, "seconds": 1})
    with pytest.raises(agent.Refused) as refused:
        member.start(command, repository, kind)
    assert refused.value.status == 400
    assert member.job is None


def test_one_job_at_a_time(agent: ModuleType) -> None:
    member = agent.Member({"repositories": 2, "stanza": "shared", "port": 1, "seconds": 1})
    member.job = {"id": "x", "running": True}
    with pytest.raises(agent.Refused) as refused:
        member.start("backup", 1, "full")
    assert (refused.value.status, refused.value.answer["job"]["id"]) == (409, "x")


@pytest.mark.parametrize(
    ("backed_up", "archived", "expected"),
    [
        (["00000001"], ["00000001"], False),
        (["00000001"], ["00000002"], True),
        (["00000001", "00000002"], ["00000002"], False),
        (["00000009"], ["0000000A"], True),
        ([], ["00000002"], False),
        (["00000001"], [], False),
    ],
)
def test_a_fail_over_wants_a_backup_at_once(
    scheduler: ModuleType, backed_up: list[str], archived: list[str], expected: bool
) -> None:
    """WAL that a lost leader had not archived is in no repository: a backup before it restores to that gap at most."""
    found = {
        "backup": [{"archive": {"start": f"{line}{'0' * 16}", "stop": f"{line}{'0' * 16}"}} for line in backed_up],
        "archive": [{"min": f"{line}{'0' * 16}", "max": f"{line}{'0' * 15}1"} for line in archived],
    }
    assert scheduler.moved_on(found) is expected
