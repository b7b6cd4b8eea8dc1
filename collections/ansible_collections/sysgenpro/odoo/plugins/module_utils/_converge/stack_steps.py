# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Do the steps of a plan on a Docker host, and undo a phase that failed."""

from __future__ import annotations

import dataclasses
import functools
import typing as t

from .._adapters import files, local_http
from .._render import docker as docker_render
from .._render import traefik as traefik_render
from .._render.containers import ODOO_UID
from .._render.odoo_conf import GEVENT_PORT, HTTP_PORT
from .._support.errors import OdooError
from .._support.waiting import wait_until

if t.TYPE_CHECKING:
    from .._adapters.docker_engine import DockerEngine
    from .._model.tenant import Tenant
    from .._plan.types import Step
    from .._render.docker import ContainerSet, Desired

ODOO_GID = ODOO_UID
TRAEFIK_UID = 999
STOP_SECONDS = 30


@dataclasses.dataclass(frozen=True)
class Steps:
    """Who does the steps of one tenant's plans."""

    engine: DockerEngine
    tenant: Tenant
    route_file: str

    def apply(self, steps: tuple[Step, ...], desired: Desired) -> None:
        """Do them in their order.

        :raises OdooError: when one fails; its phase is undone, and the error has the last lines of a container it made.
        """
        for position, step in enumerate(steps):
            try:
                self.run(step, desired)
            except OdooError as error:
                undone = self._undo(steps[: position + 1], step.phase)
                raise OdooError(
                    f"{step.action} {step.subject}: {error.message}{undone}", hint=error.hint, details=error.details
                ) from error

    def _undo(self, done: tuple[Step, ...], phase: str) -> str:
        """Remove what the failed phase made and start what it stopped, so that what served before serves on."""
        if not phase:
            return ""
        made = [step.subject for step in done if step.phase == phase and step.action == "create_container"]
        stopped = [step.subject for step in done if step.phase == phase and step.action == "stop_container"]
        tails = [f"\n--- last lines of {name}\n" + "\n".join(self.engine.logs(name)) for name in made[:1]]
        for name in made:
            self.engine.remove(name)
        for name in stopped:
            self.engine.start(name)
        if any(step.action == "write_route" and step.phase == phase for step in done):
            files.remove(self.route_file)
        return f"; the new containers were removed and what ran before runs on{''.join(tails)}"

    def run(self, step: Step, desired: Desired | None) -> None:
        """Do one. ``desired`` is what the plan leads to, for steps that make something."""
        _ACTIONS[step.action](self, step, desired)

    def _create_network(self, step: Step, desired: Desired) -> None:
        gateway = docker_render.gateway(step.address)
        self.engine.create_network(step.subject, subnet=step.address, gateway=gateway, labels=desired.network_labels)

    def _write_files(self, step: Step, _desired: Desired) -> None:
        wanted = t.cast("ContainerSet", step.container_set)
        files.write_tree(wanted.directory, [(file.path, file.content) for file in wanted.files], group=ODOO_GID)

    def _create_container(self, step: Step, desired: Desired) -> None:
        wanted = t.cast("ContainerSet", step.container_set)
        self.engine.create_container(step.subject, wanted.body, network=desired.network, address=step.address)

    def _await_ready(self, step: Step, _desired: Desired) -> None:
        wanted = t.cast("ContainerSet", step.container_set)
        waiting = {name: addresses[0] for name, addresses in step.addresses.items()}
        for name, address in waiting.items():
            wait_until(
                f"{name} to be ready",
                functools.partial(self._ready, name, address, wanted),
                timeout=self.tenant.start_timeout,
            )

    def _ready(self, name: str, address: str, wanted: ContainerSet) -> tuple[bool, str]:
        for path in wanted.probe.paths:
            answer = local_http.status(address, wanted.probe.port, path, timeout=30.0)
            if answer not in (200, 303):
                self._fail_if_dead(name)
                return False, f"GET {path} at {address}:{wanted.probe.port}: {answer}"
        return True, "ready"

    def _fail_if_dead(self, name: str) -> None:
        """A container that ended will not become ready by waiting; one that restarts gets a few chances."""
        state = self.engine.inspect(name)
        if state is None or state["State"]["Status"] in ("exited", "dead") or state["RestartCount"] >= 3:
            code = state["State"]["ExitCode"] if state else "unknown"
            raise OdooError(f"the container ended with exit status {code}", hint="Read its last lines below")

    def _write_route(self, step: Step, _desired: Desired | None) -> None:
        files.write(self.route_file, step.content, owner=TRAEFIK_UID, group=TRAEFIK_UID, mode=0o400)

    def _await_route(self, step: Step, _desired: Desired) -> None:
        for workload, addresses in step.addresses.items():
            service = traefik_render.service_name(self.tenant, workload)
            expected = set(traefik_render.server_urls(workload, addresses))
            wait_until(
                f"Traefik to serve {service} from {', '.join(sorted(expected))}",
                functools.partial(self._live, service, expected),
                timeout=30.0,
                interval=0.05,
            )

    def _live(self, service: str, expected: set[str]) -> tuple[bool, t.Any]:
        servers = local_http.traefik_servers(self.tenant.traefik_api, service)
        live = isinstance(servers, dict) and set(servers) == expected and set(servers.values()) == {"UP"}
        return live, servers

    def _drain(self, step: Step, _desired: Desired | None) -> None:
        """Wait for requests under way; a websocket never ends by itself, so time running out here is no failure."""
        addresses = [address for pair in step.addresses.values() for address in pair]
        deadline = self.tenant.drain_timeout
        drained = functools.partial(local_http.established, addresses, (HTTP_PORT, GEVENT_PORT))
        try:
            # Connections are asked for twice: one accepted just before the route changed may not have shown yet.
            for _round in range(2):
                wait_until(
                    "requests to end",
                    lambda: ((open_connections := drained()) == 0, open_connections),
                    timeout=deadline,
                )
        except OdooError:
            return

    def _remove_route(self, step: Step, desired: Desired | None) -> None:
        files.remove(self.route_file)
        self._await_page(step, desired)

    def _await_page(self, _step: Step, _desired: Desired | None) -> None:
        """Traefik sends nobody to the tenant any more, because its service is not declared."""
        service = traefik_render.service_name(self.tenant, "web")
        wait_until(f"Traefik to forget {service}", lambda: _forgotten(self.tenant.traefik_api, service), timeout=30.0)


def _forgotten(api: str, service: str) -> tuple[bool, t.Any]:
    servers = local_http.traefik_servers(api, service)
    return isinstance(servers, str), servers


_ACTIONS: dict[str, t.Callable[[Steps, Step, t.Any], None]] = {
    "create_network": Steps._create_network,
    "write_files": Steps._write_files,
    "create_container": Steps._create_container,
    "start_container": lambda steps, step, _desired: steps.engine.start(step.subject),
    "await_ready": Steps._await_ready,
    "write_route": Steps._write_route,
    "await_route": Steps._await_route,
    "await_page": Steps._await_page,
    "drain": Steps._drain,
    "stop_container": lambda steps, step, _desired: steps.engine.stop(step.subject, timeout=STOP_SECONDS),
    "remove_container": lambda steps, step, _desired: steps.engine.remove(step.subject),
    "remove_route": Steps._remove_route,
    "remove_network": lambda steps, step, _desired: steps.engine.remove_network(step.subject),
    "remove_files": lambda _steps, step, _desired: files.remove(step.subject),
}
