"""pgbackrest-archive, run with a stand-in for pgBackRest that notes what it is asked and refuses for some repositories."""

from __future__ import annotations

import os
import subprocess
import typing as t
from pathlib import Path

import pytest

PROGRAM = (
    Path(__file__).resolve().parents[2]
    / "collections/ansible_collections/sysgenpro/odoo/roles/images/files/postgresql/pgbackrest-archive"
)
STAND_IN = """#!/bin/bash
[[ -n $AWAY && $1 == --config=*/archive-$AWAY.conf ]] && exit 104
flock calls echo "${1##*/archive-} $2 $3 $4" >> calls
"""


class Archive(t.NamedTuple):
    """A data directory with waiting segments, and configurations beside it."""

    folder: Path

    def ask(self, away: str = "") -> tuple[int, list[str]]:
        """The exit status, and what the stand-in was asked with success."""
        environment = {
            **os.environ,
            "PATH": f"{self.folder}/bin:{os.environ['PATH']}",
            "ARCHIVE_CONFIGURATIONS": f"{self.folder}/etc",
            "AWAY": away,
        }
        argv = ["bash", str(PROGRAM), "globex", "pg_wal/000000010000000000000002"]
        done = subprocess.run(argv, cwd=self.folder, env=environment, check=False, timeout=30)
        calls = self.folder / "calls"
        return done.returncode, sorted(calls.read_text().splitlines()) if calls.exists() else []


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    for number in (1, 2):
        (tmp_path / "etc").mkdir(exist_ok=True)
        (tmp_path / f"etc/archive-{number}.conf").touch()
    waiting = tmp_path / "pg_wal/archive_status"
    waiting.mkdir(parents=True)
    for number in (2, 3, 4):
        (waiting / f"00000001000000000000000{number}.ready").touch()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/pgbackrest").write_text(STAND_IN)
    (tmp_path / "bin/pgbackrest").chmod(0o755)
    return Archive(tmp_path)


def asked(repository: int, segment: int) -> str:
    return f"{repository}.conf --stanza=globex archive-push pg_wal/00000001000000000000000{segment}"


def test_a_segment_is_archived_when_every_repository_has_it(archive: Archive) -> None:
    assert archive.ask() == (0, [asked(1, 2), asked(2, 2)])


@pytest.mark.parametrize(("away", "other"), [("1", 2), ("2", 1)])
def test_while_one_repository_is_away_the_other_gets_what_waits(archive: Archive, away: str, other: int) -> None:
    assert archive.ask(away) == (104, [asked(other, 2), asked(other, 4)])


def test_with_all_of_them_away_nothing_is_archived(archive: Archive) -> None:
    assert archive.ask("?") == (104, [])


def test_without_a_repository_nothing_is_archived(archive: Archive) -> None:
    for path in (archive.folder / "etc").iterdir():
        path.unlink()
    assert archive.ask("*")[0] != 0
