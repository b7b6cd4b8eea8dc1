# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""SQL that keeps a restored database from acting on the world, and that lets it act again.

What is switched off is remembered in a table of the database itself, so that a release brings back exactly that, also
after the database was moved.
"""

from __future__ import annotations

import typing as t

TABLE = "sysgenpro_held"
CREATE = f"""
CREATE TABLE IF NOT EXISTS {TABLE} (
    kind text NOT NULL, id integer NOT NULL, was text NOT NULL, PRIMARY KEY (kind, id))
"""


class Kind(t.NamedTuple):
    """Rows that act by themselves: while ``column`` is not ``off``."""

    table: str
    column: str
    off: str


#: What may be held, by the word the module takes. A table that the database does not have is passed over.
KINDS: t.Mapping[str, tuple[Kind, ...]] = {
    "crons": (Kind("ir_cron", "active", "false"),),
    "mail": (Kind("ir_mail_server", "active", "false"), Kind("fetchmail_server", "active", "false")),
    "payments": (Kind("payment_provider", "state", "disabled"),),
}

TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename = ANY(%s)"

#: What becomes of jobs that ran at the moment the database is restored to: nobody knows whether they finished.
JOBS: t.Mapping[str, str] = {
    "requeue": """
        UPDATE queue_job SET state = 'pending', date_enqueued = NULL, date_started = NULL
        WHERE state IN ('enqueued', 'started')
        """,
    "hold": """
        UPDATE queue_job SET state = 'failed', exc_name = 'Restored', exc_message = 'It ran when the database was restored to'
        WHERE state IN ('enqueued', 'started')
        """,
}


def hold(kind: Kind) -> list[str]:
    """Remember what is on, then switch it off; what is held already stays remembered."""
    return [
        f"""
        INSERT INTO {TABLE} (kind, id, was) SELECT '{kind.table}', id, {kind.column}::text FROM {kind.table}
        WHERE {kind.column}::text <> '{kind.off}' ON CONFLICT DO NOTHING
        """,
        f"UPDATE {kind.table} SET {kind.column} = '{kind.off}' WHERE {kind.column}::text <> '{kind.off}'",
    ]


def release(kind: Kind, kind_type: str) -> list[str]:
    """Bring back what was switched off, and forget it. ``kind_type`` is the column's SQL type."""
    return [
        f"""
        UPDATE {kind.table} SET {kind.column} = held.was::{kind_type} FROM {TABLE} held
        WHERE held.kind = '{kind.table}' AND held.id = {kind.table}.id
        """,
        f"DELETE FROM {TABLE} WHERE kind = '{kind.table}'",
    ]


#: A sequence behind the column it fills would hand out numbers twice; one row for each that is.
SEQUENCES = """
SELECT pg_get_serial_sequence(quote_ident(c.table_name), c.column_name), c.table_name, c.column_name
FROM information_schema.columns c
WHERE c.table_schema = 'public' AND c.is_updatable = 'YES'
  AND pg_get_serial_sequence(quote_ident(c.table_name), c.column_name) IS NOT NULL
ORDER BY 2
"""


def sequence_repair(sequence: str, table: str, column: str) -> str:
    """Set the sequence to the highest number in use where it lies behind it; a row where it did."""
    return (
        f"SELECT setval('{sequence}', highest) FROM (SELECT max({column}) AS highest FROM {table}) found, {sequence} s"
        f" WHERE highest > s.last_value OR (highest = s.last_value AND NOT s.is_called)"
    )
