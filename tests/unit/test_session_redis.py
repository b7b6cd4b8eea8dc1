# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys, index sets and settings of the session store: the part that is not Odoo's."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from types import ModuleType

ADDON = (
    Path(__file__).parents[2]
    / "collections/ansible_collections/sysgenpro/odoo/roles/images/files/addons/sysgenpro_session_redis"
)
SID = "a" * 42 + "b" * 42


def load(name: str) -> ModuleType:
    module_name = f"session_redis_{name}"
    spec = importlib.util.spec_from_file_location(module_name, ADDON / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    spec.loader.exec_module(module)
    return module


keys = load("keys")
settings = load("settings")


def test_a_session_key_holds_the_hash_of_the_whole_id() -> None:
    assert keys.session_key("acme:", SID) == "acme:s:" + hashlib.sha256(SID.encode()).hexdigest()
    assert SID[:42] not in keys.session_key("acme:", SID)


def test_a_member_of_the_index_leads_to_its_session() -> None:
    assert keys.member_key("acme:", keys.digest(SID)) == keys.session_key("acme:", SID)


def test_soft_rotation_keeps_the_index_and_changes_the_session() -> None:
    rotated = SID[:42] + "c" * 42
    assert keys.index_key("acme:", SID) == keys.index_key("acme:", rotated) == keys.index_key("acme:", SID[:42])
    assert keys.session_key("acme:", SID) != keys.session_key("acme:", rotated)


def test_session_and_index_never_share_a_key() -> None:
    assert keys.index_key("acme:", SID[:42]) != keys.session_key("acme:", SID[:42])


def test_no_command_lists_keys_runs_scripts_or_administers() -> None:
    forbidden = {"scan", "keys", "randomkey", "dbsize", "eval", "evalsha", "config", "client", "acl", "flushdb"}
    assert not forbidden & set(keys.COMMANDS)
    assert len(keys.COMMANDS) == len(set(keys.COMMANDS))


def test_the_readme_names_exactly_the_commands() -> None:
    acl = re.search(r"^user .*", (ADDON / "README.md").read_text(), re.MULTILINE)
    assert acl is not None
    assert tuple(re.findall(r"\+(\S+)", acl.group())) == keys.COMMANDS


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    (tmp_path / "ca.crt").write_text("certificate")
    path = tmp_path / "odoo.conf"
    path.write_text(
        "[options]\nadmin_passwd = 100%\n[session_redis]\nhost = redis.example\nport = 6379\nusername = acme\n"
        f"password = hunter2%%\nca_file = {tmp_path}/ca.crt\nprefix = acme:\n"
    )
    return path


def test_settings_are_read_from_their_section(conf: Path) -> None:
    found = settings.load(str(conf))
    assert (found.host, found.port, found.username, found.prefix) == ("redis.example", 6379, "acme", "acme:")
    assert found.password == "hunter2%"
    assert "hunter2" not in repr(found)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[session_redis]", "[session]", "has no section [session_redis]"),
        ("host = redis.example\n", "", "lacks host"),
        ("username = acme\n", "", "lacks username"),
        ("ca.crt\n", "ca.pem\n", "ca_file in .* names no file"),
        ("6379", "redis", "port in .* is not a port number"),
        ("prefix = acme:", "prefix = acme", "prefix in .* must end with ':'"),
        ("hunter2%%", "hunter2%", "cannot parse .* InterpolationSyntaxError"),
    ],
)
def test_wrong_settings_name_the_option_and_no_value(conf: Path, old: str, new: str, message: str) -> None:
    conf.write_text(conf.read_text().replace(old, new))
    with pytest.raises(settings.SettingsError) as caught:
        settings.load(str(conf))
    assert re.search(re.escape(message).replace(r"\.\*", ".*"), str(caught.value))
    assert "hunter2" not in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(settings.SettingsError, match="cannot read"):
        settings.load(str(tmp_path / "none"))
