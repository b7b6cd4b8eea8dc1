# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Patroni's REST interface over TLS, with the standard library alone."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import ssl
import threading
import time
import typing as t
from urllib.parse import urlsplit

from .._model.patroni import Member, Topology
from .._support.errors import OdooError

#: Seconds between two looks at who answers as the primary, while the lead moves.
WATCH_INTERVAL = 0.05


class Answer(t.NamedTuple):
    """What a member said: its JSON where it sent any, otherwise its text."""

    status: int
    document: t.Any
    text: str


class Unreachable(Exception):
    """No answer: the member is down, or its REST interface lost etcd in the middle of the request."""


class Endpoint:
    """One member's REST interface. The connection is kept where the server keeps it (Patroni closes it after each answer)."""

    def __init__(self, url: str, context: ssl.SSLContext, authorization: str, timeout: float) -> None:
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname:
            raise OdooError(f"{url} is no address of Patroni's REST interface", hint="Accepted: https://HOST:PORT")
        self.url = f"https://{parts.netloc}"
        self._authorization = authorization
        self._timeout = timeout
        self._connection = http.client.HTTPSConnection(
            parts.hostname, parts.port or 443, timeout=timeout, context=context
        )

    def ask(
        self, method: str, path: str, body: t.Mapping[str, t.Any] | None = None, *, timeout: float | None = None
    ) -> Answer:
        """Send one request.

        :param timeout: seconds for this answer; reads take the endpoint's own.
        :raises Unreachable: without an answer, or with one that is not HTTP.
        :raises OdooError: the certificate is not trusted, or the credentials are refused.
        """
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if method != "GET" and self._authorization:
            headers["Authorization"] = self._authorization
        self._connection.timeout = timeout or self._timeout
        reused = self._connection.sock is not None
        if reused:
            self._connection.sock.settimeout(self._connection.timeout)
        try:
            self._connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = self._connection.getresponse()
            text = response.read().decode(errors="replace")
        except ssl.SSLCertVerificationError as error:
            self.close()
            raise OdooError(
                f"Patroni at {self.url} has no certificate that the CA file vouches for: {error.verify_message}",
                hint="Check ca_file and the address",
            ) from error
        except (OSError, http.client.HTTPException) as error:
            self.close()
            if reused and method == "GET" and isinstance(error, (ConnectionError, http.client.BadStatusLine)):
                return self.ask(method, path, body, timeout=timeout)  # the server had closed the kept connection
            raise Unreachable(f"{self.url}: {str(error) or type(error).__name__}") from error
        if response.status in (401, 403):
            raise OdooError(f"Patroni at {self.url} refused: {text.strip()}", hint="Check client_cert and password")
        with contextlib.suppress(ValueError):
            return Answer(response.status, json.loads(text), text.strip())
        return Answer(response.status, None, text.strip())

    def close(self) -> None:
        self._connection.close()


class Cluster:
    """A cluster through the REST interfaces of its members, any of which speaks for it."""

    def __init__(self, endpoints: t.Sequence[Endpoint]) -> None:
        self._endpoints = {endpoint.url: endpoint for endpoint in endpoints}

    def observe(self) -> Topology:
        """The cluster as etcd and each member's own words have it.

        :raises OdooError: no member answers at all.
        """
        live = self._own_words()
        if not any(live.values()):
            raise OdooError(
                f"No member answers at {', '.join(live)}", hint="Check the addresses and that the containers run"
            )
        for url in sorted(live, key=lambda url: live[url] is None):
            with contextlib.suppress(Unreachable):
                seen = self._endpoints[url].ask("GET", "/cluster")
                if seen.status == 200 and seen.document:
                    return topology(seen.document, self._configuration(url), live)
        return topology_without_dcs(self._configuration(next(url for url in live if live[url])), live)

    def _own_words(self) -> dict[str, t.Any]:
        """``GET /patroni`` of every member at once: a silent one costs its time-out, and costs it once."""
        words: dict[str, t.Any] = dict.fromkeys(self._endpoints)
        errors: list[OdooError] = []

        def listen(url: str) -> None:
            try:
                words[url] = self._endpoints[url].ask("GET", "/patroni").document
            except Unreachable:
                words[url] = None
            except OdooError as error:
                errors.append(error)

        threads = [threading.Thread(target=listen, args=(url,)) for url in words]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if errors:
            raise errors[0]
        return words

    def _configuration(self, url: str) -> dict[str, t.Any]:
        """The dynamic configuration; a member without etcd tells the last it knew."""
        with contextlib.suppress(Unreachable):
            document = self._endpoints[url].ask("GET", "/config").document
            if isinstance(document, dict):
                return document
        return {}

    def patch_config(self, patch: t.Mapping[str, t.Any]) -> None:
        """Merge ``patch`` into the dynamic configuration, through the first member that can."""
        refusals = []
        for endpoint in self._endpoints.values():
            try:
                answer = endpoint.ask("PATCH", "/config", patch)
            except Unreachable as error:
                refusals.append(str(error))
                continue
            if answer.status == 200:
                return
            refusals.append(f"{endpoint.url}: {answer.status} {answer.text}")
        raise OdooError(f"No member took the configuration: {'; '.join(refusals)}")

    def post(self, member: Member, path: str, body: t.Mapping[str, t.Any], *, timeout: float) -> Answer:
        """Send a command to ``member``.

        :raises Unreachable: without an answer; the command may have been taken all the same.
        """
        endpoint = self._endpoints.get(member.url)
        if endpoint is None:
            raise OdooError(
                f"{member.name} answers at {member.url}, which is none of the given members",
                hint=f"Give its address in members, beside {', '.join(self._endpoints)}",
            )
        return endpoint.ask("POST", path, body, timeout=timeout)


