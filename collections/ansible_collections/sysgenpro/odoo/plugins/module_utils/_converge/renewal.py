# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Make the database of a connection one of its own: nothing that authenticates is shared with what it was copied from."""

from __future__ import annotations

import typing as t

from .._adapters import postgresql
from .._render import clone


def in_one_transaction(inside: t.Any, statements: t.Sequence[clone.Statement]) -> None:
    """Run statements in one transaction."""
    postgresql.execute(inside, "BEGIN")
    for statement, parameters in statements:
        postgresql.execute(inside, statement, parameters=parameters)
    postgresql.execute(inside, "COMMIT")


def renew(inside: t.Any, statements: t.Sequence[clone.Statement]) -> None:
    """Make the connection's database one of its own, in one transaction."""
    postgresql.execute(inside, "BEGIN")
    for statement, parameters in statements:
        postgresql.execute(inside, statement, parameters=parameters)
    for statement in clone.renew_tokens(postgresql.query(inside, clone.TOKEN_COLUMNS)):
        postgresql.execute(inside, statement)
    present = {
        name for (name,) in postgresql.query(inside, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    }
    for table in clone.EMPTIED:
        if table in present:
            postgresql.execute(inside, "DELETE FROM {}", table)
    postgresql.execute(inside, "COMMIT")
