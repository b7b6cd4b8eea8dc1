# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Plain HTTP to what runs on this host: containers, and Traefik's own API."""

from __future__ import annotations

import http.client
import json
import typing as t
from urllib.parse import quote, urlsplit


def status(address: str, port: int, path: str, *, timeout: float = 10.0) -> int | str:
    """HTTP status of a GET, or the text of why there was none."""
    connection = http.client.HTTPConnection(address, port, timeout=timeout)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        response.read()
        return response.status
    except (OSError, http.client.HTTPException) as error:
        return str(error) or type(error).__name__
    finally:
        connection.close()


def traefik_servers(api: str, service: str) -> dict[str, str] | str:
    """Servers of a Traefik service of the file provider with their status (UP, DOWN), or the text of why there are none."""
    url = urlsplit(api)
    connection = http.client.HTTPConnection(url.hostname or "127.0.0.1", url.port or 80, timeout=5.0)
    try:
        connection.request("GET", f"/api/http/services/{quote(service)}@file")
        response = connection.getresponse()
        content = response.read()
    except (OSError, http.client.HTTPException) as error:
        return f"Traefik's API at {api} does not answer: {error}"
    finally:
        connection.close()
    if response.status != 200:
        return f"Traefik does not know the service {service}"
    document: dict[str, t.Any] = json.loads(content)
    states = document.get("serverStatus") or {}
    return {
        server["url"]: states.get(server["url"], "UP") for server in document.get("loadBalancer", {}).get("servers", [])
    }


def established(addresses: t.Collection[str], ports: t.Collection[int], table: str = "/proc/net/tcp") -> int:
    """Number of this host's established TCP connections to ``ports`` of ``addresses``: requests still under way.

    What a container opened itself, to a proxy or a database on this host, has another port at its end.
    """
    wanted = {f"{_hexadecimal(address)}:{port:04X}" for address in addresses for port in ports}
    with open(table, encoding="ascii") as lines:
        next(lines)
        rows = (line.split() for line in lines)
        return sum(fields[3] == "01" and fields[2] in wanted for fields in rows)


def _hexadecimal(address: str) -> str:
    """An IPv4 address as /proc/net/tcp writes it: little-endian hexadecimal."""
    return "".join(f"{int(part):02X}" for part in reversed(address.split(".")))
