"""Names below localhost, for Python; and pages there, as curl sees them."""

from __future__ import annotations

import socket
import subprocess
import typing as t

if t.TYPE_CHECKING:
    from pathlib import Path


def resolve_localhost() -> None:
    """Let this process resolve *.localhost to this machine, as browsers and curl do."""
    original = socket.getaddrinfo

    def getaddrinfo(host: t.Any, *arguments: t.Any, **options: t.Any) -> t.Any:
        name = host.decode() if isinstance(host, bytes) else host
        here = isinstance(name, str) and name.endswith(".localhost")
        return original("127.0.0.1" if here else host, *arguments, **options)

    socket.getaddrinfo = getaddrinfo


def https_status(url: str, ca: Path, *arguments: str, seconds: int = 30) -> int:
    """HTTP status of a request, 0 where there was no answer. ``ca`` is the file of the authority that must have signed."""
    argv = ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "--cacert", str(ca), "--max-time", str(seconds)]
    done = subprocess.run(
        [*argv, "--path-as-is", *arguments, url], capture_output=True, text=True, check=False, timeout=seconds + 30
    )
    return int(done.stdout or 0)