class Watch:
    """Asks every server whether it is a primary, all the while that the block runs, on connections of its own.

    ``/patroni`` has the server's own answer to a query; ``/primary`` says who holds the lead, also while that one's
    server stops or still promotes.
    """

    def __init__(self, endpoints: t.Sequence[Endpoint]) -> None:
        self._endpoints = endpoints
        self._done = threading.Event()
        self._seen: list[float] = []
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._look, args=(endpoint,)) for endpoint in endpoints]

    def __enter__(self) -> Watch:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join()

    def _look(self, endpoint: Endpoint) -> None:
        while not self._done.is_set():
            with contextlib.suppress(Unreachable, OdooError):
                words = endpoint.ask("GET", "/patroni").document or {}
                if words.get("role") == "primary" and "location" in (words.get("xlog") or {}):
                    with self._lock:
                        self._seen.append(time.monotonic())
            self._done.wait(WATCH_INTERVAL)

    @property
    def gap(self) -> float:
        """The longest time in seconds, to about a tenth, in which no server was a primary."""
        moments = sorted(self._seen)
        return round(max((after - before for before, after in zip(moments, moments[1:])), default=0.0), 2)


def topology(
    cluster: t.Mapping[str, t.Any], configuration: t.Mapping[str, t.Any], live: t.Mapping[str, t.Any]
) -> Topology:
    """Read ``GET /cluster``, and what each member says of itself, which is newer by up to one loop.

    :param live: the answers to ``GET /patroni`` by address, None where there was none.
    """
    leads = next((m for m in cluster["members"] if m["role"] in ("leader", "standby_leader")), None)
    words = live.get(_base(leads.get("api_url"))) if leads else None
    location = ((words or {}).get("xlog") or {}).get("location")
    members = tuple(_member(entry, live, location) for entry in cluster["members"])
    known = {member.url for member in members}
    return Topology(
        scope=str(cluster.get("scope", "")),
        members=members,
        configuration=configuration,
        paused=bool(cluster.get("pause")),
        silent=tuple(url for url in live if url not in known),
        # A member that watches etcd may tell of the cluster as it was while etcd has no majority: its leader says so.
        dcs=not any((own or {}).get("failsafe_mode_is_active") for own in live.values()),
    )


def _member(entry: t.Mapping[str, t.Any], live: t.Mapping[str, t.Any], location: int | None) -> Member:
    url = _base(entry.get("api_url"))
    words = live.get(url)
    # A member that was not asked is taken at etcd's word.
    own = words or {}
    state = own.get("replication_state") or own.get("state") or entry.get("state", "")
    if entry["role"] == "leader" and own:
        state = own.get("state", "")
    lag = entry.get("lag")
    xlog = own.get("xlog") or {}
    if location is not None and "replayed_location" in xlog:
        at = max(xlog.get("received_location") or 0, xlog.get("replayed_location") or 0)
        lag = max(location - at, 0)
    reason = own.get("pending_restart_reason") or entry.get("pending_restart_reason") or {}
    return Member(
        name=entry["name"],
        role=entry["role"],
        state=state,
        url=url,
        address=f"{entry.get('host', '')}:{entry.get('port', '')}",
        timeline=own.get("timeline") or entry.get("timeline"),
        lag=lag if isinstance(lag, int) else None,
        pending_restart=bool(own.get("pending_restart") if own else entry.get("pending_restart")),
        pending_reason=reason,
        nofailover=bool((entry.get("tags") or {}).get("nofailover")),
        answers=url not in live or words is not None,
        version=own.get("server_version"),
        started=str(own.get("postmaster_start_time") or ""),
        dcs_last_seen=int(own.get("dcs_last_seen") or 0),
    )


def topology_without_dcs(configuration: t.Mapping[str, t.Any], live: t.Mapping[str, t.Any]) -> Topology:
    """The cluster by its members' own words, where none of them can read etcd."""
    words = {url: own for url, own in live.items() if own}
    entries = []
    for url, own in words.items():
        role = "leader" if own.get("role") in ("primary", "standby_leader") else "replica"
        if role == "replica" and (own.get("sync_standby") or own.get("quorum_standby")):
            role = "sync_standby"
        entries.append({"name": own["patroni"]["name"], "role": role, "api_url": url})
    scope = next(iter(words.values()))["patroni"]["scope"]
    paused = any(own.get("pause") for own in words.values())
    seen = topology({"members": entries, "scope": scope, "pause": paused}, configuration, live)
    return Topology(seen.scope, seen.members, seen.configuration, seen.paused, seen.silent, dcs=False)


def _base(url: str | None) -> str:
    parts = urlsplit(url or "")
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def endpoints(
    urls: t.Sequence[str], *, ca_file: str, client_cert: str | None, user: str, password: str | None, timeout: float
) -> list[Endpoint]:
    """One endpoint a URL, the server's certificate verified.

    :param ca_file: PEM file of the authorities that may have signed the members' certificates.
    :param client_cert: PEM file with our certificate and its key.
    :param timeout: seconds for the connection and for each answer.
    :raises OdooError: a file cannot be read.
    """
    try:
        context = ssl.create_default_context(cafile=ca_file)
        if client_cert:
            context.load_cert_chain(client_cert)
    except OSError as error:
        raise OdooError(
            f"{ca_file} or {client_cert} cannot be read: {error}", hint="Run as root on a member's host"
        ) from error
    token = base64.b64encode(f"{user}:{password}".encode()).decode()
    authorization = f"Basic {token}" if password else ""
    return [Endpoint(url, context, authorization, timeout) for url in urls]
