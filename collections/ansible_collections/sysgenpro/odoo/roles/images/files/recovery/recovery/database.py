# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A tenant's database and its cluster, as a recovery point and a check see them; the only place that imports psycopg2."""

from __future__ import annotations

import contextlib
import dataclasses
import time
import typing as t

import psycopg2
import psycopg2.errors
import psycopg2.extensions

from .errors import RecoveryError
from .manifest import Row

if t.TYPE_CHECKING:
    from .request import Database

#: A writer of attachments waits at most as long as this for a recovery point, and the point for it.
LOCK_TIMEOUT = "1s"
STATEMENT_TIMEOUT = "120s"
ROWS = "SELECT id, store_fname, coalesce(checksum, ''), coalesce(file_size, 0) FROM ir_attachment WHERE store_fname IS NOT NULL"
#: Of the restore point: what a restore is told, and what tells one cluster's history from another's.
POSITION = """
    SELECT lsn::text, pg_walfile_name(lsn), ('x' || left(pg_walfile_name(lsn), 8))::bit(32)::int,
        (SELECT system_identifier::text FROM pg_control_system()), clock_timestamp()::text,
        current_setting('server_version'), current_setting('archive_mode')
    FROM pg_create_restore_point(%s) AS lsn
"""


@dataclasses.dataclass(frozen=True)
class Captured:
    """The rows of ir_attachment at a restore point, and where it is.

    ``exact`` says that no transaction was writing attachments: the rows are those a restore to the point will have.
    """

    rows: tuple[Row, ...]
    restore_point: str
    lsn: str
    segment: str
    timeline: int
    system_identifier: str
    time: str
    server_version: str
    archive_mode: str
    exact: bool
    oid: int
    bytes: int
    comment: str


@contextlib.contextmanager
def connect(database: Database, *, ca_file: str) -> t.Iterator[t.Any]:
    """A connection in autocommit mode, the server's certificate verified.

    :raises RecoveryError: naming server, database and role.
    """
    name = database.name
    try:
        connection = psycopg2.connect(
            host=database.host,
            port=database.port,
            user=database.user,
            password=database.password,
            dbname=name,
            sslmode="verify-full",
            sslrootcert=ca_file,
            connect_timeout=10,
            application_name="sysgenpro.odoo recovery",
            options=f"-c statement_timeout={STATEMENT_TIMEOUT} -c idle_in_transaction_session_timeout=60s",
        )
    except psycopg2.OperationalError as error:
        text = " ".join(str(error).split())
        raise RecoveryError(
            f"PostgreSQL at {database.host}:{database.port} refused {database.user} on {name}: {text}"
        ) from error
    try:
        connection.autocommit = True
        yield connection
    except psycopg2.errors.InsufficientPrivilege as error:
        raise RecoveryError(
            f"The role {database.user} lacks a right on {name}: {error.diag.message_primary}",
            hint="Run the role postgresql, which grants what recovery points need",
        ) from error
    except psycopg2.Error as error:
        text = " ".join(str(error.diag.message_primary or error).split())
        raise RecoveryError(f"PostgreSQL at {database.host}:{database.port}, database {name}: {text}") from error
    finally:
        connection.close()


def rows(connection: t.Any) -> tuple[Row, ...]:
    """The attachments that are stored outside the database."""
    return tuple(Row(*values) for values in _query(connection, f"{ROWS} ORDER BY id"))


def still(connection: t.Any, suspects: t.Iterable[Row]) -> set[Row]:
    """Those of the rows that are in the database as they were."""
    ids = [row.id for row in suspects]
    return {Row(*values) for values in _query(connection, f"{ROWS} AND id = ANY(%s)", (ids,))}


def capture(database: Database, cluster: Database, *, ca_file: str, restore_point: str) -> Captured:
    """Make a restore point and read the attachments of that moment.

    The tenant's role reads its database, ``cluster`` is another role that makes the restore point: what a tenant put
    into its database never runs with more rights than its own.

    A lock that only writers of attachments conflict with is held while the snapshot is taken and the point is made: a
    few milliseconds. Where a transaction keeps them from it, they go on without.
    """
    with contextlib.ExitStack() as stack:
        guard, reader = (stack.enter_context(connect(database, ca_file=ca_file)) for _number in range(2))
        maker = stack.enter_context(connect(cluster, ca_file=ca_file))
        _execute(reader, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        exact = _lock(guard)
        # A transaction of this level sees what its first statement sees, whenever it reads the rows.
        _query(reader, "SELECT 1 FROM ir_attachment LIMIT 1")
        position = _query(maker, POSITION, (restore_point,))[0]
        _execute(guard, "ROLLBACK")
        # Full or not, the segment that holds the point can be archived now.
        _query(maker, "SELECT pg_switch_wal()")
        found = rows(reader)
        oid, size, comment = _query(
            reader,
            "SELECT oid::bigint, pg_database_size(oid), coalesce(shobj_description(oid, 'pg_database'), '')"
            " FROM pg_database WHERE datname = current_database()",
        )[0]
    lsn, segment, timeline, system_identifier, when, version, archive_mode = position
    return Captured(
        rows=found,
        restore_point=restore_point,
        lsn=lsn,
        segment=segment,
        timeline=timeline,
        system_identifier=system_identifier,
        time=when,
        server_version=version,
        archive_mode=archive_mode,
        exact=exact,
        oid=oid,
        bytes=size,
        comment=comment,
    )


def archived(cluster: Database, *, ca_file: str, captured: Captured, timeout: float) -> tuple[bool, str]:
    """Whether the segment that holds the point is in the archive, and why not.

    :param timeout: seconds to wait for it; 0 does not wait.
    """
    if captured.archive_mode == "off":
        return False, "archive_mode is off in the cluster"
    deadline = time.monotonic() + timeout
    with connect(cluster, ca_file=ca_file) as connection:
        while True:
            last = _query(connection, "SELECT coalesce(last_archived_wal, '') FROM pg_stat_archiver")[0][0]
            # Names of one timeline sort as the segments follow each other.
            if last[:8] == captured.segment[:8] and last[:24] >= captured.segment:
                return True, ""
            if time.monotonic() >= deadline:
                return (
                    False,
                    f"{captured.segment} was not archived within {timeout:g} s; the last one was {last or 'none'}",
                )
            time.sleep(0.2)


def _lock(connection: t.Any) -> bool:
    _execute(connection, "BEGIN")
    _execute(connection, f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
    try:
        _execute(connection, "LOCK TABLE ir_attachment IN SHARE MODE")
    except psycopg2.errors.LockNotAvailable:
        return False
    return True


def _query(connection: t.Any, statement: str, parameters: t.Sequence[t.Any] = ()) -> list[tuple[t.Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters or None)
        return t.cast("list[tuple[t.Any, ...]]", cursor.fetchall())


def _execute(connection: t.Any, statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
