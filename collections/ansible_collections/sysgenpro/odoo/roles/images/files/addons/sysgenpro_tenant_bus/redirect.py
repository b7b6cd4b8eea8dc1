# Copyright (c) 2026, SysGenPro
# GNU Lesser General Public License v3.0+ (see LICENSES/LGPL-3.0-or-later.txt or https://www.gnu.org/licenses/lgpl-3.0.txt)
# SPDX-License-Identifier: LGPL-3.0-or-later
"""The redirection itself; the image's `odoo` command loads this file before Odoo opens its first connection.

Odoo 19 connects to the database `postgres` to listen and notify for bus (addons/bus/models/bus.py) and cron
(service/server.py, addons/base/models/ir_cron.py), for /web/health?db_server_status=1, to list databases, and at
every start to see whether its database exists (cli/server.py). All of these look odoo.sql_db.db_connect up when
they call it. odoo.service.db also imports it by name, but only ever for databases with another name.
"""

from __future__ import annotations

import functools
import sys
from typing import Any

from odoo import sql_db
from odoo.tools import config

MODULE = "sysgenpro_tenant_bus"
MAINTENANCE_DATABASE = "postgres"
EX_CONFIG = 78  # sysexits.h


class NotificationCursor(sql_db.Cursor):
    """A cursor whose connection goes back to the pool, unless it listens.

    Odoo closes every connection to `postgres` after use. Reusing one saves a connection (TLS, SCRAM) for each
    transaction that notifies, but one that listens would collect notifications in the pool forever.
    """

    listens = False

    def execute(self, query: Any, *args: Any, **kwargs: Any) -> None:
        if isinstance(query, str) and query.lower().startswith("listen "):
            self.listens = True
        super().execute(query, *args, **kwargs)

    def close(self) -> None:
        if self.listens and not self.closed:
            self._cnx.close()
        super().close()


class NotificationConnection(sql_db.Connection):
    """What db_connect("postgres") returns: the pool of the tenant's own database."""

    def __init__(self, pool: sql_db.ConnectionPool, dbname: str, dsn: dict) -> None:
        super().__init__(pool, dbname, dsn)
        self.arguments = (pool, dbname, dsn)

    def cursor(self) -> NotificationCursor:
        return NotificationCursor(*self.arguments)


def target() -> str | None:
    """Return the database that takes the place of `postgres`; None where the add-on is not server-wide.

    A process of several databases, or of none, is ended: it would listen where every other tenant can.
    """
    if MODULE not in (config["server_wide_modules"] or ()):
        return None
    databases = config["db_name"] or ()
    if len(databases) != 1:
        sys.stderr.write(f"{MODULE}: db_name must name exactly one database\n")
        raise SystemExit(EX_CONFIG)
    return databases[0]


def install() -> None:
    """Wrap odoo.sql_db.db_connect; a second call changes nothing."""
    original = sql_db.db_connect
    if hasattr(original, "__wrapped__"):
        return

    @functools.wraps(original)
    def db_connect(to: str, allow_uri: bool = False, readonly: bool = False) -> sql_db.Connection:
        database = target() if to == MAINTENANCE_DATABASE else None
        if database is None:
            return original(to, allow_uri, readonly)
        original(database, readonly=readonly)  # makes the pool
        pool = sql_db._Pool_readonly if readonly else sql_db._Pool
        return NotificationConnection(pool, *sql_db.connection_info_for(database, readonly))

    sql_db.db_connect = db_connect
