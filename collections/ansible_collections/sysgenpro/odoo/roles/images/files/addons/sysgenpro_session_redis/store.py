# Copyright (c) 2026, SysGenPro
# GNU Lesser General Public License v3.0+ (see LICENSES/LGPL-3.0-or-later.txt or https://www.gnu.org/licenses/lgpl-3.0.txt)
# SPDX-License-Identifier: LGPL-3.0-or-later
"""Odoo's session store on Redis.

A session is one key, `<prefix>s:<sha256 of its id>`. Sessions that share the stable part of their id (the
identifier, kept in res.device.log) are members of one set, `<prefix>i:<sha256 of the identifier>`; it answers
what the file store answers by listing directories. What follows from a read is written in a transaction that
watched it, so that a request still running cannot bring back a session that was revoked meanwhile.
"""

from __future__ import annotations

import functools
import json
import logging
import time
from typing import TYPE_CHECKING, Any, Callable

import psycopg2
import redis
import redis.backoff
import redis.retry
import werkzeug.exceptions
from odoo import http
from odoo.service import security
from odoo.tools._vendor import sessions

from . import keys

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .settings import Settings

_logger = logging.getLogger(__name__)

TIMEOUT = 1.0  # seconds, to connect and for each answer; tried twice
ATTEMPTS = 10  # of a transaction whose keys another request changes
BATCH = 1000  # commands in one pipeline


class SessionStoreUnavailable(werkzeug.exceptions.ServiceUnavailable):
    """Redis gives no answer. The request ends with 503: without its session it may do nothing."""

    description = "Sessions are not available at the moment."

    def __init__(self) -> None:
        super().__init__(retry_after=5)


def connect(settings: Settings) -> redis.Redis:
    """Return a client; it connects on first use, in each process for itself."""
    return redis.Redis(
        host=settings.host,
        port=settings.port,
        username=settings.username,
        password=settings.password,
        ssl=True,
        ssl_ca_certs=settings.ca_file,
        ssl_cert_reqs="required",
        ssl_check_hostname=True,
        socket_connect_timeout=TIMEOUT,
        socket_timeout=TIMEOUT,
        socket_keepalive=True,
        retry=redis.retry.Retry(redis.backoff.ConstantBackoff(0.05), 1),
        retry_on_error=[redis.ConnectionError, redis.TimeoutError],
        # CLIENT SETINFO is no command of ours
        lib_name=None,
        lib_version=None,
    )


