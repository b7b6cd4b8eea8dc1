# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hold or release what a restored database does by itself."""

from __future__ import annotations

import typing as t

from .._adapters import postgresql
from .._render import hold as render


def hold(connection: t.Any, *, kinds: t.Sequence[str], jobs: str, check: bool) -> dict[str, t.Any]:
    """In one transaction: switch off, requeue or fail the jobs that ran, repair sequences.

    :param connection: as the tenant's role, which owns the tables.
    :returns: changed, and how many rows of each table were touched.
    """
    touched: dict[str, int] = {}
    postgresql.execute(connection, "BEGIN")
    postgresql.execute(connection, render.CREATE)
    present = _present(connection)
    for kind in _kinds(kinds, present):
        for statement in render.hold(kind):
            touched[kind.table] = _count(connection, statement)
    if "queue_job" in present:
        touched["queue_job"] = _count(connection, render.JOBS[jobs])
    touched["sequences"] = _repair_sequences(connection)
    postgresql.execute(connection, "ROLLBACK" if check else "COMMIT")
    return _result(touched)


def release(connection: t.Any, *, kinds: t.Sequence[str], check: bool) -> dict[str, t.Any]:
    """Switch on again what hold switched off; what was never held is not touched."""
    touched: dict[str, int] = {}
    postgresql.execute(connection, "BEGIN")
    present = _present(connection)
    if render.TABLE in present:
        for kind in _kinds(kinds, present):
            kind_type = "boolean" if kind.off == "false" else "text"
            for statement in render.release(kind, kind_type):
                touched[kind.table] = _count(connection, statement)
    postgresql.execute(connection, "ROLLBACK" if check else "COMMIT")
    return _result(touched)


def _present(connection: t.Any) -> set[str]:
    tables = [kind.table for group in render.KINDS.values() for kind in group] + ["queue_job", render.TABLE]
    return {name for (name,) in postgresql.query(connection, render.TABLES, (tables,))}


def _kinds(names: t.Sequence[str], present: t.Collection[str]) -> list[render.Kind]:
    return [kind for name in names for kind in render.KINDS[name] if kind.table in present]


def _count(connection: t.Any, statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.rowcount)


def _repair_sequences(connection: t.Any) -> int:
    found = postgresql.query(connection, render.SEQUENCES)
    return sum(len(postgresql.query(connection, render.sequence_repair(*row))) for row in found)


def _result(touched: t.Mapping[str, int]) -> dict[str, t.Any]:
    rows = {name: count for name, count in sorted(touched.items()) if count}
    return {"changed": bool(rows), "rows": rows}
