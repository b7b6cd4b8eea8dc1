"""Names below localhost, for Python."""

from __future__ import annotations

import socket
import typing as t


def resolve_localhost() -> None:
    """Let this process resolve *.localhost to this machine, as browsers and curl do."""
    original = socket.getaddrinfo

    def getaddrinfo(host: t.Any, *arguments: t.Any, **options: t.Any) -> t.Any:
        name = host.decode() if isinstance(host, bytes) else host
        here = isinstance(name, str) and name.endswith(".localhost")
        return original("127.0.0.1" if here else host, *arguments, **options)

    socket.getaddrinfo = getaddrinfo
