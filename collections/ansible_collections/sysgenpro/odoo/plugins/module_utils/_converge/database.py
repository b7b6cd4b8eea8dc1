# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Observe a tenant's role and database, plan, apply, observe again."""

from __future__ import annotations

import dataclasses
import typing as t
from concurrent import futures

from .._adapters import postgresql, postgresql_catalog
from .._model.capacity import connection_budget
from .._plan import catalog
from .._plan import database as plan
from .._plan.database import DatabaseStep, ObservedDatabase
from .._plan.reporting import plan_absent_reporting
from .._plan.tenant_database import missing_modules, plan_present
from .._render import clone
from .._render import reporting as reporting_render
from .._support.errors import OdooError
from .blank_database import COPY, Blanks, grant
from .renewal import renew
from .reporting import Reporting

if t.TYPE_CHECKING:
    from .._adapters.postgresql import Server
    from .._model.tenant import Tenant
    from .one_off import Runner


@dataclasses.dataclass(frozen=True)
class Passwords:
    """What the database's roles and users authenticate with."""

    provisioner: str = dataclasses.field(repr=False)
    database: str = dataclasses.field(repr=False)
    admin: str = dataclasses.field(repr=False)
    health: str = dataclasses.field(repr=False)
    health_key: str = dataclasses.field(repr=False)
    reporting: str = dataclasses.field(repr=False)

    @property
    def tried(self) -> tuple[str, str]:
        """Those that log in to the tenant's database."""
        return self.database, self.reporting


