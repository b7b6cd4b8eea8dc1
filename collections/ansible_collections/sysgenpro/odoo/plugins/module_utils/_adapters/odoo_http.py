# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Odoo as a browser and an integration see it: HTTPS through the front door, certificates verified."""

from __future__ import annotations

import base64
import http.client
import http.cookies
import json
import os
import re
import socket
import ssl
import typing as t
from urllib.parse import urlencode

from .._support.errors import OdooError

TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"|csrf_token:\s*"([^"]+)"')


class OdooClient:
    """One host name of a tenant, reached at ``address`` whatever DNS says: the edge under test is this host's own.

    Without ``ca_file`` it speaks plain HTTP, for a container that no edge stands before.
    """

    def __init__(self, host: str, *, address: str, port: int, ca_file: str = "", timeout: float) -> None:
        self.host = host
        self.url = f"{'https' if ca_file else 'http'}://{host}"
        self._address = address
        self._port = port
        self._timeout = timeout
        self._context = ssl.create_default_context(cafile=ca_file) if ca_file else None
        self.cookies: dict[str, str] = {}

    def _socket(self) -> socket.socket:
        raw = socket.create_connection((self._address, self._port), timeout=self._timeout)
        return self._context.wrap_socket(raw, server_hostname=self.host) if self._context else raw

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: t.Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Status and body of one request; cookies are kept, redirects are not followed."""
        connection = http.client.HTTPConnection(self.host, self._port, timeout=self._timeout)
        try:
            connection.sock = self._socket()
            connection.request(method, path, body, {**(headers or {}), **self._cookie_header()})
            response = connection.getresponse()
            for header in response.headers.get_all("Set-Cookie") or []:
                self.cookies.update({name: morsel.value for name, morsel in http.cookies.SimpleCookie(header).items()})
            return response.status, response.read()
        except ssl.SSLCertVerificationError as error:
            raise OdooError(
                f"{self.url} at {self._address}: its certificate is not valid: {error.verify_message}"
            ) from error
        except (OSError, http.client.HTTPException) as error:
            raise OdooError(f"{method} {self.url}{path} at {self._address}:{self._port}: {error!r}") from error
        finally:
            connection.close()

    def _cookie_header(self) -> dict[str, str]:
        return {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())} if self.cookies else {}

    def login(self, user: str, password: str) -> int:
        """Log in through the form, as a person does; the id of the user."""
        status, page = self.request("GET", "/web/login")
        token = TOKEN.search(page.decode(errors="replace"))
        if status != 200 or token is None:
            raise OdooError(f"GET {self.url}/web/login answered {status} and no login form")
        form = {"login": user, "password": password, "csrf_token": token.group(1) or token.group(2)}
        status, _page = self.request(
            "POST", "/web/login", urlencode(form).encode(), {"Content-Type": "application/x-www-form-urlencoded"}
        )
        if status != 303:
            raise OdooError(
                f"Login of {user} at {self.url} was refused (HTTP {status})",
                hint="The password in the database may have been changed",
            )
        info = self.json("/web/session/get_session_info", {"jsonrpc": "2.0", "method": "call", "params": {}})
        uid = (info.get("result") or {}).get("uid")
        if not isinstance(uid, int):
            raise OdooError(f"Session of {user} at {self.url} did not last beyond the login")
        return uid

    def json(self, path: str, body: t.Any, *, key: str = "") -> t.Any:
        """POST JSON and return the JSON of a 200."""
        headers = {"Content-Type": "application/json", **({"Authorization": f"Bearer {key}"} if key else {})}
        status, content = self.request("POST", path, json.dumps(body).encode(), headers)
        if status != 200:
            raise OdooError(f"POST {self.url}{path} answered {status}: {content[:200].decode(errors='replace')}")
        return json.loads(content)

    def call(self, model: str, method: str, arguments: t.Mapping[str, t.Any], *, key: str) -> t.Any:
        """A method of a model through JSON-2."""
        return self.json(f"/json/2/{model}/{method}", arguments, key=key)

    def session_call(
        self, model: str, method: str, arguments: t.Sequence[t.Any], options: t.Mapping[str, t.Any] | None = None
    ) -> t.Any:
        """A method of a model as the user who logged in, the way the web client calls it."""
        params = {"model": model, "method": method, "args": list(arguments), "kwargs": dict(options or {})}
        body = {"jsonrpc": "2.0", "method": "call", "params": params}
        answer = self.json(f"/web/dataset/call_kw/{model}/{method}", body)
        if "error" in answer:
            said = (answer["error"].get("data") or {}).get("message") or answer["error"].get("message")
            raise OdooError(f"{model}.{method} at {self.url}: {said}")
        return answer.get("result")

    def websocket(self) -> None:
        """Open the websocket, subscribe, and see a ping answered.

        :raises OdooError: when the upgrade or the pong does not come.
        """
        key = base64.b64encode(os.urandom(16)).decode()
        headers = {
            "Host": self.host,
            "Upgrade": "websocket",
            "Connection": "Upgrade",
            "Sec-WebSocket-Key": key,
            "Sec-WebSocket-Version": "13",
        }
        headers.update({"Origin": f"{self.url}", "User-Agent": "sysgenpro.odoo", **self._cookie_header()})
        request = (
            "GET /websocket HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
        )
        try:
            with self._socket() as connection:
                connection.sendall(request.encode())
                answer = _read_head(connection)
                if not answer.startswith(b"HTTP/1.1 101"):
                    raise OdooError(
                        f"The websocket of {self.url} was refused: {answer.splitlines()[0].decode() if answer else 'no answer'}"
                    )
                connection.sendall(
                    _frame(0x1, json.dumps({"event_name": "subscribe", "data": {"channels": [], "last": 0}}).encode())
                )
                connection.sendall(_frame(0x9, b"sysgenpro"))
                _await_pong(connection, self.url)
        except OSError as error:
            raise OdooError(f"The websocket of {self.url} broke off: {error!r}") from error


def _read_head(connection: socket.socket) -> bytes:
    """The response up to its empty line, byte by byte: what follows belongs to the websocket."""
    head = bytearray()
    while not head.endswith(b"\r\n\r\n") and len(head) < 16384:
        byte = connection.recv(1)
        if not byte:
            break
        head += byte
    return bytes(head)


def _frame(opcode: int, payload: bytes) -> bytes:
    """A final, masked frame of at most 125 bytes (RFC 6455, section 5.2)."""
    mask = os.urandom(4)
    masked = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
    return bytes([0x80 | opcode, 0x80 | len(payload)]) + mask + masked


def _await_pong(connection: socket.socket, url: str) -> None:
    for _frame_number in range(20):
        first, second = _exactly(connection, 2)
        length = second & 0x7F
        if length == 126:
            length = int.from_bytes(_exactly(connection, 2), "big")
        payload = _exactly(connection, length)
        if first & 0x0F == 0xA:
            return
        if first & 0x0F == 0x8:
            raise OdooError(f"The websocket of {url} was closed with code {int.from_bytes(payload[:2], 'big')}")
    raise OdooError(f"The websocket of {url} does not answer a ping")


def _exactly(connection: socket.socket, count: int) -> bytes:
    data = b""
    while len(data) < count:
        part = connection.recv(count - len(data))
        if not part:
            raise OSError("connection closed")
        data += part
    return data
