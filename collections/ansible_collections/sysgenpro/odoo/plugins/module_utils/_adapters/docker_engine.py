# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Docker's Engine API over its socket.

A keep-alive connection of the standard library instead of the docker package: importing that costs more than
observing a whole stack, and every module call pays it.
"""

from __future__ import annotations

import http.client
import json
import socket
import time
import typing as t
from urllib.parse import quote, urlencode

from .._support.errors import OdooError

#: Oldest API this is written against: Docker 20.10.
API = "/v1.41"
SOCKET = "/var/run/docker.sock"


class DockerError(OdooError):
    """An answer of the engine that is not a success. ``status`` is the HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message.strip() or f"Docker answered {status}")
        self.status = status


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class DockerEngine:
    """The calls this collection makes, one method each. Absent objects are None, never an exception."""

    def __init__(self, path: str = SOCKET, *, timeout: float = 120.0) -> None:
        self._connection = _Connection(path, timeout)
        self._path = path

    def _call(
        self, method: str, path: str, body: t.Any = None, *, query: t.Mapping[str, t.Any] | None = None
    ) -> tuple[int, bytes]:
        target = API + path + (f"?{urlencode(query)}" if query else "")
        payload = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"} if payload is not None else {}
        try:
            self._connection.request(method, target, payload, headers)
            response = self._connection.getresponse()
            return response.status, response.read()
        except (FileNotFoundError, ConnectionRefusedError, PermissionError) as error:
            raise OdooError(
                f"Docker does not answer at {self._path}: {error.strerror}",
                hint="Start Docker on this host, or run the role docker_host",
            ) from error
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()
            raise OdooError(
                f"Docker broke off the call {method} {path}: {error!r}", hint="Look at the engine's log and run again"
            ) from error

    def _json(
        self,
        method: str,
        path: str,
        body: t.Any = None,
        *,
        query: t.Mapping[str, t.Any] | None = None,
        absent: tuple[int, ...] = (),
    ) -> t.Any:
        status, content = self._call(method, path, body, query=query)
        if status in absent:
            return None
        if status >= 400:
            raise DockerError(status, _message(content))
        return json.loads(content) if content else {}

    def containers(self, labels: t.Mapping[str, str]) -> list[dict[str, t.Any]]:
        """Every container, running or not, that carries all of ``labels``, as Docker lists it."""
        filters = {"label": [f"{key}={value}" for key, value in labels.items()]}
        return t.cast(
            "list[dict[str, t.Any]]",
            self._json("GET", "/containers/json", query={"all": 1, "filters": json.dumps(filters)}),
        )

    def networks(self) -> list[dict[str, t.Any]]:
        """Every network of the host."""
        return t.cast("list[dict[str, t.Any]]", self._json("GET", "/networks"))

    def inspect(self, name: str) -> dict[str, t.Any] | None:
        """A container in full, or None."""
        return t.cast("dict[str, t.Any] | None", self._json("GET", f"/containers/{quote(name)}/json", absent=(404,)))

    def image_exists(self, reference: str) -> bool:
        return self._json("GET", f"/images/{quote(reference, safe='/:@')}/json", absent=(404,)) is not None

    def image_id(self, reference: str) -> str | None:
        """The digest of an image's content on this host, or None where the host does not have it."""
        found = self._json("GET", f"/images/{quote(reference, safe='/:@')}/json", absent=(404,))
        return None if found is None else str(found["Id"])

    def pull(self, reference: str) -> None:
        """Pull an image; the engine reports errors inside a successful answer."""
        status, content = self._call("POST", "/images/create", query={"fromImage": reference})
        lines = [json.loads(line) for line in content.decode().splitlines() if line.strip()]
        errors = [line["error"] for line in lines if "error" in line] or ([_message(content)] if status >= 400 else [])
        if errors:
            raise OdooError(
                f"Image {reference} cannot be pulled: {errors[-1]}", hint="Run the role images, or check the registry"
            )

    def create_network(self, name: str, *, subnet: str, gateway: str, labels: t.Mapping[str, str]) -> None:
        body = {
            "Name": name,
            "CheckDuplicate": True,
            "Driver": "bridge",
            "IPAM": {"Driver": "default", "Config": [{"Subnet": subnet, "Gateway": gateway}]},
            "Labels": dict(labels),
        }
        self._json("POST", "/networks/create", body)

    def remove_network(self, name: str) -> None:
        self._json("DELETE", f"/networks/{quote(name)}", absent=(404,))

    def create_container(self, name: str, body: t.Mapping[str, t.Any], *, network: str = "", address: str = "") -> None:
        request = dict(body)
        if network:
            settings = {"IPAMConfig": {"IPv4Address": address}} if address else {}
            request["HostConfig"] = {**request.get("HostConfig", {}), "NetworkMode": network}
            request["NetworkingConfig"] = {"EndpointsConfig": {network: settings}}
        self._json("POST", "/containers/create", request, query={"name": name})

    def start(self, name: str) -> None:
        self._json("POST", f"/containers/{quote(name)}/start")

    def stop(self, name: str, *, timeout: int) -> None:
        """Stop a container; one that is gone or stopped is no error. ``timeout`` in seconds before it is killed."""
        self._json("POST", f"/containers/{quote(name)}/stop", query={"t": timeout}, absent=(404,))

    def remove(self, name: str) -> None:
        """Remove a container with its anonymous volumes; one that is gone is no error."""
        self._json("DELETE", f"/containers/{quote(name)}", query={"force": 1, "v": 1}, absent=(404,))

    def wait(self, name: str) -> int:
        """Wait until a container ends and return its exit status."""
        return int(self._json("POST", f"/containers/{quote(name)}/wait")["StatusCode"])

    def execute(self, name: str, argv: t.Sequence[str]) -> tuple[int, str]:
        """Run a program in a running container; its exit status and output. Secrets do not belong into ``argv``."""
        body = {"Cmd": list(argv), "AttachStdout": True, "AttachStderr": True}
        identifier = self._json("POST", f"/containers/{quote(name)}/exec", body)["Id"]
        status, content = self._call("POST", f"/exec/{identifier}/start", {"Detach": False, "Tty": False})
        if status >= 400:
            raise DockerError(status, _message(content))
        code = int(self._json("GET", f"/exec/{identifier}/json")["ExitCode"])
        return code, _demultiplex(content).decode(errors="replace")

    def logs(self, name: str, *, lines: int = 20, since: int = 0) -> list[str]:
        """The last lines of a container's output, oldest first; none when it is gone.

        :param since: seconds back from now; 0 for any time.
        """
        query = {"stdout": 1, "stderr": 1, "tail": lines, **({"since": int(time.time()) - since} if since else {})}
        status, content = self._call("GET", f"/containers/{quote(name)}/logs", query=query)
        return [] if status >= 400 else _demultiplex(content).decode(errors="replace").splitlines()

    def put_archive(self, name: str, path: str, archive: bytes) -> None:
        """Unpack a tar archive into a container, running or not."""
        connection = _Connection(self._path, 120.0)
        try:
            connection.request(
                "PUT",
                f"{API}/containers/{quote(name)}/archive?{urlencode({'path': path})}",
                archive,
                {"Content-Type": "application/x-tar"},
            )
            response = connection.getresponse()
            content = response.read()
        finally:
            connection.close()
        if response.status >= 400:
            raise DockerError(response.status, _message(content))

    def close(self) -> None:
        self._connection.close()


def _message(content: bytes) -> str:
    try:
        return str(json.loads(content)["message"])
    except (ValueError, KeyError, TypeError):
        return content.decode(errors="replace")[:500]


def _demultiplex(stream: bytes) -> bytes:
    """Join the frames of an output stream: 1 byte channel, 3 bytes of nothing, 4 bytes length, payload."""
    out = bytearray()
    position = 0
    while position + 8 <= len(stream):
        length = int.from_bytes(stream[position + 4 : position + 8], "big")
        out += stream[position + 8 : position + 8 + length]
        position += 8 + length
    return bytes(out)
