"""Who listens on this machine, read from /proc: the standard library is enough, so it runs before anything is installed."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import re
import struct
import typing as t
from pathlib import Path

LISTEN = "0A"
CONTAINER = re.compile(r"[0-9a-f]{64}")


class Listener(t.NamedTuple):
    """A TCP socket that accepts connections, with its process and, where it runs in one, its container's id."""

    address: str
    port: int
    pid: int | None
    process: str
    container: str | None

    def takes(self, address: str) -> bool:
        """Whether a connection to this address would reach the socket, so that no other could be bound there."""
        own = ipaddress.ip_address(self.address)
        return own.is_unspecified or own == ipaddress.ip_address(address)


def decode_address(text: str) -> str:
    """Return the address that /proc/net/tcp writes as 32-bit words in the machine's byte order."""
    words = [int(text[start : start + 8], 16) for start in range(0, len(text), 8)]
    packed = b"".join(struct.pack("=I", word) for word in words)
    address = ipaddress.ip_address(packed)
    mapped = getattr(address, "ipv4_mapped", None)
    return str(mapped or address)


def listening_sockets(table: str) -> dict[str, tuple[str, int]]:
    """Return inode → (address, port) of the listening sockets in a table like /proc/net/tcp."""
    sockets = {}
    for line in table.splitlines()[1:]:
        fields = line.split()
        if len(fields) > 9 and fields[3] == LISTEN:
            address, port = fields[1].split(":")
            sockets[fields[9]] = (decode_address(address), int(port, 16))
    return sockets


def read(path: Path) -> str:
    """Return a file's text, or nothing where the process has just gone."""
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def open_files(process: Path) -> list[str]:
    """Return what a process's descriptors point at; processes and descriptors may go while this looks."""
    found = []
    with contextlib.suppress(OSError):
        for entry in (process / "fd").iterdir():
            with contextlib.suppress(OSError):
                found.append(os.readlink(entry))
    return found


def owners(proc: Path, inodes: t.Collection[str]) -> dict[str, int]:
    """Return inode → process id for the sockets among inodes; of several processes the first."""
    found: dict[str, int] = {}
    for process in sorted((p for p in proc.iterdir() if p.name.isdigit()), key=lambda p: int(p.name)):
        for link in open_files(process):
            inode = link[len("socket:[") : -1] if link.startswith("socket:[") else ""
            if inode in inodes:
                found.setdefault(inode, int(process.name))
    return found


def listeners(proc: Path = Path("/proc")) -> list[Listener]:
    """Return every listening TCP socket of this network namespace, ordered by port."""
    sockets = {}
    for table in ("tcp", "tcp6"):
        sockets.update(listening_sockets(read(proc / "net" / table)))
    pids = owners(proc, sockets)
    found = []
    for inode, (address, port) in sockets.items():
        pid = pids.get(inode)
        container = CONTAINER.search(read(proc / str(pid) / "cgroup")) if pid else None
        name = read(proc / str(pid) / "comm").strip() if pid else ""
        found.append(Listener(address, port, pid, name, container.group() if container else None))
    return sorted(found, key=lambda entry: (entry.port, entry.address))