def answers(method: Callable) -> Callable:
    """Turn every failure of Redis into SessionStoreUnavailable and one line in the log."""

    @functools.wraps(method)
    def wrapped(self: RedisSessionStore, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except redis.RedisError as err:
            _logger.error("Session store %s failed in %s: %s: %s", self.where, method.__name__, type(err).__name__, err)
            raise SessionStoreUnavailable from err

    return wrapped


class RedisSessionStore(sessions.SessionStore):
    """What odoo.http.FilesystemSessionStore does, without files."""

    generate_key = http.FilesystemSessionStore.generate_key
    is_valid_key = http.FilesystemSessionStore.is_valid_key

    def __init__(self, client: redis.Redis, where: str, prefix: str, session_class: type) -> None:
        super().__init__(session_class)
        self.client = client
        self.where = where
        self.prefix = prefix

    @answers
    def get(self, sid: str) -> http.Session:
        stored = self.client.get(keys.session_key(self.prefix, sid)) if self.is_valid_key(sid) else None
        return self.session_class(json.loads(stored), sid, False) if stored else self.new()

    @answers
    def save(self, session: http.Session) -> None:
        """Write a session; one that was read from the store only if it is still there."""
        lifetime = _lifetime()
        if session.is_new:
            with self.client.pipeline() as pipe:
                self._write(pipe, session.sid, dict(session), lifetime)
                pipe.execute()
            return

        def change(pipe: redis.client.Pipeline, stored: dict | None) -> bool:
            if _ended(session, stored):
                return False
            pipe.multi()
            self._write(pipe, session.sid, dict(session), lifetime)
            return True

        if not self._transaction(session.sid, change):
            _logger.info("A session that was ended meanwhile is not saved again")

    @answers
    def delete(self, session: http.Session) -> None:
        with self.client.pipeline() as pipe:
            self._remove(pipe, session.sid)
            pipe.execute()

    @answers
    def rotate(self, session: http.Session, env: Any, soft: bool = False) -> None:
        """Give a session a new id: soft keeps its first 42 characters and lets the old id lead to the new one."""
        if soft:
            self._rotate_softly(session, env)
        else:
            self._rotate_hard(session, env)

    def _rotate_hard(self, session: http.Session, env: Any) -> None:
        old_sid = session.sid
        session.sid = self.generate_key()
        if session.uid:
            session.session_token = security.compute_session_token(session, env)
        session.should_rotate = False
        session["create_time"] = time.time()
        with self.client.pipeline() as pipe:
            self._remove(pipe, old_sid)
            self._write(pipe, session.sid, dict(session), _lifetime())
            pipe.execute()

    def _rotate_softly(self, session: http.Session, env: Any) -> None:
        now = time.time()
        lifetime = _lifetime()
        next_sid = session.sid[: keys.IDENTIFIER_LENGTH] + self.generate_key()[keys.IDENTIFIER_LENGTH :]
        successor = self.session_class({**session, "gc_previous_sessions": True, "create_time": now}, next_sid)
        if session.uid:
            successor.session_token = security.compute_session_token(successor, env)
        forward = {**session, "next_sid": next_sid, "deletion_time": now + http.SESSION_DELETION_TIMER}

        def change(pipe: redis.client.Pipeline, stored: dict | None) -> str | None:
            if _ended(session, stored):
                return None
            if "next_sid" in stored:
                return stored["next_sid"]
            pipe.multi()
            self._write(pipe, session.sid, forward, lifetime)
            self._write(pipe, next_sid, dict(successor), lifetime)
            return next_sid

        chosen = self._transaction(session.sid, change)
        if chosen is None:
            _logger.info("A session that was ended meanwhile is not rotated")
            return
        session.sid = chosen
        if chosen == next_sid:
            session.should_rotate = False
            session.update(successor)

    @answers
    def delete_old_sessions(self, session: http.Session) -> None:
        """Remove the ids a softly rotated session had before, once requests that carry them have ended."""
        if "gc_previous_sessions" not in session:
            return
        if session["create_time"] + http.SESSION_DELETION_TIMER >= time.time():
            return
        self._remove_identifier(session.sid, keep=keys.digest(session.sid))
        del session["gc_previous_sessions"]
        self.save(session)

    @answers
    def get_missing_session_identifiers(self, identifiers: Iterable[str]) -> set[str]:
        """Return those of the identifiers (first 42 characters of an id) that no session has."""
        wanted = list(set(identifiers))
        missing = set()
        for start in range(0, len(wanted), BATCH):
            batch = wanted[start : start + BATCH]
            with self.client.pipeline(transaction=False) as pipe:
                for identifier in batch:
                    pipe.exists(keys.index_key(self.prefix, identifier))
                missing.update(identifier for identifier, found in zip(batch, pipe.execute()) if not found)
        return missing

    @answers
    def delete_from_identifiers(self, identifiers: list) -> None:
        """End all sessions that have these identifiers (a device is revoked)."""
        for identifier in identifiers:
            if not http._session_identifier_re.match(identifier):
                raise ValueError("Identifier format incorrect, did you pass in a string instead of a list?")
        for identifier in identifiers:
            self._remove_identifier(identifier)

    def vacuum(self, max_lifetime: int = http.SESSION_LIFETIME) -> None:
        """Do nothing: every key carries its time to live."""

    def _write(self, pipe: redis.client.Pipeline, sid: str, values: dict, lifetime: int) -> None:
        index = keys.index_key(self.prefix, sid)
        pipe.set(keys.session_key(self.prefix, sid), json.dumps(values), ex=lifetime)
        pipe.sadd(index, keys.digest(sid))
        # Never shorter than that of its longest-lived session; GT alone leaves a new set without.
        pipe.expire(index, lifetime, nx=True)
        pipe.expire(index, lifetime, gt=True)

    def _remove(self, pipe: redis.client.Pipeline, sid: str) -> None:
        pipe.delete(keys.session_key(self.prefix, sid))
        pipe.srem(keys.index_key(self.prefix, sid), keys.digest(sid))

    def _remove_identifier(self, identifier: str, keep: str | None = None) -> None:
        index = keys.index_key(self.prefix, identifier)

        def change(pipe: redis.client.Pipeline) -> None:
            members = {member.decode() for member in pipe.smembers(index)} - {keep}
            pipe.multi()
            if members:
                pipe.delete(*(keys.member_key(self.prefix, member) for member in members))
                pipe.srem(index, *members)

        self._watching(index, change)

    def _transaction(self, sid: str, change: Callable) -> Any:
        """Call change(pipe, stored session or None) until what it queued is written; return its result."""
        key = keys.session_key(self.prefix, sid)

        def read_and_change(pipe: redis.client.Pipeline) -> Any:
            stored = pipe.get(key)
            return change(pipe, json.loads(stored) if stored else None)

        return self._watching(key, read_and_change)

    def _watching(self, key: str, change: Callable) -> Any:
        for _attempt in range(ATTEMPTS):
            with self.client.pipeline() as pipe:
                try:
                    pipe.watch(key)
                    result = change(pipe)
                    pipe.execute()
                except redis.WatchError:
                    continue
                return result
        raise redis.RedisError(f"gave up after {ATTEMPTS} attempts: other requests keep changing the session")


def _ended(session: http.Session, stored: dict | None) -> bool:
    """Tell whether a session that was read is over: gone, or its id in use again by a visitor who is not logged in."""
    return stored is None or bool(session.uid and not stored.get("uid"))


def _lifetime() -> int:
    """Return the seconds a session lives without being saved, as the database of the request has it."""
    try:
        return max(1, http.get_session_max_inactivity(http.request.env if http.request else None))
    except psycopg2.Error:
        return http.SESSION_LIFETIME


def install(settings: Settings) -> None:
    """Make odoo.http.root keep its sessions in Redis."""
    where = f"redis {settings.host}:{settings.port}"

    def session_store(_application: http.Application) -> RedisSessionStore:
        return RedisSessionStore(connect(settings), where, settings.prefix, http.Session)

    prop = functools.cached_property(session_store)
    prop.__set_name__(http.Application, "session_store")
    http.Application.session_store = prop
    vars(http.root).pop("session_store", None)
    _logger.info("HTTP sessions are kept in %s under %s", where, settings.prefix)
