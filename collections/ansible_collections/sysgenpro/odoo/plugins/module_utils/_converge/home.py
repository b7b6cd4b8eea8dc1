# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bring a tenant's database home: from the server it was restored on into its own cluster, in the place of the one there."""

from __future__ import annotations

import dataclasses
import os
import typing as t

from .._adapters import files, postgresql
from .._plan import database as plan
from .._render import home as render
from .._render.containers import LABEL
from .._support.errors import OdooError
from .one_off import OneOff

if t.TYPE_CHECKING:
    from .._adapters.postgresql import Server
    from .._render.home import Source
    from .database import TenantDatabase


@dataclasses.dataclass
class Homecoming:
    """``origin`` names what was restored; a database that bears it is home. ``aside`` is what the former one is called.

    ``server`` is where the source is. ``path`` is a directory of the host with room for a dump. Where the source is
    another tenant's, ``renew`` gives the copy secrets, users, tokens and an address of its own.
    """

    database: TenantDatabase
    server: Server
    source: Source
    image: str
    origin: str
    aside: str
    path: str
    renew: bool

    def present(self, *, check: bool) -> dict[str, t.Any]:
        """Copy under a draft name, then change the names; the former database stays aside, closed.

        :returns: changed, and the name of the former database where there was one.
        """
        name = self.database.tenant.database
        with self.database.connect() as connection:
            if self._is_home(connection) or check:
                return {"changed": not self._is_home(connection), "former": None}
            with postgresql.advisory_lock(connection, f"sysgenpro.odoo/{name}"):
                draft = plan.draft_name(self.database.tenant)
                if self._comment(connection, draft).get("restored") != self.origin:
                    self._copy(connection, draft)
                former = swap(connection, name, draft, self.aside)
        return {"changed": True, "former": former}

    def _is_home(self, connection: t.Any) -> bool:
        return self._comment(connection, self.database.tenant.database).get("restored") == self.origin

    @staticmethod
    def _comment(connection: t.Any, name: str) -> t.Mapping[str, t.Any]:
        found = postgresql.databases(connection, [name])
        return found[name].comment if name in found else {}

    def _copy(self, connection: t.Any, draft: str) -> None:
        tenant = self.database.tenant
        comment = self._source_comment()
        job = f"{tenant.region}-{tenant.postgresql_cluster}-{tenant.database}-home"
        if not self.database.jobs.running(job):
            self.database.blanks.make_empty(connection, draft, tenant.database_user)
        ca = files.read(tenant.ca_file)
        if ca is None:
            raise OdooError(f"The region's CA is not at {tenant.ca_file}", hint="Run the role docker_host on this host")
        target = self.database.server
        # On disk: a dump of any size does not fit into memory.
        writable = f"{self.path}/{job}"
        if not self.database.jobs.running(job):
            files.remove(writable)
            os.makedirs(writable, mode=0o700)
            os.chown(writable, render.HOME.uid, render.HOME.uid)
        self.database.jobs.run_once(
            OneOff(
                name=job,
                image=self.image,
                argv=render.COPY,
                directory=f"{tenant.config_path}/.{job}",
                files=render.files(
                    tenant,
                    self.source,
                    target=(target.host, target.port),
                    draft=draft,
                    ca=ca,
                    password=self.database.passwords.database,
                ),
                labels={f"{LABEL}region": tenant.region, f"{LABEL}component": "restore-home"},
                writable=writable,
                home=render.HOME,
            ),
        )
        files.remove(writable)
        if self.renew:
            with self.database.connect(draft) as inside:
                self.database.renew(inside, self.database.renewal())
        # The mark of a complete copy, set last.
        postgresql.set_comment(connection, draft, {**comment, "restored": self.origin})

    def _source_comment(self) -> dict[str, t.Any]:
        """What the restored database says of itself: its release is that of the moment it comes from."""
        tenant = self.database.tenant
        asked = self.source
        with postgresql.connect(
            self.server, user=asked.user, password=asked.password, database=asked.database
        ) as there:
            found = postgresql.databases(there, [asked.database])[asked.database].comment
        whole = {**plan.comment(tenant), **found}
        return {**whole, **{name: plan.comment(tenant)[name] for name in ("tenant", "region", "place")}}


def swap(connection: t.Any, name: str, draft: str, aside: str) -> str | None:
    """Two renames; a run killed between them finds no database of that name and does the second.

    :returns: ``aside``, where there was a database to be kept under that name, closed.
    """
    former = None
    if name in postgresql.databases(connection, [name]):
        former = aside
        postgresql.execute(connection, "ALTER DATABASE {} ALLOW_CONNECTIONS false", name)
        postgresql.query(
            connection,
            "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()",
            (name,),
        )
        postgresql.execute(connection, "ALTER DATABASE {} RENAME TO {}", name, former)
    postgresql.execute(connection, "ALTER DATABASE {} RENAME TO {}", draft, name)
    return former
