# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Try a tenant's release on a restored database: hold it, renew its secrets, start Odoo, use it."""

from __future__ import annotations

import dataclasses
import secrets as random
import time
import typing as t

from .._adapters import files, local_http, postgresql
from .._adapters.odoo_http import OdooClient
from .._render import clone
from .._render import trial as render
from .._render.hold import KINDS
from .._render.odoo_conf import HTTP_PORT
from .._support.errors import OdooError
from .._support.waiting import wait_until
from . import health
from .database import renew
from .hold import hold

if t.TYPE_CHECKING:
    from .._adapters.docker_engine import DockerEngine
    from .._model.tenant import Tenant
    from .._render.trial import Trial

ADMIN = "admin"


@dataclasses.dataclass
class TrialRun:
    """One trial on this host. ``timeout`` in seconds until Odoo must answer."""

    engine: DockerEngine
    tenant: Tenant
    trial: Trial
    timeout: float

    def present(self, *, order: bool) -> dict[str, t.Any]:
        """Start from nothing, also where an earlier trial was left, and use it as its users would.

        Passwords are made here and are gone with the database.

        :param order: sell something too.
        """
        self.absent()
        secrets = {name: random.token_urlsafe(24) for name in ("admin", "health", "health_key", "master")}
        seconds: dict[str, float] = {}
        started = time.monotonic()
        held = self._own(secrets)
        seconds["held"] = round(time.monotonic() - started, 1)
        self._start(secrets["master"])
        seconds["serving"] = round(time.monotonic() - started, 1)
        checks = self._use(secrets, order=order)
        seconds["used"] = round(time.monotonic() - started, 1)
        return {"changed": True, "held": held, "checks": checks, "seconds": seconds}

    def absent(self) -> dict[str, t.Any]:
        """Remove the container and its files."""
        there = self.engine.inspect(render.name(self.tenant)) is not None
        self.engine.remove(render.name(self.tenant))
        files.remove(render.directory(self.tenant))
        return {"changed": there}

    def _own(self, secrets: t.Mapping[str, str]) -> dict[str, int]:
        """The database acts on nobody and shares no secret with the one it is a copy of; rows held by table."""
        server = postgresql.Server(self.trial.host, self.trial.port, self.tenant.ca_file)
        who = {
            "user": self.tenant.database_user,
            "password": self.trial.password,
            "database": self.tenant.database,
        }
        with postgresql.connect(server, **who) as connection:
            held = hold(connection, kinds=list(KINDS), jobs="hold", check=False)
            statements = clone.statements(
                base_url=f"http://{self.trial.address}:{HTTP_PORT}",
                admin_password=secrets["admin"],
                health_password=secrets["health"],
                health_key=secrets["health_key"],
            )
            renew(connection, statements)
        return t.cast("dict[str, int]", held["rows"])

    def _start(self, master: str) -> None:
        ca = files.read(self.tenant.ca_file)
        if ca is None:
            raise OdooError(f"The region's CA is not at {self.tenant.ca_file}", hint="Run the role docker_host")
        if not self.engine.image_exists(self.tenant.image):
            raise OdooError(
                f"The image of the release, {self.tenant.image}, is not on this host",
                hint="Images of every recovery point that is kept must be kept too",
            )
        name, wanted = render.name(self.tenant), render.files(self.tenant, self.trial, ca=ca, master=master)
        files.write_tree(
            render.directory(self.tenant), [(file.path, file.content) for file in wanted], group=render.ODOO_UID
        )
        self.engine.create_container(
            name, render.body(self.tenant), network=self.trial.network, address=self.trial.address
        )
        self.engine.start(name)
        try:
            wait_until(f"{name} to answer", self._ready, timeout=self.timeout)
        except OdooError as error:
            tail = "\n".join(self.engine.logs(name, lines=20))
            raise OdooError(f"{error.message}\n--- its last lines\n{tail}", hint=error.hint) from error

    def _ready(self) -> tuple[bool, str]:
        for path in ("/web/health", "/web/login"):
            answer = local_http.status(self.trial.address, HTTP_PORT, path, timeout=60.0)
            if answer not in (200, 303):
                state = self.engine.inspect(render.name(self.tenant))
                if state is None or not state["State"]["Running"]:
                    raise OdooError("the container ended")
                return False, f"GET {path}: {answer}"
        return True, "ready"

    def _use(self, secrets: t.Mapping[str, str], *, order: bool) -> dict[str, t.Any]:
        """Milliseconds of each check, and what the last two found."""
        shop, person = (self._client(self.tenant.host) for _client in range(2))
        credentials = health.Credentials(secrets["health"], secrets["health_key"])
        took: dict[str, t.Any] = dict(health.check(shop, self._client(self.tenant.host), credentials, write=False))
        person.login(ADMIN, secrets["admin"])
        found: dict[str, t.Any] = {}
        for name, act in (("stored", health.stored), *((("order", health.order),) if order else ())):
            started = time.monotonic()
            found[name] = act(person)
            took[name] = round((time.monotonic() - started) * 1000, 1)
        return {"milliseconds": took, "found": found}

    def _client(self, host: str) -> OdooClient:
        return OdooClient(host, address=self.trial.address, port=HTTP_PORT, timeout=60)
