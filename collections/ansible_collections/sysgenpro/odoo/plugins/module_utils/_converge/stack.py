# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Observe a tenant's stack on a Docker host, plan, apply, observe again."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import typing as t

from .._adapters import files
from .._model.served import served_from
from .._plan.stack import plan_absent, plan_asleep, plan_stack, plan_stopped
from .._render import docker as docker_render
from .._render import traefik as traefik_render
from .._support.errors import OdooError
from . import rest as rests
from . import stack_observe
from .docker_host import HostView
from .stack_steps import Steps

if t.TYPE_CHECKING:
    from .._adapters.docker_engine import DockerEngine
    from .._model.secrets import Secrets
    from .._model.tenant import Tenant
    from .._plan.schedule import Rest
    from .._plan.types import Observed, Step
    from .._render.docker import Desired


@dataclasses.dataclass
class Stack:
    """One tenant's stack on this host. ``holder`` names the run, for whoever meets its lease."""

    engine: DockerEngine
    tenant: Tenant
    holder: str

    @property
    def directory(self) -> str:
        return f"{self.tenant.config_path}/{self.tenant.tenant}"

    @property
    def route_file(self) -> str:
        return f"{self.tenant.traefik_dynamic_path}/{self.tenant.tenant}.yml"

    @property
    def pin_file(self) -> str:
        """Names the restored server that serves the tenant in its cluster's place."""
        return f"{self.directory}/.restored"

    @property
    def worker(self) -> Steps:
        return Steps(self.engine, self.tenant, self.route_file)

    @property
    def network(self) -> str:
        return f"{self.tenant.region}-{self.tenant.tenant}"

    def observe(self, host: HostView | None = None) -> Observed:
        """A snapshot of what belongs to the tenant on this host.

        :param host: what was seen of the whole host, where many tenants are looked at; else two calls to Docker are made.
        """
        return stack_observe.observe(
            host or HostView.of_tenant(self.engine, self.tenant),
            self.tenant,
            network=self.network,
            directory=self.directory,
            route_file=self.route_file,
        )

    def plan(
        self, secrets: Secrets, ca: str, *, host: HostView | None = None
    ) -> tuple[Desired, Observed, tuple[Step, ...]]:
        """What is wanted, what is there, and what leads from there to it.

        :param ca: PEM text of the region's CA.
        :raises OdooError: when no subnet or address is free, or the network's name is taken.
        """
        desired = docker_render.render(self.tenant, secrets, ca)
        observed = self.observe(host)
        route = functools.partial(traefik_render.render, self.tenant, secrets)
        return desired, observed, plan_stack(desired, observed, route)

    def pending(self, secrets: Secrets, ca: str, *, host: HostView) -> tuple[Step, ...]:
        """What a convergence would do now; a tenant that sleeps is left asleep, one that is served elsewhere stays there."""
        if rests.read(self.directory).asleep:
            return plan_asleep(self.observe(host), self.tenant.tenant, traefik_render.asleep(self.tenant, secrets))
        self.serve_from(self.served_by())
        return self.plan(secrets, ca, host=host)[2]

    def serve_from(self, server: t.Mapping[str, t.Any] | None) -> None:
        """Take a restored server, where there is one, for the tenant's cluster."""
        if server:
            self.tenant = served_from(self.tenant, server["host"], server["port"])

    def served_by(self) -> dict[str, t.Any] | None:
        """Host and port of the restored server the tenant is served from, or None."""
        content = files.read(self.pin_file)
        return t.cast("dict[str, t.Any]", json.loads(content)) if content else None

    def _remember(self, restored: t.Mapping[str, t.Any] | None, *, home: bool) -> None:
        if home:
            files.remove(self.pin_file)
        elif restored:
            files.write(self.pin_file, json.dumps(dict(restored)), owner=0, group=0, mode=0o600)

    def present(
        self, secrets: Secrets, *, check: bool, restored: t.Mapping[str, t.Any] | None = None, home: bool = False
    ) -> dict[str, t.Any]:
        """Converge to the declared stack; one that sleeps is left asleep.

        :param restored: host and port of a restored server to serve from, whoever converges meanwhile, until ``home``.
        :returns: changed, steps, diff, whether it sleeps, and the stack as observed afterwards.
        """
        remembered = rests.read(self.directory)
        if remembered.asleep and not restored and not home:
            return self.asleep(secrets, remembered, check=check)
        return self.awake(
            secrets, dataclasses.replace(remembered, asleep=False), check=check, restored=restored, home=home
        )

    def awake(
        self,
        secrets: Secrets,
        rest: Rest,
        *,
        check: bool,
        restored: t.Mapping[str, t.Any] | None = None,
        home: bool = False,
    ) -> dict[str, t.Any]:
        """As present, also of one that sleeps. ``rest`` is remembered once the tenant serves."""
        pinned = restored or (None if home else self.served_by())
        self.serve_from(pinned)
        ca = authority(self.tenant)
        remembered = rests.read(self.directory)
        with files.lease(f"{self.directory}/.lease", holder=self.holder):
            desired, observed, steps = self.plan(secrets, ca)
            if not check:
                self._remember(restored, home=home)
            if steps and not check:
                self._ensure_image()
                try:
                    with self._slot(steps):
                        self.worker.apply(steps, desired)
                except OdooError:
                    if remembered.asleep:
                        self._lie_down(secrets)
                    raise
            if not check and rest != remembered:
                rests.write(self.directory, rest)
            after = self.observe() if steps and not check else observed
        result = self._result(observed, steps, after, rest)
        return {
            **result,
            "changed": bool(steps) or remembered.asleep,
            "restored": dict(pinned) if pinned else None,
        }

    def asleep(self, secrets: Secrets, rest: Rest, *, check: bool) -> dict[str, t.Any]:
        """Send people to the page that says so, then stop the containers; ``rest`` is remembered first."""
        remembered = rests.read(self.directory)
        with files.lease(f"{self.directory}/.lease", holder=self.holder):
            observed = self.observe()
            steps = plan_asleep(observed, self.tenant.tenant, traefik_render.asleep(self.tenant, secrets))
            if not check and rest != remembered:
                rests.write(self.directory, rest)
            if steps and not check:
                self._lie_down(secrets)
            after = self.observe() if steps and not check else observed
        result = self._result(observed, steps, after, rest)
        return {**result, "changed": bool(steps) or not remembered.asleep, "restored": self.served_by()}

    def _lie_down(self, secrets: Secrets) -> None:
        """Also after a waking that failed: nothing of a sleeper may be left running."""
        for step in plan_asleep(self.observe(), self.tenant.tenant, traefik_render.asleep(self.tenant, secrets)):
            self.worker.run(step, None)

    def absent(self, *, check: bool) -> dict[str, t.Any]:
        """Remove the tenant's route, containers, network and files."""
        observed = self.observe()
        steps = plan_absent(observed, self.tenant.tenant)
        if steps and not check:
            with files.lease(f"{self.directory}/.lease", holder=self.holder):
                for step in steps:
                    self.worker.run(step, None)
            files.remove(self.directory)
        return self._result(observed, steps, self.observe() if steps and not check else observed)

    def stopped(self, *, check: bool) -> dict[str, t.Any]:
        """Stop the tenant's containers and leave everything else; the next convergence starts them."""
        observed = self.observe()
        steps = plan_stopped(observed)
        if steps and not check:
            with files.lease(f"{self.directory}/.lease", holder=self.holder):
                for step in steps:
                    self.worker.run(step, None)
        return self._result(observed, steps, self.observe() if steps and not check else observed)

    def _slot(self, steps: tuple[Step, ...]) -> t.ContextManager[None]:
        """Many tenants that start at once on one host would all become ready late; what starts nothing waits for nobody."""
        if not any(step.action == "start_container" for step in steps):
            return contextlib.nullcontext()
        tenant = self.tenant
        # Whoever holds a slot gives it back after at most the time its own containers may take.
        return files.slot(f"{tenant.config_path}/.slots", tenant.start_slots, timeout=10 * tenant.start_timeout)

    def _ensure_image(self) -> None:
        if not self.engine.image_exists(self.tenant.image):
            if "@sha256:" not in self.tenant.image:
                raise OdooError(f"Image {self.tenant.image} is not on this host", hint="Run the role images")
            self.engine.pull(self.tenant.image)

    @staticmethod
    def _result(
        before: Observed, steps: tuple[Step, ...], after: Observed, rest: Rest | None = None
    ) -> dict[str, t.Any]:
        shown = [step.public() for step in steps]
        return {
            "changed": bool(steps),
            **({"rest": dataclasses.asdict(rest)} if rest else {}),
            "steps": shown,
            "stack": stack_observe.summary(after),
            "diff": {
                "before": stack_observe.summary(before),
                "after": {**stack_observe.summary(before), "steps": shown} if steps else stack_observe.summary(before),
            },
        }


def authority(tenant: Tenant) -> str:
    """PEM text of the region's CA on this host.

    :raises OdooError: where there is none.
    """
    ca = files.read(tenant.ca_file)
    if ca is None:
        raise OdooError(f"The region's CA is not at {tenant.ca_file}", hint="Run the role docker_host on this host")
    return ca
