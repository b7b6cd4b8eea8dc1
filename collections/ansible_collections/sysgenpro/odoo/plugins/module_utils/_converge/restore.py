# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Bring a backup back as a PostgreSQL server of its own, beside the cluster it was taken from."""

from __future__ import annotations

import dataclasses
import json
import os
import time
import typing as t
import uuid
from pathlib import Path

from .._adapters import files
from .._plan import restore as plan
from .._render import restore as render
from .._render.containers import LABEL
from .._support.errors import OdooError
from .._support.waiting import wait_until

if t.TYPE_CHECKING:
    from .._adapters.docker_engine import DockerEngine
    from .._model.restore import Restore
    from .._render.odoo_conf import File

#: Written when the backup is fetched as a whole; without it pgBackRest goes on where it was.
FETCHED = "fetched.json"
STOP_SECONDS = 180


@dataclasses.dataclass
class RestoredCluster:
    """One restored cluster on this host. ``timeout`` in seconds, for fetching and for recovering each."""

    engine: DockerEngine
    restore: Restore
    timeout: float

    def present(self, wanted: t.Sequence[File], *, check: bool) -> dict[str, t.Any]:
        """Fetch, start, wait until it takes writes; what is there already stays.

        :returns: changed, address and port, and the seconds of each part where this run did it.
        """
        running = self._running()
        if running or check:
            return self._result(changed=not running, seconds={})
        self._clear_failed()
        seconds = {}
        os.makedirs(self.restore.directory, mode=0o750, exist_ok=True)
        with files.lease(f"{self.restore.directory}/.lease", holder=f"restore {self.restore.name}"):
            files.write_tree(
                f"{self.restore.directory}/etc", [(f.path, f.content) for f in wanted], group=render.POSTGRES_UID
            )
            if not self._fetched():
                started = time.monotonic()
                self._fetch()
                seconds["fetch"] = round(time.monotonic() - started, 1)
            started = time.monotonic()
            self._start()
            seconds["recover"] = round(time.monotonic() - started, 1)
        return self._result(changed=True, seconds=seconds)

    def kept(self) -> dict[str, t.Any]:
        """What stands there already, whatever it was restored to.

        :raises OdooError: when no restored cluster of this name takes writes.
        """
        state = self.engine.inspect(self.restore.container)
        marker = self._marker()
        if state is None or not marker or (state["State"].get("Health") or {}).get("Status") != "healthy":
            raise OdooError(f"No restored cluster {self.restore.name} is at work on this host", hint="Restore it first")
        return {**self._result(changed=False, seconds={}), "port": marker["port"], "host": marker["host"]}

    def absent(self, *, check: bool) -> dict[str, t.Any]:
        """Remove server and data; of a member's volume the server alone, shut down cleanly."""
        names = (self.restore.container, f"{self.restore.container}-fetch")
        there = [name for name in names if self.engine.inspect(name) is not None]
        changed = bool(there) or Path(self.restore.directory).exists()
        if not check:
            for name in there:
                if self.restore.volume:
                    self.engine.stop(name, timeout=STOP_SECONDS)
                self.engine.remove(name)
            files.remove(self.restore.directory)
        return {"changed": changed}

    def _running(self) -> bool:
        """Whether it serves already; a cluster of this name for another purpose is not touched."""
        state = self.engine.inspect(self.restore.container)
        if state is not None and state["Config"]["Labels"].get(f"{LABEL}spec") != render.spec(self.restore):
            raise OdooError(
                f"A restored cluster {self.restore.name} stands with another target or other databases",
                hint="Choose another name, or remove it with state: absent",
            )
        return state is not None and (state["State"].get("Health") or {}).get("Status") == "healthy"

    def _marker(self) -> dict[str, t.Any]:
        return t.cast("dict[str, t.Any]", json.loads(files.read(f"{self.restore.directory}/{FETCHED}") or "{}"))

    def _fetched(self) -> bool:
        return self._marker().get("spec") == render.spec(self.restore)

    def _clear_failed(self) -> None:
        """A server that never became healthy, or data fetched for another target, is begun again."""
        self.engine.remove(self.restore.container)
        if self._marker() and not self._fetched():
            files.remove(self.restore.directory)

    def _fetch(self) -> None:
        if not self.restore.volume:
            os.makedirs(self.restore.data, mode=0o700, exist_ok=True)
            os.chown(self.restore.data, render.POSTGRES_UID, render.POSTGRES_UID)
        backup = plan.choose(self.restore, plan.backups(self._asked("")))
        held = {
            item["name"]: item["oid"]
            for stanza in self._asked(backup.label)
            for described in stanza["backup"]
            for item in described.get("database-ref") or ()
        }
        included = plan.included(self.restore.databases, held)
        self._pgbackrest(render.fetch_command(self.restore, backup.label, included))
        # The identifier tells this restore from another of the same target.
        marker = {"spec": render.spec(self.restore), "id": uuid.uuid4().hex[:12]}
        where = {"host": self.restore.address, "port": self.restore.port}
        content = json.dumps({**marker, **where, "backup": backup.label, "databases": included})
        files.write(f"{self.restore.directory}/{FETCHED}", content, owner=0, group=0, mode=0o600)

    def _asked(self, label: str) -> list[dict[str, t.Any]]:
        """What the repository says of its backups, or of one."""
        lines = self._pgbackrest(render.info_command(self.restore, label))
        try:
            return t.cast("list[dict[str, t.Any]]", json.loads("".join(lines)))
        except ValueError as error:
            raise OdooError(f"pgBackRest does not list its backups: {' '.join(lines)[-300:]}") from error

    def _pgbackrest(self, argv: list[str]) -> list[str]:
        """Run pgBackRest in a container; its output.

        :raises OdooError: with its last lines, when it fails.
        """
        name = f"{self.restore.container}-fetch"
        self.engine.remove(name)
        self._create(name, render.fetch_body(self.restore, argv))
        self.engine.start(name)
        code = self.engine.wait(name)
        lines = self.engine.logs(name, lines=5000)
        self.engine.remove(name)
        if code:
            tail = "\n".join(lines[-20:])
            repository = self.restore.repository.number if self.restore.repository else 0
            raise OdooError(
                f"pgBackRest could not {argv[-1]} from repository {repository}: exit status {code}\n{tail}",
                hint="Try the other repository, or an earlier target",
            )
        return lines

    def _start(self) -> None:
        name = self.restore.container
        self._create(name, render.server_body(self.restore))
        self.engine.start(name)
        try:
            wait_until(f"{name} to reach its target and take writes", self._recovered, timeout=self.timeout)
        except OdooError as error:
            tail = "\n".join(self.engine.logs(name, lines=20))
            self.engine.remove(name)
            raise OdooError(f"{error.message}\n--- its last lines\n{tail}", hint=error.hint) from error
        code, output = self.engine.execute(name, render.access_command(self.restore))
        if code:
            self.engine.remove(name)
            raise OdooError(f"The passwords of the restored roles cannot be set: {output.strip()[-300:]}")

    def _create(self, name: str, body: dict[str, t.Any]) -> None:
        network = self.restore.network
        self.engine.create_container(
            name, body, network=network or "host", address=self.restore.address if network else ""
        )

    def _recovered(self) -> tuple[bool, str]:
        state = self.engine.inspect(self.restore.container)
        if state is None or state["State"]["Status"] in ("exited", "dead") or state["RestartCount"] > 0:
            raise OdooError("the server ended", hint="Its last lines say why; an unreachable target is the usual cause")
        status = str((state["State"].get("Health") or {}).get("Status", "unknown"))
        return status == "healthy", status

    def _result(self, *, changed: bool, seconds: dict[str, float]) -> dict[str, t.Any]:
        target, value = self.restore.target
        return {
            "changed": changed,
            "id": self._marker().get("id", ""),
            "container": self.restore.container,
            "host": self.restore.address,
            "port": self.restore.port,
            "target": {"type": target, "value": value},
            "backup": self._marker().get("backup", ""),
            "databases": list(self._marker().get("databases", ())),
            "seconds": seconds,
        }
