"""The module evidence_keys makes pairs once and keeps them."""

from __future__ import annotations

import importlib
import json
import os
import typing as t

import pytest
from ansible.module_utils.testing import patch_module_args

if t.TYPE_CHECKING:
    from pathlib import Path

module = importlib.import_module("ansible_collections.sysgenpro.odoo.plugins.modules.evidence_keys")


def start(capsys: pytest.CaptureFixture[str], **arguments: t.Any) -> dict[str, t.Any]:
    with patch_module_args(arguments), pytest.raises(SystemExit):
        module.main()
    return t.cast("dict[str, t.Any]", json.loads(capsys.readouterr().out))


def test_keys_are_made_once_and_their_private_halves_are_the_owners(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "evidence"
    first = start(capsys, path=str(folder), identity=True)
    assert first["changed"]
    assert first["key_id"] in (folder / "minisign.pub").read_text()
    assert first["recipient"].startswith("age1")
    for name in ("minisign.key", "age.key"):
        assert os.stat(folder / name).st_mode & 0o077 == 0
        secret = (folder / name).read_text().splitlines()[-1]
        assert secret not in json.dumps(first)
    second = start(capsys, path=str(folder), identity=True)
    assert not second["changed"]
    assert second["public_key"] == first["public_key"]


def test_half_a_pair_is_refused_and_nothing_is_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "minisign.pub").write_text("RWQ\n")
    answer = start(capsys, path=str(tmp_path))
    assert answer["failed"]
    assert "minisign.pub is there without its other half" in answer["msg"]
    assert [path.name for path in tmp_path.iterdir()] == ["minisign.pub"]


def test_check_mode_makes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = start(capsys, path=str(tmp_path / "evidence"), _ansible_check_mode=True)
    assert answer["changed"]
    assert not (tmp_path / "evidence").exists()
