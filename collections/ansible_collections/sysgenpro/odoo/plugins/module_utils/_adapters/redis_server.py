# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A small Redis client: RESP2 over TLS, with the standard library alone."""

from __future__ import annotations

import socket
import ssl
import typing as t

from .._model.redis_user import RedisUser
from .._support.errors import OdooError

Reply = t.Union[bytes, int, None, list[t.Any]]

#: Flags that every user has and that grant nothing.
_PLAIN_FLAGS = frozenset({"on", "off", "sanitize-payload"})
#: Questions sent at once; their answers fit the buffers between here and there.
_PIPELINE = 100


class RedisError(OdooError):
    """The server answered with an error."""


class RespProtocolError(OdooError):
    """The bytes received are not RESP2."""


def encode(arguments: t.Sequence[str]) -> bytes:
    """One command as an array of bulk strings."""
    parts = [f"*{len(arguments)}\r\n".encode()]
    for argument in arguments:
        raw = argument.encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(raw), raw))
    return b"".join(parts)


def decode(stream: t.BinaryIO) -> Reply:
    """Read one reply.

    :raises RedisError: for an error reply.
    :raises RespProtocolError: for anything that is not RESP2, a closed connection included.
    """
    line = stream.readline()
    if not line.endswith(b"\r\n"):
        raise RespProtocolError("The connection closed inside a reply")
    kind, rest = line[:1], line[1:-2]
    if kind == b"+":
        return rest
    if kind == b"-":
        raise RedisError(rest.decode(errors="replace"))
    if kind not in (b":", b"$", b"*"):
        raise RespProtocolError(f"Unknown reply type {kind!r}")
    try:
        number = int(rest)
    except ValueError:
        raise RespProtocolError(f"{rest[:40]!r} is not a number") from None
    if kind == b":":
        return number
    if number == -1:
        return None
    return [decode(stream) for _position in range(number)] if kind == b"*" else _bulk(stream, number)


def _bulk(stream: t.BinaryIO, length: int) -> bytes:
    raw = stream.read(length + 2)
    if len(raw) != length + 2 or not raw.endswith(b"\r\n"):
        raise RespProtocolError("The connection closed inside a reply")
    return raw[:-2]


class RedisServer:
    """A connection, authenticated as a user that may manage ACLs. Use it as a context manager."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._stream = connection.makefile("rb")

    def __enter__(self) -> RedisServer:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stream.close()
        self._connection.close()

    def command(self, *arguments: str) -> Reply:
        """Send one command and return its reply.

        :raises RedisError: the server refused it; the arguments are not repeated, they may hold a secret.
        """
        self._connection.sendall(encode(arguments))
        return decode(self._stream)

    def acl_user(self, name: str) -> RedisUser | None:
        """The user, or None where there is none."""
        reply = self.command("ACL", "GETUSER", name)
        return None if reply is None else acl_user(name, reply)

    def acl_users(self, names: t.Sequence[str]) -> dict[str, RedisUser]:
        """Those of ``names`` that exist: all questions are sent before the first answer is read."""
        found = {}
        for start in range(0, len(names), _PIPELINE):
            asked = names[start : start + _PIPELINE]
            self._connection.sendall(b"".join(encode(["ACL", "GETUSER", name]) for name in asked))
            replies = [decode(self._stream) for _name in asked]
            found.update({name: acl_user(name, reply) for name, reply in zip(asked, replies) if reply is not None})
        return found

    def acl_set(self, name: str, rules: t.Sequence[str]) -> None:
        self.command("ACL", "SETUSER", name, *rules)

    def acl_delete(self, name: str) -> None:
        """Remove the user and close its connections."""
        self.command("ACL", "DELUSER", name)

    def acl_save(self) -> None:
        self.command("ACL", "SAVE")


def acl_user(name: str, reply: Reply) -> RedisUser:
    """Read the reply to ``ACL GETUSER`` (a map, which RESP2 sends as a flat list).

    :raises RespProtocolError: the reply is no such map.
    """
    if not isinstance(reply, list) or len(reply) % 2:
        raise RespProtocolError("The reply to ACL GETUSER is not a map")
    fields = {_text(key): value for key, value in zip(reply[::2], reply[1::2])}
    flags = {_text(flag) for flag in fields["flags"]}
    commands = _text(fields["commands"]).split()
    # Everything but "-@all" followed by single allowed commands is more or less than we ever set.
    allowed = frozenset(rule[1:] for rule in commands if rule.startswith("+"))
    odd = {rule for rule in commands if not rule.startswith("+") and rule != "-@all"}
    odd |= {flag for flag in flags if flag not in _PLAIN_FLAGS}
    odd |= {"selectors"} if fields.get("selectors") else set()
    return RedisUser(
        name=name,
        enabled="on" in flags,
        password_hashes=frozenset(_text(digest) for digest in fields["passwords"]),
        commands=allowed,
        keys=frozenset(_text(fields["keys"]).split()),
        channels=frozenset(channel.lstrip("&") for channel in _text(fields["channels"]).split()),
        extras=frozenset(odd),
    )


def _text(raw: t.Any) -> str:
    return raw.decode() if isinstance(raw, bytes) else str(raw)


def connect(*, host: str, port: int, ca_file: str, user: str, password: str, timeout: float) -> RedisServer:
    """Open a verified TLS connection and authenticate.

    :param ca_file: PEM file of the authorities that may have signed the server's certificate.
    :param timeout: seconds for the connection and for every reply.
    :raises OdooError: no connection, an untrusted certificate, or a refused login.
    """
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except OSError as error:
        raise OdooError(
            f"The CA file {ca_file} cannot be read: {error}", hint="Run the role certificates on this host"
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        plain = socket.create_connection((host, port), timeout)
        connection = context.wrap_socket(plain, server_hostname=host)
    except ssl.SSLError as error:
        raise OdooError(
            f"Redis at {host}:{port} has no certificate that {ca_file} vouches for: {error}",
            hint="Check ca_file and the host name",
        ) from error
    except OSError as error:
        raise OdooError(
            f"Redis at {host}:{port} cannot be reached: {error}", hint="Check the address and that the service runs"
        ) from error
    server = RedisServer(connection)
    try:
        server.command("AUTH", user, password)
    except RedisError as error:
        server.__exit__()
        raise OdooError(
            f"Redis at {host}:{port} refused the login of {user}: {error.message}", hint="Check the secret of this user"
        ) from error
    return server
