"""Listening sockets, read from /proc."""

from __future__ import annotations

import os
import socket
import typing as t

import listeners
import pytest

HEADER = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode"
ROW = "   0: {address}:{port} 00000000:0000 {state} 00000000:00000000 00:00000000 00000000     0        0 {inode} 1 0"


def table(*rows: tuple[str, str, str, str]) -> str:
    lines = [ROW.format(address=address, port=port, state=state, inode=inode) for address, port, state, inode in rows]
    return "\n".join([HEADER, *lines])


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("0100007F", "127.0.0.1"),
        ("00000000", "0.0.0.0"),
        ("01FF1EAC", "172.30.255.1"),
        ("00000000000000000000000000000000", "::"),
        ("00000000000000000000000001000000", "::1"),
        ("0000000000000000FFFF00000100007F", "127.0.0.1"),
    ],
)
def test_addresses_are_decoded(text: str, address: str) -> None:
    assert listeners.decode_address(text) == address


def test_only_listening_sockets_count() -> None:
    text = table(("0100007F", "1F90", "0A", "11"), ("0100007F", "1F91", "01", "12"))
    assert listeners.listening_sockets(text) == {"11": ("127.0.0.1", 8080)}


@pytest.mark.parametrize(
    ("bound", "asked", "taken"),
    [
        ("0.0.0.0", "172.30.255.1", True),
        ("::", "172.30.255.1", True),
        ("172.30.255.1", "172.30.255.1", True),
        ("127.0.0.1", "172.30.255.1", False),
    ],
)
def test_an_unspecified_address_takes_the_port_everywhere(bound: str, asked: str, *, taken: bool) -> None:
    assert listeners.Listener(bound, 80, None, "", None).takes(asked) is taken


@pytest.fixture
def served_port() -> t.Iterator[int]:
    """Listen on a free port of the loopback address while a test runs."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


def test_a_real_socket_is_found_with_its_process(served_port: int) -> None:
    found = [entry for entry in listeners.listeners() if entry.port == served_port]
    assert [(entry.address, entry.pid) for entry in found] == [("127.0.0.1", os.getpid())]
