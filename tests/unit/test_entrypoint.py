# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the Odoo image's entrypoint reads and merges configuration, and what odoo-health calls healthy."""

from __future__ import annotations

import configparser
import http.server
import importlib.machinery
import importlib.util
import json
import os
import stat
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

FILES = Path(__file__).parents[2] / "collections/ansible_collections/sysgenpro/odoo/roles/images/files/odoo"


def load(name: str) -> ModuleType:
    loader = importlib.machinery.SourceFileLoader(name.replace("-", "_"), str(FILES / name))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


@pytest.fixture
def entrypoint() -> ModuleType:
    return load("odoo-entrypoint")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for folder in ("etc/odoo", "run/secrets", "run/odoo"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "etc/odoo/odoo.conf").write_text("[options]\ndb_name = acme\nworkers = 2\n")
    return tmp_path


@pytest.fixture
def became(entrypoint: ModuleType, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The programs the entrypoint became; its environment is put back afterwards."""
    calls: list[list[str]] = []
    monkeypatch.setattr(os, "environ", dict(os.environ))
    monkeypatch.setattr(entrypoint.os, "execvp", lambda _file, arguments: calls.append(arguments))
    return calls


def parsed(text: str) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser()
    parser.read_string(text)
    return parser


def test_the_plain_fragment_alone_is_enough(entrypoint: ModuleType, root: Path) -> None:
    assert dict(parsed(entrypoint.merge(root)).items("options")) == {"db_name": "acme", "workers": "2"}


def test_the_secret_fragment_wins_option_by_option(entrypoint: ModuleType, root: Path) -> None:
    (root / "run/secrets/odoo.conf").write_text(
        "[options]\nDB_Password = p%w\nworkers = 4\n[session_redis]\npassword = x\n"
    )
    merged = parsed(entrypoint.merge(root))
    assert dict(merged.items("options")) == {"db_name": "acme", "workers": "4", "db_password": "p%w"}
    assert merged.get("session_redis", "password") == "x"


def test_values_read_with_interpolation_arrive_as_written(entrypoint: ModuleType, root: Path) -> None:
    (root / "run/secrets/odoo.conf").write_text("[session_redis]\npassword = a%b%%c\n")
    reader = configparser.ConfigParser()
    reader.read_string(entrypoint.merge(root))
    assert reader.get("session_redis", "password") == "a%b%%c"


def test_the_merged_file_is_for_its_owner_alone(entrypoint: ModuleType, root: Path, became: list[list[str]]) -> None:
    (root / "run/odoo/odoo.conf").write_text("left over")
    entrypoint.main([], root)
    merged = root / "run/odoo/odoo.conf"
    assert stat.S_IMODE(merged.stat().st_mode) == 0o600
    assert "db_name = acme" in merged.read_text()
    assert [path.name for path in merged.parent.iterdir()] == ["odoo.conf"]
    assert became == [["odoo"]]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], ["odoo"]),
        (["--stop-after-init"], ["odoo", "--stop-after-init"]),
        (["gevent"], ["odoo", "gevent"]),
        (["/usr/local/bin/odoo-template", "--country", "FR"], ["/usr/local/bin/odoo-template", "--country", "FR"]),
    ],
)
def test_the_program_to_become(entrypoint: ModuleType, arguments: list[str], expected: list[str]) -> None:
    assert entrypoint.command(arguments) == expected


def test_server_environment_and_libpq_get_their_variables(entrypoint: ModuleType, root: Path) -> None:
    (root / "etc/odoo/ca.crt").write_text("certificate")
    plain = "[fs_storage.attachments]\noptions = {}\n"
    (root / "etc/odoo/server_env.conf").write_text(plain)
    (root / "run/secrets/server_env.conf").write_text(
        "[environment]\nODOO_S3_SECRET = a%b\n[mail.outgoing]\nsmtp_Pass = y\n"
    )
    variables = entrypoint.environment(root)
    assert variables["ODOO_RC"] == str(root / "run/odoo/odoo.conf")
    assert variables["PGSSLROOTCERT"] == str(root / "etc/odoo/ca.crt")
    assert variables["SERVER_ENV_CONFIG"] == plain
    assert variables["ODOO_S3_SECRET"] == "a%b"
    assert variables["SERVER_ENV_CONFIG_SECRET"] == "[mail.outgoing]\nsmtp_Pass = y\n\n"


def test_without_optional_files_only_odoo_is_configured(entrypoint: ModuleType, root: Path) -> None:
    assert set(entrypoint.environment(root)) == {"ODOO_RC"}


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("etc/odoo/odoo.conf", None, "odoo.conf is missing"),
        ("etc/odoo/odoo.conf", "[other]\n", "has no section [options]"),
        ("etc/odoo/odoo.conf", "hunter2\n", "line 1: an option stands before the first [section]"),
        ("etc/odoo/odoo.conf", "[options]\nhunter2\n", "line 2: neither a [section] nor 'option = value'"),
        (
            "run/secrets/odoo.conf",
            "[options]\na = hunter2\nA = hunter2\n",
            "line 3: option a of [options] stands twice",
        ),
        ("run/secrets/odoo.conf", "[options]\n[options]\n", "line 2: section [options] stands twice"),
        ("etc/odoo/server_env.conf", "hunter2\n", "server_env.conf line 1"),
        ("run/secrets/server_env.conf", "[environment]\nld path = hunter2\n", "is not the name of a variable"),
    ],
)
def test_a_wrong_fragment_ends_with_78_and_no_value_shown(
    entrypoint: ModuleType,
    root: Path,
    became: list[list[str]],
    capsys: pytest.CaptureFixture[str],
    file: str,
    text: str | None,
    message: str,
) -> None:
    if text is None:
        (root / file).unlink()
    else:
        (root / file).write_text(text)
    with pytest.raises(SystemExit) as ended:
        entrypoint.main([], root)
    shown = capsys.readouterr().err
    assert ended.value.code == 78
    assert message in shown
    assert "hunter2" not in shown
    assert became == []


def test_an_unwritable_target_is_explained(
    entrypoint: ModuleType, root: Path, became: list[list[str]], capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "run/odoo").rmdir()
    with pytest.raises(SystemExit) as ended:
        entrypoint.main([], root)
    assert ended.value.code == 78
    assert "is " + str(root / "run/odoo") + " a tmpfs of this user?" in capsys.readouterr().err
    assert became == []


@pytest.fixture
def answering() -> Iterator[Callable[[int, Any], str]]:
    """Start an HTTP server that gives one answer; returns its address."""
    servers: list[http.server.HTTPServer] = []

    def start(status: int, body: Any) -> str:
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body if isinstance(body, bytes) else json.dumps(body).encode())

            def log_message(self, *_arguments: Any) -> None:
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/web/health"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "body", "query", "expected"),
    [
        (200, {"status": "pass"}, "", None),
        (200, {"status": "pass", "db_server_status": True}, "?db_server_status=1", None),
        (200, {"status": "pass"}, "?db_server_status=1", "the database was not checked"),
        (200, {"status": "fail"}, "", "the status is not pass"),
        (200, ["pass"], "", "the status is not pass"),
        (200, b"<html>", "", "Expecting value: line 1 column 1 (char 0)"),
        (500, {"status": "fail"}, "", "HTTP 500"),
    ],
)
def test_health(answering: Callable[[int, Any], str], status: int, body: Any, query: str, expected: str | None) -> None:
    assert load("odoo-health").problem(answering(status, body) + query) == expected


def test_health_of_a_closed_port(capsys: pytest.CaptureFixture[str]) -> None:
    health = load("odoo-health")
    assert health.main(["http://127.0.0.1:1/"]) == 1
    assert "refused" in capsys.readouterr().err
    assert health.main([]) == 1
