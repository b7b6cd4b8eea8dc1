# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The role that reads a tenant's database: look at it, make it, open the database to it."""

from __future__ import annotations

import dataclasses
import typing as t

from .._adapters import postgresql
from .._adapters.postgresql import PROVISIONER, Server
from .._plan.database import ObservedReporting
from .._render import reporting
from .._support.errors import OdooError

if t.TYPE_CHECKING:
    from .._model.tenant import Tenant

SETTINGS = """
    SELECT r.rolconnlimit, coalesce('default_transaction_read_only=on' = ANY (r.rolconfig), false)
           AND pg_has_role(r.oid, %s, 'MEMBER')
      FROM pg_roles r WHERE r.rolname = %s
"""


@dataclasses.dataclass(frozen=True)
class Reporting:
    """The reporting role of one tenant. ``connection`` is the provisioner's, in the database ``postgres``."""

    tenant: Tenant
    server: Server
    provisioner: str = dataclasses.field(repr=False)
    password: str = dataclasses.field(repr=False)

    @property
    def role(self) -> str:
        return self.tenant.reporting_user

    def observe(self, connection: t.Any, *, exists: bool) -> ObservedReporting:
        """:param exists: whether the tenant's database does."""
        rows = postgresql.query(connection, SETTINGS, (reporting.GROUP, self.role))
        if not rows:
            return ObservedReporting()
        limit, read_only = rows[0]
        gaps = self._gaps_as_itself() if exists else None
        return ObservedReporting(limit, read_only, accepted=gaps is not None, gaps=gaps or 0)

    def create(self, connection: t.Any) -> None:
        rights = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION"
        postgresql.execute(connection, f"CREATE ROLE {{}} {rights}", self.role)
        self.limit(connection)

    def limit(self, connection: t.Any) -> None:
        limit = self.tenant.reporting_connections
        postgresql.execute(connection, "ALTER ROLE {} CONNECTION LIMIT %s", self.role, parameters=(limit,))
        postgresql.execute(connection, "ALTER ROLE {} SET default_transaction_read_only = on", self.role)
        postgresql.execute(connection, "GRANT {} TO {}", reporting.GROUP, self.role)

    def open(self, connection: t.Any) -> None:
        """Let the role into the tenant's database, with its password, to what it may read there."""
        postgresql.set_password(connection, self.role, self.password)
        postgresql.execute(connection, "GRANT CONNECT ON DATABASE {} TO {}", self.tenant.database, self.role)
        with postgresql.connect(
            self.server, user=PROVISIONER, password=self.provisioner, database=self.tenant.database
        ) as inside:
            postgresql.execute(inside, "GRANT USAGE ON SCHEMA public TO {}", self.role)
            # The tables are the tenant's, and only their owner gives rights to them.
            postgresql.execute(inside, "SET ROLE {}", self.tenant.database_user)
            postgresql.execute(inside, "BEGIN")
            for grant in reporting.grants(self._gaps(inside), self.role):
                postgresql.execute(inside, grant.statement, *grant.names)
            postgresql.execute(inside, "COMMIT")

    def drop(self, connection: t.Any) -> None:
        postgresql.execute(connection, "DROP ROLE IF EXISTS {}", self.role)

    def _gaps_as_itself(self) -> int | None:
        """How many tables are not as they should be; None where the server does not let the role in."""
        try:
            with postgresql.connect(
                self.server, user=self.role, password=self.password, database=self.tenant.database
            ) as own:
                return len(self._gaps(own))
        except OdooError:
            return None

    def _gaps(self, connection: t.Any) -> list[reporting.Gap]:
        values = {"withheld": list(reporting.WITHHELD), "owner": self.tenant.database_user, "role": self.role}
        with connection.cursor() as cursor:
            cursor.execute(reporting.GAPS, values)
            return [reporting.Gap(*row) for row in cursor.fetchall()]
