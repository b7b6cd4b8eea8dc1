# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tenant's Redis user: what is accepted, compared and written."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.util
import typing as t

import pytest
import yaml
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters import redis_server
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge import redis_user as runner
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model import redis_user as model
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan import redis_user as planner
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError
from ansible_collections.sysgenpro.odoo.plugins.modules import odoo_redis_user

if t.TYPE_CHECKING:
    from pathlib import Path

DIGEST = hashlib.sha256(b"secret").hexdigest().encode()


def user(**changes: t.Any) -> model.RedisUser:
    arguments = {"name": "acme", "password": "secret", "key_prefix": "acme:", "commands": ["get", "set"], **changes}
    return model.desired_user(**arguments)


def reply(**changes: t.Any) -> list[t.Any]:
    """ACL GETUSER of Redis 8 over RESP2 for what user() makes."""
    fields: dict[str, t.Any] = {
        "flags": [b"on", b"sanitize-payload"],
        "passwords": [DIGEST],
        "commands": b"-@all +get +set",
        "keys": b"~acme:*",
        "channels": b"",
        "selectors": [],
        **changes,
    }
    return [part for name, value in fields.items() for part in (name.encode(), value)]


class Server:
    """Records what is written, and keeps users as Redis does."""

    def __init__(self, *users: model.RedisUser) -> None:
        self.users = {user.name: user for user in users}
        self.writes: list[tuple[str, ...]] = []

    def acl_user(self, name: str) -> model.RedisUser | None:
        return self.users.get(name)

    def acl_set(self, name: str, rules: t.Sequence[str]) -> None:
        self.writes.append(("set", name, *rules))
        self.users[name] = user()

    def acl_delete(self, name: str) -> None:
        self.writes.append(("delete", name))
        self.users.pop(name)

    def acl_save(self) -> None:
        self.writes.append(("save",))


def test_what_is_set_is_what_is_read_back() -> None:
    assert redis_server.acl_user("acme", reply()) == user()
    assert planner.plan(user(), redis_server.acl_user("acme", reply())) == ()


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        ({"flags": [b"off", b"sanitize-payload"]}, "the switch"),
        ({"flags": [b"on", b"nopass"]}, "selectors or flags"),
        ({"passwords": [b"0" * 64]}, "the password"),
        ({"passwords": [DIGEST, b"0" * 64]}, "the password"),
        ({"commands": b"-@all +get"}, "the commands"),
        ({"commands": b"-@all +get +set +scan"}, "the commands"),
        ({"commands": b"+@all"}, "the commands"),
        ({"commands": b"-@all +get +set -set"}, "selectors or flags"),
        ({"keys": b"~*"}, "the key patterns"),
        ({"keys": b"~acme:* %R~other:*"}, "the key patterns"),
        ({"channels": b"&*"}, "the channels"),
        ({"selectors": [[b"commands", b"+@all"]]}, "selectors or flags"),
    ],
)
def test_every_deviation_is_repaired(changes: dict[str, t.Any], label: str) -> None:
    steps = planner.plan(user(), redis_server.acl_user("acme", reply(**changes)))
    assert [step.action for step in steps] == ["set", "save"]
    assert label in steps[0].cause


def test_rules_reset_first_and_hold_no_password() -> None:
    assert planner.rules(user()) == ("reset", "on", f"#{DIGEST.decode()}", "~acme:*", "+get", "+set")


def test_converge_writes_once_then_nothing() -> None:
    server = Server()
    first = runner.converge(t.cast("t.Any", server), "acme", user(), check_mode=False)
    assert first["changed"]
    assert [write[0] for write in server.writes] == ["set", "save"]
    second = runner.converge(t.cast("t.Any", server), "acme", user(), check_mode=False)
    assert not second["changed"]
    assert len(server.writes) == 2


def test_check_mode_writes_nothing_and_shows_no_password() -> None:
    server = Server(dataclasses.replace(user(), password_hashes=frozenset({"0" * 64})))
    result = runner.converge(t.cast("t.Any", server), "acme", user(), check_mode=True)
    assert server.writes == []
    assert (result["diff"]["before"]["password"], result["diff"]["after"]["password"]) == ("former", "new")
    assert DIGEST.decode() not in str(result)
    assert "0" * 64 not in str(result)


def test_absent() -> None:
    server = Server(user())
    assert runner.converge(t.cast("t.Any", server), "acme", None, check_mode=False)["changed"]
    assert server.writes == [("delete", "acme"), ("save",)]
    assert not runner.converge(t.cast("t.Any", server), "acme", None, check_mode=False)["changed"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"name": "default"}, "not a tenant's user"),
        ({"name": "provisioner"}, "not a tenant's user"),
        ({"name": "a b"}, "not a tenant's user"),
        ({"key_prefix": ""}, "literal prefix"),
        ({"key_prefix": "*"}, "literal prefix"),
        ({"key_prefix": "acme:[a-z]"}, "literal prefix"),
        ({"password": ""}, "password is empty"),
        ({"commands": ["@all"]}, "not command names"),
        ({"commands": ["GET"]}, "not command names"),
        ({"commands": ["get", "scan"]}, "reach past"),
        ({"commands": ["config|get"]}, "reach past"),
        ({"commands": ["keys", "randomkey"]}, "reach past"),
    ],
)
def test_what_would_give_more_is_refused(changes: dict[str, t.Any], message: str) -> None:
    with pytest.raises(OdooError, match=message):
        user(**changes)


def test_default_commands_are_what_the_add_on_sends(collection: Path) -> None:
    path = collection / "roles/images/files/addons/sysgenpro_session_redis/keys.py"
    spec = importlib.util.spec_from_file_location("session_redis_keys_for_acl", path)
    assert spec is not None
    assert spec.loader is not None
    keys = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(keys)
    assert set(model.SESSION_COMMANDS) == set(keys.COMMANDS)


def test_documentation_and_argument_spec_agree() -> None:
    options = yaml.safe_load(odoo_redis_user.DOCUMENTATION)["options"]
    assert options.keys() == odoo_redis_user.ARGUMENTS.keys()
    assert options["commands"]["default"] == list(model.SESSION_COMMANDS)
