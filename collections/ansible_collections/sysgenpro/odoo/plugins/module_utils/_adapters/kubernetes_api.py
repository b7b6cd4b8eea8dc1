# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The API of Kubernetes over one keep-alive connection of the standard library.

The kubernetes package is not used: importing it takes 0.6 s, and a whole tenant that needs nothing is observed in 0.1 s.
"""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import time
import typing as t
from urllib.parse import urlencode, urlsplit

from .._model.kubernetes_kinds import FIELD_MANAGER, KINDS, Kind, Ref, ref
from .._support.kubernetes_errors import ApiError, MissingKind, Unreachable, from_status
from .kubernetes_paths import collection_path, object_path, selector

if t.TYPE_CHECKING:
    from .kubeconfig import Access

Object = dict[str, t.Any]

APPLY = "application/apply-patch+yaml"
#: Objects a list returns at a time; the server would otherwise put a whole cluster into one answer.
PAGE = 500
#: Seconds between the attempts of a request that was answered 429 or 5xx, or not at all. A server may ask for other ones.
PAUSES = (0.2, 0.5, 1.0, 2.0)
#: A server that asks for more patience than this does not get it.
LONGEST_PAUSE = 10.0


class _Tls(http.client.HTTPSConnection):
    """HTTPS whose certificate may bear another name than the address (tls-server-name)."""

    def __init__(self, host: str, port: int, context: ssl.SSLContext, name: str, timeout: float) -> None:
        super().__init__(host, port, timeout=timeout, context=context)
        self._tls, self._name = context, name

    def connect(self) -> None:
        if not self._name:
            super().connect()
        else:
            http.client.HTTPConnection.connect(self)
            self.sock = self._tls.wrap_socket(self.sock, server_hostname=self._name)
        # Requests are small: waiting to fill a packet costs 40 ms each.
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class KubernetesApi:
    """The calls this collection makes, one method each. Absent objects are None, never an exception.

    :param timeout: seconds for one answer.
    :raises ApiError: from every method, one of the kinds of _support/kubernetes_errors.
    """

    def __init__(self, access: Access, *, timeout: float = 30.0, sleep: t.Callable[[float], None] = time.sleep) -> None:
        self._access = access
        self._sleep = sleep
        self._connection = _connection(access, timeout)
        self._prefix = urlsplit(access.server).path.rstrip("/")
        self._discovered: dict[tuple[str, str], Kind] = {}

    # Objects

    def get(self, target: Ref) -> Object | None:
        """An object in full, or None. Also None where its namespace or its kind is not there."""
        kind = self._known(target)
        if kind is None:
            return None
        status, body = self._exchange("GET", object_path(kind, target.namespace, target.name))
        if status == 404:
            return None
        return self._checked(status, body, str(target))

    def select(
        self, kind: Kind, *, namespace: str = "", labels: t.Mapping[str, str] | None = None, fields: str = ""
    ) -> list[Object] | None:
        """Every object of a kind in a namespace or, without one, in the cluster; None where the kind is not known.

        :param labels: those that every object must have; an empty value means any value.
        :param fields: a field selector.
        """
        query: dict[str, str] = {"limit": str(PAGE)}
        if labels:
            query["labelSelector"] = selector(labels)
        if fields:
            query["fieldSelector"] = fields
        found: list[Object] = []
        while True:
            status, body = self._exchange("GET", collection_path(kind, namespace), query=query)
            if status == 404:
                return None
            page = self._checked(status, body, kind.plural)
            for item in page["items"]:
                item.setdefault("apiVersion", kind.api_version)
                item.setdefault("kind", kind.kind)
            found += page["items"]
            more = page["metadata"].get("continue")
            if not more:
                return found
            query["continue"] = more

    def apply(
        self,
        manifest: t.Mapping[str, t.Any],
        *,
        manager: str = FIELD_MANAGER,
        force: bool = False,
        dry_run: bool = False,
    ) -> Object:
        """Server-side apply; the object as it is, or in a dry run would be, afterwards.

        :raises Conflict: naming fields and managers, unless ``force``.
        """
        target = ref(manifest)
        query = {"fieldManager": manager, "force": str(force).lower(), "fieldValidation": "Strict"}
        if dry_run:
            query["dryRun"] = "All"
        kind = self._kind(target)
        path = object_path(kind, target.namespace, target.name)
        status, body = self._exchange("PATCH", path, manifest, query=query, content_type=APPLY)
        return self._checked(status, body, str(target))

    def create(self, manifest: t.Mapping[str, t.Any]) -> Object:
        """Make an object that must not exist yet.

        :raises Stale: it exists.
        """
        target = ref(manifest)
        path = collection_path(self._kind(target), target.namespace)
        status, body = self._exchange("POST", path, manifest, query={"fieldManager": FIELD_MANAGER})
        return self._checked(status, body, str(target))

    def replace(self, manifest: t.Mapping[str, t.Any]) -> Object:
        """Write an object whose resourceVersion is still the manifest's.

        :raises Stale: somebody else wrote it since.
        """
        target = ref(manifest)
        path = object_path(self._kind(target), target.namespace, target.name)
        status, body = self._exchange("PUT", path, manifest, query={"fieldManager": FIELD_MANAGER})
        return self._checked(status, body, str(target))

    def delete(self, seen: t.Mapping[str, t.Any], *, propagation: str = "Background", exact: bool = True) -> None:
        """Remove the object that was seen and no other of its name; one that is gone is no error.

        :param seen: the object as read: its uid is a precondition of the removal and, where ``exact``, its resourceVersion.
        :raises Stale: it is another one now, or was changed since.
        """
        target = ref(seen)
        preconditions = {"uid": seen["metadata"]["uid"]}
        if exact:
            preconditions["resourceVersion"] = seen["metadata"]["resourceVersion"]
        body = {"propagationPolicy": propagation, "preconditions": preconditions}
        path = object_path(self._kind(target), target.namespace, target.name)
        status, answer = self._exchange("DELETE", path, body)
        if status != 404:
            self._checked(status, answer, str(target))

    def logs(
        self, namespace: str, pod: str, container: str, *, lines: int = 20, previous: bool = False, since: int = 0
    ) -> list[str]:
        """The last lines a container said, oldest first; none where it has not started or is gone.

        :param since: seconds back from now; 0 for any time.
        """
        query = {"container": container, "tailLines": str(lines), "previous": str(previous).lower()}
        if since:
            query["sinceSeconds"] = str(since)
        path = f"{object_path(KINDS['v1', 'Pod'], namespace, pod)}/log"
        status, content = self._send("GET", path, None, query=query, content_type="")
        # A kubelet that has removed the container says so in the place of its words.
        gone = status != 200 or content.startswith(b"unable to retrieve container logs")
        return [] if gone else content.decode(errors="replace").splitlines()

    # Requests

    def _known(self, target: Ref) -> Kind | None:
        try:
            return self._kind(target)
        except MissingKind:
            return None

    def _kind(self, target: Ref) -> Kind:
        """How the server names a kind: from the table, or by asking it."""
        key = (target.api_version, target.kind)
        kind = KINDS.get(key) or self._discovered.get(key)
        if kind is None:
            root = f"/api/{key[0]}" if "/" not in key[0] else f"/apis/{key[0]}"
            status, body = self._exchange("GET", root)
            resources = body.get("resources", []) if status == 200 else []
            for item in resources:
                if "/" not in item["name"]:
                    found = Kind(key[0], item["kind"], item["name"], namespaced=item["namespaced"])
                    self._discovered[key[0], item["kind"]] = found
            kind = self._discovered.get(key)
            if kind is None:
                raise from_status(404, {}, f"{target} ({target.api_version})")
        return kind

    @staticmethod
    def _checked(status: int, body: Object, subject: str) -> Object:
        if status >= 400:
            raise from_status(status, body, subject)
        return body

    def _exchange(
        self,
        method: str,
        path: str,
        body: t.Any = None,
        *,
        query: t.Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> tuple[int, Object]:
        status, content = self._send(method, path, body, query=query, content_type=content_type)
        try:
            return status, json.loads(content)
        except ValueError:
            # "404 page not found" of an unknown group is plain text, and so is what proxies say.
            text = content.decode(errors="replace").strip()[:300]
            return status, {} if status == 404 else {"message": text}

    def _send(
        self, method: str, path: str, body: t.Any, *, query: t.Mapping[str, str] | None, content_type: str
    ) -> tuple[int, bytes]:
        """One request, tried again while the server asks for patience, within a bound.

        Every request may be sent twice: what it asks for is named, and carries a precondition where that matters.
        """
        target = self._prefix + path + (f"?{urlencode(query)}" if query else "")
        payload = None if body is None else json.dumps(body).encode()
        renewed = False
        for pause in (*PAUSES, None):
            try:
                status, wanted, content = self._attempt(method, target, payload, content_type)
            except (OSError, http.client.HTTPException) as error:
                self._connection.close()
                if pause is None or isinstance(error, (ssl.SSLError, TimeoutError, socket.timeout)):
                    raise self._unreachable(method, path, error) from error
                self._sleep(pause)
                continue
            if status == 401 and not renewed and self._access.renew():
                renewed = True
                self._connection.close()
                continue
            if pause is None or not _patience(status, content):
                break
            self._sleep(min(pause if wanted is None else wanted, LONGEST_PAUSE))
        return status, content

    def _attempt(
        self, method: str, target: str, payload: bytes | None, content_type: str
    ) -> tuple[int, float | None, bytes]:
        headers = {"Accept": "application/json", "User-Agent": "sysgenpro.odoo"}
        if payload is not None:
            headers["Content-Type"] = content_type
        token = self._access.token()
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self._connection.request(method, target, payload, headers)
        response = self._connection.getresponse()
        after = response.headers.get("Retry-After", "")
        return response.status, float(after) if after.isdigit() else None, response.read()

    def _unreachable(self, method: str, path: str, error: Exception) -> ApiError:
        server = self._access.server
        if isinstance(error, ssl.SSLError):
            return Unreachable(
                f"The API server at {server} does not prove who it is, or does not accept the certificate: {getattr(error, 'verify_message', error.reason)}",
                hint="Check the kubeconfig's certificate-authority-data and the client's certificate",
            )
        if isinstance(error, (TimeoutError, socket.timeout)):
            return Unreachable(
                f"The API server at {server} did not answer {method} {path} within {self._connection.timeout:g} s",
                hint="Look at its load and at what is between, and run again",
            )
        return Unreachable(
            f"The API server at {server} cannot be reached: {error}",
            hint="Check that it runs and that the kubeconfig names the right address; then run again",
        )

    def close(self) -> None:
        self._connection.close()


def _connection(access: Access, timeout: float) -> http.client.HTTPConnection:
    url = urlsplit(access.server)
    host, port = url.hostname or "", url.port or (443 if url.scheme == "https" else 80)
    if access.context is None:
        return http.client.HTTPConnection(host, port, timeout=timeout)
    if not access.proxy:
        return _Tls(host, port, access.context, access.server_name, timeout)
    proxy = urlsplit(access.proxy)
    if proxy.scheme != "http" or not proxy.hostname:
        raise ApiError(f"proxy-url {access.proxy} of the kubeconfig is not http://host:port", hint="Correct the file")
    tunnel = _Tls(proxy.hostname, proxy.port or 80, access.context, access.server_name, timeout)
    tunnel.set_tunnel(host, port)
    return tunnel


def _patience(status: int, content: bytes) -> bool:
    """Whether an answer says that the same request may succeed later."""
    if status in (429, 502, 503, 504):
        return True
    # What a manifest does wrong is answered with 500 too, and will not get better.
    return status == 500 and b"not declared in schema" not in content
