# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A Redis ACL user, as wished and as observed."""

from __future__ import annotations

import dataclasses
import hashlib
import re
import typing as t

from .._support.errors import OdooError

#: What the add-on sysgenpro_session_redis sends: values with an expiry, the index set of an identifier, transactions.
SESSION_COMMANDS = (
    "get",
    "set",
    "del",
    "exists",
    "expire",
    "sadd",
    "srem",
    "smembers",
    "watch",
    "unwatch",
    "multi",
    "exec",
)

#: Commands that reach past the key patterns of an ACL (they list, watch or change other users' data or the server).
REFUSED_COMMANDS = frozenset(
    [
        "acl",
        "bgrewriteaof",
        "bgsave",
        "cluster",
        "config",
        "dbsize",
        "debug",
        "eval",
        "eval_ro",
        "evalsha",
        "evalsha_ro",
        "failover",
        "fcall",
        "fcall_ro",
        "flushall",
        "flushdb",
        "function",
        "info",
        "keys",
        "latency",
        "memory",
        "migrate",
        "module",
        "monitor",
        "move",
        "object",
        "psync",
        "psubscribe",
        "publish",
        "pubsub",
        "randomkey",
        "replconf",
        "replicaof",
        "role",
        "save",
        "scan",
        "script",
        "select",
        "shutdown",
        "slaveof",
        "slowlog",
        "spublish",
        "ssubscribe",
        "subscribe",
        "swapdb",
        "sync",
    ]
)

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_PREFIX = re.compile(r"[A-Za-z0-9_.:{}-]{1,128}")
_COMMAND = re.compile(r"[a-z_-]+(\|[a-z_-]+)?")

#: Users that belong to the role, not to a tenant.
RESERVED_NAMES = frozenset({"default", "provisioner"})


@dataclasses.dataclass(frozen=True)
class RedisUser:
    """One ACL user; ``password_hashes`` are SHA-256, lower-case hexadecimal, as ``ACL GETUSER`` reports them."""

    name: str
    enabled: bool
    password_hashes: frozenset[str] = dataclasses.field(repr=False)
    commands: frozenset[str]
    keys: frozenset[str]
    channels: frozenset[str] = frozenset()
    extras: frozenset[str] = frozenset()

    def public(self) -> dict[str, t.Any]:
        """What may be shown: no password, not even its hash."""
        return {
            "name": self.name,
            "enabled": self.enabled,
            "passwords": len(self.password_hashes),
            "commands": sorted(self.commands),
            "key_patterns": sorted(self.keys),
            "channels": sorted(self.channels),
            "extras": sorted(self.extras),
        }


def check_name(name: str) -> str:
    """Return ``name`` if a tenant may have it.

    :raises OdooError: it is malformed or belongs to the platform.
    """
    if not _NAME.fullmatch(name) or name in RESERVED_NAMES:
        raise OdooError(
            f"name={name!r} is not a tenant's user",
            hint="Use 1 to 64 of A-Z, a-z, 0-9, _ . - and neither default nor provisioner",
        )
    return name


def desired_user(*, name: str, password: str, key_prefix: str, commands: t.Iterable[str]) -> RedisUser:
    """The user a tenant should have.

    :raises OdooError: an argument would give more than the tenant's own keys.
    """
    check_name(name)
    if not _PREFIX.fullmatch(key_prefix):
        raise OdooError(
            f"key_prefix={key_prefix!r} is not a literal prefix",
            hint="Use 1 to 128 of A-Z, a-z, 0-9, _ . : { } - (no pattern characters)",
        )
    if not password:
        raise OdooError("password is empty", hint="Give the user a password")
    wanted = frozenset(commands)
    malformed = sorted(command for command in wanted if not _COMMAND.fullmatch(command))
    if malformed:
        raise OdooError(
            f"commands={malformed!r} are not command names",
            hint="Name single commands in lower case, for example get or client|setinfo",
        )
    refused = sorted(command for command in wanted if command.split("|")[0] in REFUSED_COMMANDS)
    if refused:
        raise OdooError(
            f"commands={refused!r} reach past the user's keys",
            hint="Remove them: ACL key patterns do not restrict them",
        )
    return RedisUser(
        name=name,
        enabled=True,
        password_hashes=frozenset({hashlib.sha256(password.encode()).hexdigest()}),
        commands=wanted,
        keys=frozenset({f"~{key_prefix}*"}),
    )
