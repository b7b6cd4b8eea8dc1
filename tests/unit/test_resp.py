# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What goes to Redis and what comes back, byte by byte."""

from __future__ import annotations

import io
import socket
import threading

import pytest
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters import redis_server
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["PING"], b"*1\r\n$4\r\nPING\r\n"),
        (["AUTH", "provisioner", "a b"], b"*3\r\n$4\r\nAUTH\r\n$11\r\nprovisioner\r\n$3\r\na b\r\n"),
        (["SET", "clé", ""], b"*3\r\n$3\r\nSET\r\n$4\r\ncl\xc3\xa9\r\n$0\r\n\r\n"),
    ],
)
def test_encode(arguments: list[str], expected: bytes) -> None:
    assert redis_server.encode(arguments) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"+OK\r\n", b"OK"),
        (b":-2\r\n", -2),
        (b"$-1\r\n", None),
        (b"$0\r\n\r\n", b""),
        (b"$4\r\na\r\nb\r\n", b"a\r\nb"),
        (b"*-1\r\n", None),
        (b"*0\r\n", []),
        (b"*3\r\n:1\r\n*1\r\n$1\r\nx\r\n$-1\r\n", [1, [b"x"], None]),
    ],
)
def test_decode(raw: bytes, expected: redis_server.Reply) -> None:
    assert redis_server.decode(io.BytesIO(raw)) == expected


def test_error_reply_is_raised() -> None:
    with pytest.raises(redis_server.RedisError, match="NOPERM no"):
        redis_server.decode(io.BytesIO(b"-NOPERM no\r\n"))


@pytest.mark.parametrize("raw", [b"", b"+OK", b"$5\r\nab", b"$2\r\nabcd", b"*2\r\n:1\r\n", b"%1\r\n", b":x\r\n"])
def test_broken_reply_is_refused(raw: bytes) -> None:
    with pytest.raises(redis_server.RespProtocolError):
        redis_server.decode(io.BytesIO(raw))


@given(st.lists(st.text(), min_size=1))
def test_a_command_reads_back_as_an_array(arguments: list[str]) -> None:
    reply = redis_server.decode(io.BytesIO(redis_server.encode(arguments)))
    assert reply == [argument.encode() for argument in arguments]


def test_many_users_are_asked_for_before_the_first_answer_is_read() -> None:
    """The server here answers only when it has heard every question."""
    names = [f"tenant{number}" for number in range(30)]
    questions = b"".join(redis_server.encode(["ACL", "GETUSER", name]) for name in names)
    flags = b"*2\r\n$5\r\nflags\r\n*1\r\n$2\r\non\r\n"[4:]
    fields = [b"$9\r\npasswords\r\n*0\r\n", b"$8\r\ncommands\r\n$10\r\n-@all +get\r\n"]
    fields += [b"$4\r\nkeys\r\n$3\r\n~a*\r\n", b"$8\r\nchannels\r\n$0\r\n\r\n"]
    user = b"*10\r\n" + flags + b"".join(fields)
    near, far = socket.socketpair()

    def serve() -> None:
        heard = b""
        while len(heard) < len(questions):
            heard += far.recv(65536)
        far.sendall(b"$-1\r\n" + user * (len(names) - 1))

    server = threading.Thread(target=serve)
    server.start()
    with redis_server.RedisServer(near) as client:
        found = client.acl_users(names)
    server.join(10)
    assert sorted(found) == sorted(names[1:])
    assert found["tenant1"].commands == {"get"}
