# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a tenant's reporting role may read, in SQL: everything but what authenticates somebody.

Privileges are given table by table and never by default, so that a table that appears later is closed until it was looked
at. pg_read_all_data would open all of them.
"""

from __future__ import annotations

import typing as t

#: Group of all reporting roles; the role postgresql makes it, and PgBouncer, which leads to the primary, refuses its members.
GROUP = "reporters"

#: Tables whose every row is a secret, or may hold one.
WITHHELD = (
    "auth_passkey_key",
    "auth_totp_device",
    "bus_bus",
    "certificate_certificate",
    "certificate_key",
    "fs_storage",
    "ir_config_parameter",
    "res_users_apikeys",
)

#: Names of columns that hold one; of their tables the other columns are readable.
SECRET_COLUMN = (
    r"(^|_)(api_?key|db_datas|otp|pass|passphrase|passwd|password|pin|private_key|rtoken|secret|token|tokens)(_|$)"
)

_TABLES = f"""
    SELECT c.oid, c.relname::text AS name, c.relname = ANY (%(withheld)s) AS withheld,
           coalesce(array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.attname ~ '{SECRET_COLUMN}'), '{{}}') AS secret,
           coalesce(array_agg(a.attname::text ORDER BY a.attnum) FILTER (WHERE a.attname !~ '{SECRET_COLUMN}'), '{{}}') AS plain
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
       AND pg_catalog.pg_get_userbyid(c.relowner) = %(owner)s
     GROUP BY c.oid, c.relname
"""

#: Tables whose privileges differ from what they should be: name, the columns to open, whether all of them are.
GAPS = f"""
    WITH tables AS ({_TABLES})
    SELECT name, CASE WHEN withheld THEN '{{}}' ELSE plain END, NOT withheld AND secret = '{{}}'
      FROM tables
     WHERE CASE
             WHEN withheld THEN has_any_column_privilege(%(role)s, oid, 'SELECT')
             WHEN secret = '{{}}' THEN NOT has_table_privilege(%(role)s, oid, 'SELECT')
             ELSE (SELECT bool_or(has_column_privilege(%(role)s, oid, s, 'SELECT')) FROM unnest(secret) s)
               OR (SELECT NOT bool_and(has_column_privilege(%(role)s, oid, p, 'SELECT')) FROM unnest(plain) p)
           END
     ORDER BY name
"""


class Gap(t.NamedTuple):
    """One table whose privileges are not what they should be."""

    table: str
    columns: t.Sequence[str]
    whole: bool


class Grant(t.NamedTuple):
    """A statement with ``{}`` for each of ``names``, which are identifiers."""

    statement: str
    names: tuple[str, ...]


def grants(gaps: t.Sequence[Gap], role: str) -> list[Grant]:
    """Statements that close what is open too far and open what should be, as the tables' owner.

    A table stands in one statement with all others of its kind: each statement is a message and, alone, a commit that
    waits for the synchronous standby. They belong in one transaction, or for a moment nothing would be readable.
    """
    if not gaps:
        return []
    made = [_of_tables("REVOKE ALL ON {} FROM {{}}", gaps, role)]
    whole = [gap for gap in gaps if gap.whole]
    if whole:
        made.append(_of_tables("GRANT SELECT ON {} TO {{}}", whole, role))
    made += [
        Grant(f"GRANT SELECT ({_places(gap.columns)}) ON {{}} TO {{}}", (*gap.columns, gap.table, role))
        for gap in gaps
        if gap.columns and not gap.whole
    ]
    return made


def _of_tables(statement: str, gaps: t.Sequence[Gap], role: str) -> Grant:
    return Grant(statement.format(_places(gaps)), (*(gap.table for gap in gaps), role))


def _places(items: t.Sized) -> str:
    return ", ".join(["{}"] * len(items))
