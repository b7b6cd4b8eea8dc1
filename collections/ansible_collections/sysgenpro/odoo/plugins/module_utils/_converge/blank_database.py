# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Databases that are not a tenant's yet: empty ones, and the templates that tenants are copied from."""

from __future__ import annotations

import dataclasses
import secrets as random
import typing as t

from .._adapters import files, postgresql
from .._adapters.postgresql import PROVISIONER, Server
from .._plan import database as plan
from .._render import odoo_conf
from .._render.containers import LABEL
from .._support.errors import OdooError
from .one_off import OneOff

if t.TYPE_CHECKING:
    from .._model.tenant import Tenant
    from .one_off import Runner

#: WAL_LOG, the default, copies page by page through shared buffers; a template is larger than that is made for.
COPY = "CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY"
#: Neither an operator nor a neighbour may connect to what PUBLIC could reach by default.
LOCK_OUT = "REVOKE ALL ON DATABASE {} FROM PUBLIC"


@dataclasses.dataclass(frozen=True)
class Blanks:
    """Makes databases on a tenant's cluster as PostgreSQL's role provisioner."""

    jobs: Runner
    tenant: Tenant
    password: str = dataclasses.field(repr=False)

    @property
    def server(self) -> Server:
        endpoint = self.tenant.postgresql
        return Server(endpoint.host, endpoint.primary_port, self.tenant.ca_file)

    def connect(self, database: str = "postgres") -> t.ContextManager[t.Any]:
        return postgresql.connect(self.server, user=PROVISIONER, password=self.password, database=database)

    def build_template(self, connection: t.Any) -> None:
        """Make the template once; whoever comes at the same time waits on the lock and finds it."""
        name = plan.template_name(self.tenant)
        with postgresql.advisory_lock(connection, f"sysgenpro.odoo/{name}"):
            if name in postgresql.databases(connection, [name]):
                return
            build = f"{name}__draft"
            if not self.jobs.running(self._container(name)):
                password = random.token_urlsafe(24)
                self._make_template_role(connection, name, password)
                self.make_empty(connection, build, name)
            else:
                password = ""
            self.fill(name, build, name, password)
            postgresql.execute(connection, "ALTER ROLE {} NOLOGIN PASSWORD NULL", name)
            postgresql.execute(connection, "ALTER DATABASE {} RENAME TO {}", build, name)
            # CREATE DATABASE … TEMPLATE fails while anybody is connected to the template.
            postgresql.execute(connection, "ALTER DATABASE {} ALLOW_CONNECTIONS false", name)

    def _container(self, name: str) -> str:
        """Name of the container that fills a database: several clusters may need the same template at once on one host."""
        return f"{self.tenant.region}-{self.tenant.postgresql_cluster}-{name}"

    def _make_template_role(self, connection: t.Any, name: str, password: str) -> None:
        postgresql.execute(connection, "SET createrole_self_grant = 'set, inherit'")
        if postgresql.role(connection, name) is None:
            postgresql.execute(connection, "CREATE ROLE {} NOSUPERUSER", name)
        postgresql.set_password(connection, name, password)
        postgresql.execute(connection, "ALTER ROLE {} LOGIN", name)

    def make_empty(self, connection: t.Any, database: str, role: str) -> None:
        """An empty database owned by the provisioner, in which ``role`` may create what it needs."""
        postgresql.execute(connection, "DROP DATABASE IF EXISTS {} WITH (FORCE)", database)
        postgresql.execute(
            connection,
            "CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'",
            database,
        )
        grant(connection, database, role)
        with self.connect(database) as inside:
            for extension in ("pg_trgm", "unaccent"):
                postgresql.execute(inside, "CREATE EXTENSION IF NOT EXISTS {}", extension)
            postgresql.execute(inside, "GRANT ALL ON SCHEMA public TO {}", role)

    def fill(self, name: str, database: str, user: str, password: str) -> None:
        """Install the modules in an empty database, in a container that runs once."""
        tenant = self.tenant
        ca = files.read(tenant.ca_file)
        if ca is None:
            raise OdooError(f"The region's CA is not at {tenant.ca_file}", hint="Run the role docker_host on this host")
        argv = ["/usr/local/bin/odoo-template", "--modules", ",".join(tenant.all_modules), "--country", tenant.country]
        argv += ["--languages", ",".join(tenant.languages)]
        job = OneOff(
            name=self._container(name),
            image=tenant.image,
            argv=tuple(argv),
            directory=f"{tenant.config_path}/.{self._container(name)}",
            files=odoo_conf.one_off_files(tenant, database=database, user=user, password=password, ca=ca),
            labels={f"{LABEL}region": tenant.region, f"{LABEL}component": "template"},
        )
        self.jobs.run_once(job)

    def copy_template(self, connection: t.Any) -> None:
        """Nobody may enter the copy before it is somebody's."""
        spare = plan.spare_name(self.tenant)
        postgresql.execute(connection, f"{COPY} ALLOW_CONNECTIONS false", spare, plan.template_name(self.tenant))
        postgresql.execute(connection, LOCK_OUT, spare)


def grant(connection: t.Any, database: str, role: str) -> None:
    """Let a role create what it needs in a database, and nobody else in."""
    postgresql.execute(connection, LOCK_OUT, database)
    postgresql.execute(connection, "GRANT CONNECT, TEMPORARY, CREATE ON DATABASE {} TO {}", database, role)
