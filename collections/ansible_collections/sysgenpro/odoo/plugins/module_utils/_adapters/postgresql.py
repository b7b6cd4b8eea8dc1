# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""PostgreSQL as the provisioner and as a tenant sees it; the only place that imports psycopg2."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import typing as t

from .._support.errors import OdooError

try:
    import psycopg2
    import psycopg2.extensions
    from psycopg2 import sql

    HAS_PSYCOPG2 = True
except ImportError:
    HAS_PSYCOPG2 = False

#: Name of the role that creates databases and roles and is no superuser; role postgresql makes it.
PROVISIONER = "provisioner"
#: For each of the server's hosts; the next is tried after it.
CONNECT_SECONDS = 5
#: After so long without an answer a host counts as gone.
SILENT_MILLISECONDS = 30_000


@dataclasses.dataclass(frozen=True)
class Server:
    """A cluster's primary and how to verify it; ``host`` may be several proxies separated by commas."""

    host: str
    port: int
    ca_file: str


@dataclasses.dataclass(frozen=True)
class DatabaseRow:
    """A database in pg_database. ``comment`` is the JSON of its COMMENT, empty when it has none of ours."""

    name: str
    allow_connections: bool
    comment: t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class RoleRow:
    """A login role."""

    name: str
    can_login: bool
    connection_limit: int


@contextlib.contextmanager
def connect(server: Server, *, user: str, password: str, database: str = "postgres") -> t.Iterator[t.Any]:
    """A connection in autocommit mode, the server's certificate verified.

    :raises OdooError: naming server, database and user, never the password.
    """
    if not HAS_PSYCOPG2:
        raise OdooError(
            "The Python library psycopg2 is missing on this host",
            hint="Install python3-psycopg2, or run the role docker_host",
        )
    try:
        connection = psycopg2.connect(
            host=server.host,
            port=server.port,
            user=user,
            password=password,
            dbname=database,
            sslmode="verify-full",
            sslrootcert=server.ca_file,
            connect_timeout=CONNECT_SECONDS,
            tcp_user_timeout=SILENT_MILLISECONDS,
            application_name="sysgenpro.odoo",
        )
    except psycopg2.OperationalError as error:
        text = " ".join(str(error).split())
        raise OdooError(f"PostgreSQL at {server.host}:{server.port} refused {user} on {database}: {text}") from error
    try:
        connection.autocommit = True
        yield connection
    except psycopg2.Error as error:
        text = " ".join(str(error.diag.message_primary or error).split())
        raise OdooError(f"PostgreSQL at {server.host}:{server.port}, database {database}: {text}") from error
    finally:
        connection.close()


def accepts(server: Server, *, user: str, password: str, database: str) -> bool:
    """Whether ``user`` can log in to ``database`` with ``password``."""
    try:
        with connect(server, user=user, password=password, database=database):
            return True
    except OdooError:
        return False


def databases(connection: t.Any, names: t.Sequence[str]) -> dict[str, DatabaseRow]:
    """Those of ``names`` that exist, in one query."""
    rows = query(
        connection,
        "SELECT datname, datallowconn, shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = ANY(%s)",
        (list(names),),
    )
    return {name: DatabaseRow(name, allow, comment_of(text)) for name, allow, text in rows}


def databases_like(connection: t.Any, pattern: str) -> list[DatabaseRow]:
    """Those whose names match a regular expression of PostgreSQL's, by name."""
    rows = query(
        connection,
        "SELECT datname, datallowconn, shobj_description(oid, 'pg_database') FROM pg_database WHERE datname ~ %s ORDER BY 1",
        (pattern,),
    )
    return [DatabaseRow(name, allow, comment_of(text)) for name, allow, text in rows]


def role(connection: t.Any, name: str) -> RoleRow | None:
    rows = query(connection, "SELECT rolcanlogin, rolconnlimit FROM pg_roles WHERE rolname = %s", (name,))
    return RoleRow(name, rows[0][0], rows[0][1]) if rows else None


def installed_modules(connection: t.Any) -> frozenset[str]:
    """Names of the modules installed in the connection's database."""
    return frozenset(
        name for (name,) in query(connection, "SELECT name FROM ir_module_module WHERE state = 'installed'")
    )


def is_neutralised(connection: t.Any) -> bool:
    """Whether Odoo's neutralize has run in the connection's database, by the mark it leaves."""
    rows = query(connection, "SELECT value FROM ir_config_parameter WHERE key = 'database.is_neutralized'")
    return bool(rows) and str(rows[0][0]).lower() in ("true", "1")


def query(connection: t.Any, statement: t.Any, parameters: t.Sequence[t.Any] = ()) -> list[tuple[t.Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return t.cast("list[tuple[t.Any, ...]]", cursor.fetchall())


def execute(connection: t.Any, statement: str, *names: str, parameters: t.Sequence[t.Any] = ()) -> None:
    """Run a statement whose ``{}`` are identifiers and whose ``%s`` are values."""
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(*(sql.Identifier(name) for name in names)), parameters or None)


def rename_database(connection: t.Any, name: str, wanted: str) -> bool:
    """Rename a database; False where there is none of that name."""
    try:
        execute(connection, "ALTER DATABASE {} RENAME TO {}", name, wanted)
    except psycopg2.errors.InvalidCatalogName:
        return False
    return True


def set_password(connection: t.Any, name: str, password: str) -> None:
    """Store a role's SCRAM verifier; the password itself never reaches the server or its log."""
    verifier = psycopg2.extensions.encrypt_password(password, name, connection, "scram-sha-256")
    execute(connection, "ALTER ROLE {} PASSWORD %s", name, parameters=(verifier,))


def set_comment(connection: t.Any, database: str, comment: t.Mapping[str, t.Any]) -> None:
    execute(connection, "COMMENT ON DATABASE {} IS %s", database, parameters=(json.dumps(comment, sort_keys=True),))


@contextlib.contextmanager
def advisory_lock(connection: t.Any, key: str) -> t.Iterator[None]:
    """Hold a session-level advisory lock named ``key``; the server gives it back when the connection ends."""
    query(connection, "SELECT pg_advisory_lock(hashtextextended(%s, 0))", (key,))
    try:
        yield
    finally:
        if not connection.closed:
            query(connection, "SELECT pg_advisory_unlock(hashtextextended(%s, 0))", (key,))


def comment_of(text: str | None) -> dict[str, t.Any]:
    """Our JSON in a COMMENT; anything else was written by somebody else and says nothing to us."""
    try:
        value = json.loads(text or "")
    except ValueError:
        return {}
    return value if isinstance(value, dict) and "tenant" in value else {}
