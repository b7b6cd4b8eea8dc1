# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Install and upgrade a database's modules, once, under a lock."""

from __future__ import annotations

import dataclasses
import typing as t

from .._adapters import files, postgresql
from .._adapters.postgresql import PROVISIONER, Server
from .._plan import database as plan
from .._render import odoo_conf
from .._render.containers import LABEL
from .._support.errors import OdooError
from .database import TenantDatabase
from .one_off import OneOff
from .reporting import Reporting

if t.TYPE_CHECKING:
    from .._model.tenant import Tenant
    from .database import Passwords
    from .one_off import Runner


@dataclasses.dataclass
class TenantModules:
    """The modules installed in one tenant's database."""

    jobs: Runner
    tenant: Tenant
    passwords: Passwords

    def converge(self, *, state: str, check: bool) -> dict[str, t.Any]:
        """Bring the installed set to what is declared.

        :param state: C(installed) installs what is missing; C(upgraded) also upgrades what the release made outdated.
        :raises OdooError: when the database is missing, or Odoo's command fails.
        """
        with self._connect("postgres") as connection:
            found = postgresql.databases(connection, [self.tenant.database]).get(self.tenant.database)
            if found is None:
                raise OdooError(f"Database {self.tenant.database} does not exist", hint="Create it with odoo_database")
            before = self._installed()
            steps = plan.plan_modules(self.tenant, before, found.comment.get("release"), state)
            if not steps or check:
                return _result(before, before, steps)
            # A run elsewhere that is at work on this database is waited for; then there may be nothing left to do.
            with postgresql.advisory_lock(connection, f"sysgenpro.odoo/{self.tenant.database}"):
                now = self._installed()
                recorded = postgresql.databases(connection, [self.tenant.database])[self.tenant.database].comment
                for argv in plan.module_commands(plan.plan_modules(self.tenant, now, recorded.get("release"), state)):
                    self._run(argv)
                after = self._installed()
                missing = sorted(set(self.tenant.all_modules) - after)
                if missing:
                    raise OdooError(
                        f"Odoo did not install {', '.join(missing)}", hint="Check that the image holds these modules"
                    )
                release = self.tenant.image if state == "upgraded" else recorded.get("release") or self.tenant.image
                # What else is remembered of it stays, as the backup that it was restored from.
                comment = {**recorded, **plan.comment(self.tenant), "release": release}
                postgresql.set_comment(connection, self.tenant.database, comment)
                self._open_reporting(connection)
                TenantDatabase(self.jobs, self.tenant, self.passwords).record(connection)
        return _result(before, after, steps)

    def neutralise(self, *, check: bool) -> dict[str, t.Any]:
        """Switch off what would act on the world from a copy, once, with Odoo's own command.

        :raises OdooError: the tenant is a production one, or its database is missing.
        """
        name = self.tenant.database
        if self.tenant.environment == "production":
            raise OdooError(f"{self.tenant.tenant} is a production tenant", hint="Neutralise a copy of it instead")
        with self._connect("postgres") as connection:
            if name not in postgresql.databases(connection, [name]):
                raise OdooError(f"Database {name} does not exist", hint="Create it with odoo_database")
            installed = self._installed()
            if self._neutral():
                return _result(installed, installed, ())
            step = plan.DatabaseStep("neutralise", name, "it is not marked as neutralised")
            if not check:
                with postgresql.advisory_lock(connection, f"sysgenpro.odoo/{name}"):
                    # A run that held the lock until now may have done it.
                    if not self._neutral():
                        self._run(("neutralize",))
        return _result(installed, installed, (step,))

    def _neutral(self) -> bool:
        with self._connect(self.tenant.database) as inside:
            postgresql.execute(inside, "SET ROLE {}", self.tenant.database_user)
            return postgresql.is_neutralised(inside)

    def _open_reporting(self, connection: t.Any) -> None:
        """New modules bring new tables. A database of before there were reporting roles gets its own by odoo_database."""
        reporting = Reporting(self.tenant, self._server, self.passwords.provisioner, self.passwords.reporting)
        if reporting.observe(connection, exists=False).limit is not None:
            reporting.open(connection)

    @property
    def _server(self) -> Server:
        endpoint = self.tenant.postgresql
        return Server(endpoint.host, endpoint.primary_port, self.tenant.ca_file)

    def _connect(self, database: str) -> t.ContextManager[t.Any]:
        return postgresql.connect(
            self._server, user=PROVISIONER, password=self.passwords.provisioner, database=database
        )

    def _installed(self) -> frozenset[str]:
        with self._connect(self.tenant.database) as inside:
            postgresql.execute(inside, "SET ROLE {}", self.tenant.database_user)
            return postgresql.installed_modules(inside)

    def _run(self, argv: tuple[str, ...]) -> None:
        tenant = self.tenant
        ca = files.read(tenant.ca_file)
        if ca is None:
            raise OdooError(f"The region's CA is not at {tenant.ca_file}", hint="Run the role docker_host on this host")
        name = f"{tenant.tenant}-module"
        job = OneOff(
            name=name,
            image=tenant.image,
            argv=argv,
            directory=f"{tenant.config_path}/.{name}",
            files=odoo_conf.one_off_files(
                tenant, database=tenant.database, user=tenant.database_user, password=self.passwords.database, ca=ca
            ),
            labels={f"{LABEL}region": tenant.region, f"{LABEL}component": "module"},
        )
        self.jobs.run_once(job)


def _result(before: frozenset[str], after: frozenset[str], steps: tuple[plan.DatabaseStep, ...]) -> dict[str, t.Any]:
    shown = [step.public() for step in steps]
    return {
        "changed": bool(steps),
        "steps": shown,
        "modules": sorted(after),
        "diff": {
            "before": {"modules": sorted(before)},
            "after": {"modules": sorted(before | {step.subject for step in steps if step.action == "install"})},
        },
    }
