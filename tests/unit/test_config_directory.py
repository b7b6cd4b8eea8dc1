# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

COLLECTIONS = Path(__file__).parents[2] / "collections"


def call(path: Path, *, check: bool = False, **parameters: t.Any) -> dict[str, t.Any]:
    """Run the module in a process of its own, as Ansible does, and return its result."""
    arguments = {
        "path": str(path),
        "owner": str(os.getuid()),
        "group": str(os.getgid()),
        "_ansible_check_mode": check,
        "_ansible_remote_tmp": str(path.parent),
        **parameters,
    }
    finished = subprocess.run(
        [sys.executable, "-m", "ansible_collections.sysgenpro.odoo.plugins.modules.config_directory"],
        input=json.dumps({"ANSIBLE_MODULE_ARGS": arguments}),
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(COLLECTIONS)},
    )
    return t.cast("dict[str, t.Any]", json.loads(finished.stdout))


def test_writes_once_and_then_changes_nothing(tmp_path: Path) -> None:
    target = tmp_path / "a" / "etcd"
    files: dict[str, t.Any] = {"files": {"plain.yml": "one\n"}, "secret_files": {"key.pem": "hidden\n"}}
    first, second = call(target, **files), call(target, **files)
    assert (first["changed"], first["changed_files"]) == (True, ["key.pem", "plain.yml"])
    assert (second["changed"], second["changed_files"]) == (False, [])
    assert (target / "plain.yml").read_text() == "one\n"
    assert (target / "key.pem").stat().st_mode & 0o777 == 0o640
    assert target.stat().st_mode & 0o777 == 0o750
    assert sorted(path.name for path in target.iterdir()) == ["key.pem", "plain.yml"]


def test_check_mode_says_what_would_change_and_writes_nothing(tmp_path: Path) -> None:
    result = call(tmp_path / "new", check=True, files={"a": "1"})
    assert result["changed"]
    assert not (tmp_path / "new").exists()


def test_difference_shows_plain_files_and_no_secret(tmp_path: Path) -> None:
    call(tmp_path / "d", files={"a": "old\n"}, secret_files={"b": "old secret\n"})
    result = call(tmp_path / "d", files={"a": "new\n"}, secret_files={"b": "new secret text\n"})
    assert result["diff"][0]["before"] == "old\n"
    assert result["diff"][0]["after"] == "new\n"
    assert "secret text" not in json.dumps(result)
    assert "old secret" not in json.dumps(result)


def test_a_wrong_mode_is_mended(tmp_path: Path) -> None:
    call(tmp_path / "d", files={"a": "1"})
    (tmp_path / "d" / "a").chmod(0o666)
    assert call(tmp_path / "d", files={"a": "1"})["changed"]
    assert (tmp_path / "d" / "a").stat().st_mode & 0o777 == 0o640


def test_files_of_others_stay(tmp_path: Path) -> None:
    call(tmp_path / "d", files={"a": "1"})
    (tmp_path / "d" / "other").write_text("mine")
    call(tmp_path / "d", files={"a": "2"})
    assert (tmp_path / "d" / "other").read_text() == "mine"


@pytest.mark.parametrize(
    ("files", "secret_files", "message"),
    [({"../a": ""}, {}, "'../a' is not a file name"), ({"a": ""}, {"a": ""}, "a: named in files and in secret_files")],
)
def test_bad_names_are_refused(
    tmp_path: Path, files: dict[str, str], secret_files: dict[str, str], message: str
) -> None:
    result = call(tmp_path / "d", files=files, secret_files=secret_files)
    assert result["failed"]
    assert message in result["msg"]
    assert not (tmp_path / "d").exists()