@dataclasses.dataclass
class TenantDatabase:
    """One tenant's role and database on its PostgreSQL cluster. ``relocate`` as in plan_database."""

    jobs: Runner
    tenant: Tenant
    passwords: Passwords
    relocate: bool = False

    @property
    def blanks(self) -> Blanks:
        return Blanks(self.jobs, self.tenant, self.passwords.provisioner)

    @property
    def server(self) -> Server:
        return self.blanks.server

    @property
    def reporting(self) -> Reporting:
        return Reporting(self.tenant, self.server, self.passwords.provisioner, self.passwords.reporting)

    def connect(self, database: str = "postgres") -> t.ContextManager[t.Any]:
        return self.blanks.connect(database)

    def observe(self, connection: t.Any) -> ObservedDatabase:
        tenant = self.tenant
        template, draft, spare = plan.template_name(tenant), plan.draft_name(tenant), plan.spare_name(tenant)
        found = postgresql.databases(connection, [tenant.database, template, draft, spare])
        role = postgresql.role(connection, tenant.database_user)
        mine = found.get(tenant.database)
        accepted = mine is not None and postgresql.accepts(
            self.server, user=tenant.database_user, password=self.passwords.database, database=tenant.database
        )
        return ObservedDatabase(
            role_limit=role.connection_limit if role else None,
            password_accepted=accepted,
            comment=mine.comment if mine else None,
            template_exists=template in found,
            draft_exists=draft in found,
            reporting=self.reporting.observe(connection, exists=mine is not None),
            spare_exists=spare in found,
            verified=catalog.is_verified(self._catalog(connection), self.passwords.tried),
        )

    def _catalog(self, connection: t.Any) -> catalog.CatalogRow:
        return postgresql_catalog.look(connection, [catalog.names(self.tenant)], group=reporting_render.GROUP)[0]

    def present(self, *, check: bool) -> dict[str, t.Any]:
        """Give the tenant its role and database.

        :returns: changed, steps, diff, and the comment of the database as observed afterwards.
        """
        with self.connect() as connection:
            before = self.observe(connection)
            steps = plan_present(self.tenant, before, relocate=self.relocate)
            self._refuse(steps)
            if steps and not check:
                with postgresql.advisory_lock(connection, f"sysgenpro.odoo/{self.tenant.database}"):
                    before = self.observe(connection)
                    steps = plan_present(self.tenant, before, relocate=self.relocate)
                    self._apply(connection, steps)
            after = self.observe(connection) if steps and not check else before
        return _result(self.tenant, before, after, steps)

    def spare(self, *, check: bool) -> dict[str, t.Any]:
        """Keep a copy of the tenant's template for the next tenant with the same release, modules, country and languages."""
        with self.connect() as connection:
            before = self.observe(connection)
            steps = plan.plan_spare(self.tenant, before)
            if steps and not check:
                with postgresql.advisory_lock(connection, f"sysgenpro.odoo/{plan.spare_name(self.tenant)}"):
                    self._apply(connection, plan.plan_spare(self.tenant, self.observe(connection)))
            after = self.observe(connection) if steps and not check else before
        return _result(self.tenant, before, after, steps)

    def absent(self, *, check: bool) -> dict[str, t.Any]:
        """Drop database and role; the caller has asked for confirmation and kept a dump."""
        with self.connect() as connection:
            before = dataclasses.replace(self.observe(connection), former=self._former(connection))
            steps = plan.plan_absent_database(self.tenant, before)
            steps += plan_absent_reporting(self.tenant, before.reporting)
            if not check:
                self._apply(connection, steps)
            after = self.observe(connection) if steps and not check else before
        return _result(self.tenant, before, after, steps)

    def _former(self, connection: t.Any) -> tuple[str, ...]:
        """Two long names may begin alike: the comment says whose it is."""
        found = postgresql.databases_like(connection, plan.former_pattern(self.tenant))
        return tuple(row.name for row in found if (row.comment or {}).get("tenant") == self.tenant.tenant)

    @staticmethod
    def _refuse(steps: tuple[DatabaseStep, ...]) -> None:
        for step in steps:
            if step.action == "refuse_place":
                raise OdooError(
                    f"Database {step.subject} lives elsewhere: {step.cause}",
                    hint="Correct odoo_place, or move it with the playbook relocate: two places must never work on one database",
                )

    def _apply(self, connection: t.Any, steps: tuple[DatabaseStep, ...]) -> None:
        for step in steps:
            _ACTIONS[step.action](self, connection)

    def _create_role(self, connection: t.Any) -> None:
        user = self.tenant.database_user
        postgresql.execute(connection, "SET createrole_self_grant = 'set, inherit'")
        postgresql.execute(connection, "CREATE ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION", user)
        self._limit_role(connection)
        postgresql.set_password(connection, user, self.passwords.database)

    def _limit_role(self, connection: t.Any) -> None:
        limit = connection_budget(self.tenant)
        postgresql.execute(
            connection, "ALTER ROLE {} CONNECTION LIMIT %s", self.tenant.database_user, parameters=(limit,)
        )

    def _set_password(self, connection: t.Any) -> None:
        postgresql.set_password(connection, self.tenant.database_user, self.passwords.database)

    def _drop_draft(self, connection: t.Any) -> None:
        postgresql.execute(connection, "DROP DATABASE IF EXISTS {} WITH (FORCE)", plan.draft_name(self.tenant))

    def _draft(self, connection: t.Any) -> None:
        """The waiting copy of the template, or a new one where there is none or somebody else took it."""
        template, draft = plan.template_name(self.tenant), plan.draft_name(self.tenant)
        if postgresql.rename_database(connection, plan.spare_name(self.tenant), draft):
            grant(connection, draft, self.tenant.database_user)
            postgresql.execute(connection, "ALTER DATABASE {} ALLOW_CONNECTIONS true", draft)
        else:
            postgresql.execute(connection, COPY, draft, template)
            grant(connection, draft, self.tenant.database_user)

    def _clone(self, connection: t.Any) -> None:
        """Copy the template under a draft name, make it a database of its own, then give it its name."""
        tenant, template, draft = self.tenant, plan.template_name(self.tenant), plan.draft_name(self.tenant)
        # Hashing passwords takes as long as copying the files, and needs nothing of the copy.
        with futures.ThreadPoolExecutor(1) as beside:
            renewal = beside.submit(self.renewal)
            self._draft(connection)
            with self.connect(draft) as inside:
                # A table's new owner must be allowed to create in its schema.
                postgresql.execute(inside, "GRANT ALL ON SCHEMA public TO {}", tenant.database_user)
                postgresql.execute(inside, "REASSIGN OWNED BY {} TO {}", template, tenant.database_user)
                postgresql.execute(inside, "REVOKE ALL ON SCHEMA public FROM {}", template)
                self.renew(inside, renewal.result())
        self._publish(connection)

    def _initialise(self, connection: t.Any) -> None:
        """Install the modules in a database of the tenant's own: what a clone saves."""
        draft = plan.draft_name(self.tenant)
        self.blanks.make_empty(connection, draft, self.tenant.database_user)
        self.blanks.fill(draft, draft, self.tenant.database_user, self.passwords.database)
        with self.connect(draft) as inside:
            self.renew(inside, self.renewal())
        self._publish(connection)

    def renewal(self) -> list[clone.Statement]:
        return clone.statements(
            base_url=f"https://{self.tenant.host}",
            admin_password=self.passwords.admin,
            health_password=self.passwords.health,
            health_key=self.passwords.health_key,
        )

    def renew(self, inside: t.Any, statements: t.Sequence[clone.Statement]) -> None:
        """One transaction, as the tenant's role: it owns every table."""
        postgresql.execute(inside, "SET ROLE {}", self.tenant.database_user)
        renew(inside, statements)

    def _publish(self, connection: t.Any) -> None:
        draft = plan.draft_name(self.tenant)
        postgresql.set_comment(connection, draft, plan.comment(self.tenant))
        postgresql.execute(connection, "ALTER DATABASE {} RENAME TO {}", draft, self.tenant.database)

    def _record_place(self, connection: t.Any) -> None:
        name = self.tenant.database
        recorded = postgresql.databases(connection, [name])[name].comment
        postgresql.set_comment(connection, name, {**recorded, "place": self.tenant.place})

    def _drop_database(self, connection: t.Any) -> None:
        postgresql.execute(connection, "DROP DATABASE IF EXISTS {} WITH (FORCE)", self.tenant.database)

    def _drop_former(self, connection: t.Any) -> None:
        for name in self._former(connection):
            postgresql.execute(connection, "DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def _drop_role(self, connection: t.Any) -> None:
        postgresql.execute(connection, "DROP ROLE IF EXISTS {}", self.tenant.database_user)

    def _create_reporting(self, connection: t.Any) -> None:
        self.reporting.create(connection)

    def _limit_reporting(self, connection: t.Any) -> None:
        self.reporting.limit(connection)

    def _open_reporting(self, connection: t.Any) -> None:
        self.reporting.open(connection)

    def record(self, connection: t.Any) -> None:
        """Remember in the comment that what is there now was verified."""
        row = self._catalog(connection)
        if row.comment:
            verified = {catalog.VERIFIED: catalog.verification(row, self.passwords.tried)}
            postgresql.set_comment(connection, self.tenant.database, {**row.comment, **verified})

    def _drop_reporting(self, connection: t.Any) -> None:
        self.reporting.drop(connection)


def _result(
    tenant: Tenant, before: ObservedDatabase, after: ObservedDatabase, steps: tuple[DatabaseStep, ...]
) -> dict[str, t.Any]:
    shown = [step.public() for step in steps]
    wanted = plan.comment(tenant)
    recorded = after.comment or {}
    return {
        # To remember what was found as it must be is no change of it.
        "changed": any(step.action != "record" for step in steps),
        "steps": shown,
        "database": dict(recorded),
        "missing_modules": missing_modules(tenant, recorded),
        "release_differs": bool(recorded) and recorded.get("release") != wanted["release"],
        "diff": {
            "before": dataclasses.asdict(before),
            "after": {**dataclasses.asdict(before), "steps": shown} if steps else dataclasses.asdict(before),
        },
    }


_ACTIONS: dict[str, t.Callable[[TenantDatabase, t.Any], None]] = {
    "create_role": TenantDatabase._create_role,
    "limit_role": TenantDatabase._limit_role,
    "set_password": TenantDatabase._set_password,
    "drop_draft": TenantDatabase._drop_draft,
    "build_template": lambda database, connection: database.blanks.build_template(connection),
    "clone": TenantDatabase._clone,
    "copy_template": lambda database, connection: database.blanks.copy_template(connection),
    "initialise": TenantDatabase._initialise,
    "record_place": TenantDatabase._record_place,
    "drop_database": TenantDatabase._drop_database,
    "drop_former": TenantDatabase._drop_former,
    "drop_role": TenantDatabase._drop_role,
    "create_reporting": TenantDatabase._create_reporting,
    "limit_reporting": TenantDatabase._limit_reporting,
    "open_reporting": TenantDatabase._open_reporting,
    "drop_reporting": TenantDatabase._drop_reporting,
    "record": TenantDatabase.record,
}
