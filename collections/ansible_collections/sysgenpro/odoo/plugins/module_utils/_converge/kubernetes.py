# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Observe a tenant's objects on a cluster, plan, apply, wait, observe again."""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t

from .._model.kubernetes_kinds import FIELD_MANAGER, OWNED, POD, REPLICA_SET, Ref, ref
from .._model.served import served_from
from .._plan.kubernetes import Observed, Step, plan_absent, plan_kubernetes, plan_stopped, previous
from .._plan.managed_fields import extract
from .._render.kubernetes.owner import WORKLOAD_LABEL, owner
from .._render.kubernetes.render import render
from .._support.errors import OdooError
from .._support.kubernetes_errors import Stale, Terminating, Unavailable, Unreachable
from .._support.waiting import wait_until
from . import kubernetes_diff, kubernetes_memory
from .kubernetes_lease import Lease, LostLease
from .kubernetes_observe import exists, foreign, observe
from .kubernetes_rollout import Rollout

if t.TYPE_CHECKING:
    from .._adapters.kubernetes_api import KubernetesApi
    from .._model.secrets import Secrets
    from .._model.tenant import Tenant
    from .._plan.schedule import Rest
    from .._render.kubernetes.types import Desired, Wait
    from .kubernetes_memory import Server

Object = t.Mapping[str, t.Any]

#: Seconds a namespace may take to go.
REMOVAL_SECONDS = 300
#: How often what changed under our hands is looked at anew before the run gives up.
ATTEMPTS = 3


@dataclasses.dataclass
class KubernetesStack:
    """One tenant's objects on a cluster. ``holder`` names the run, for whoever meets its lease."""

    api: KubernetesApi
    tenant: Tenant
    holder: str
    force: bool = False
    prune: bool = True

    def present(
        self,
        secrets: Secrets,
        ca: str,
        *,
        check: bool,
        scope: str = "all",
        restored: Server | None = None,
        home: bool = False,
    ) -> dict[str, t.Any]:
        """Converge to what is declared; one that sleeps is left asleep.

        :param ca: PEM text of the region's CA.
        :param scope: C(secrets) for the namespace and its Secrets alone: with GitOps all else is the GitOps controller's.
        :param restored: a restored server to serve from, whoever converges meanwhile, until ``home``. Either wakes a sleeper.
        :returns: changed, steps, diff and the stack as observed afterwards.
        :raises OdooError: with what was undone, where a rollout does not become ready.
        """
        if scope == "secrets" or self.tenant.kubernetes_delivery == "gitops":
            return self._delivered(secrets, ca, check=check, scope=scope, restored=restored)
        namespace = self._look()
        server = restored or (None if home else kubernetes_memory.server_of(namespace))
        rest = kubernetes_memory.rest_of(namespace)
        if restored or home:
            rest = dataclasses.replace(rest, asleep=False)
        return self._as(secrets, ca, rest, server, check=check)

    def _delivered(
        self, secrets: Secrets, ca: str, *, check: bool, scope: str, restored: Server | None
    ) -> dict[str, t.Any]:
        """What is left to this collection where git decides what runs: Secrets, and saying what differs."""
        if restored:
            raise OdooError(
                "odoo_kubernetes_delivery is gitops: what git says would take the tenant from the restored server",
                hint="Bring the restored database home",
            )
        desired = in_scope(render(self.tenant, secrets, ca), scope)
        if scope == "secrets":
            self.prune = False
        elif not check:
            self._refuse_to_apply(desired)
        return self.converge(desired, check=check)

    def resting(self, secrets: Secrets, ca: str, rest: Rest, *, check: bool) -> dict[str, t.Any]:
        """Put the tenant to sleep or wake it, as ``rest`` says, and remember that.

        Who asks for a sleeper is answered by a page that says so. A waking that fails leaves the tenant asleep.

        :raises OdooError: git decides what runs.
        """
        if self.tenant.kubernetes_delivery == "gitops":
            raise OdooError(
                "odoo_kubernetes_delivery is gitops: what git says would wake whom this puts to sleep",
                hint="Leave odoo_awake_hours empty",
            )
        namespace = self._look()
        remembered, server = kubernetes_memory.rest_of(namespace), kubernetes_memory.server_of(namespace)
        try:
            return self._as(secrets, ca, rest, server, check=check)
        except OdooError:
            if remembered.asleep and not rest.asleep and not check:
                with contextlib.suppress(OdooError):
                    self._as(secrets, ca, remembered, server, check=check)
            raise

    def _look(self) -> Object | None:
        return self.api.get(Ref("v1", "Namespace", "", self._namespace))

    def _as(self, secrets: Secrets, ca: str, rest: Rest, server: Server | None, *, check: bool) -> dict[str, t.Any]:
        tenant = served_from(self.tenant, server.host, server.port) if server else self.tenant
        desired = kubernetes_memory.declared(render(tenant, secrets, ca), rest, server)
        return {
            **self.converge(desired, check=check),
            "rest": dataclasses.asdict(rest),
            "restored": dataclasses.asdict(server) if server else None,
        }

    def _refuse_to_apply(self, desired: Desired) -> None:
        steps = self._plan(desired, observe(self.api, desired))
        if steps:
            raise OdooError(
                f"odoo_kubernetes_delivery is gitops, and {len(steps)} steps would change the cluster; the first is "
                f"{steps[0].action} {steps[0].target}, because {steps[0].cause}",
                hint="Run the playbook render and let the GitOps controller apply what it writes; scope: secrets applies the Secrets",
                details={"steps": [step.public() for step in steps]},
            )

    def converge(self, desired: Desired, *, check: bool) -> dict[str, t.Any]:
        """As present, of rendered objects."""
        before = self._observe(desired, wait=not check)
        steps = self._plan(desired, before)
        if not steps or check:
            return _result(before, steps, before)
        if before.namespace is None:
            # It is the only step that cannot be tried beforehand: everything else is, in a dry run, once it exists.
            self._apply(steps[0])
        with Lease(self.api, desired.namespace, desired.labels, self.holder) as lease:
            done = self._carry_out(desired, lease)
            after = observe(self.api, desired)
        return _result(before, (*(steps[:1] if before.namespace is None else ()), *done), after)

    def _plan(self, desired: Desired, observed: Observed) -> tuple[Step, ...]:
        return plan_kubernetes(desired, observed, force=self.force, prune=self.prune)

    def _observe(self, desired: Desired, *, wait: bool) -> Observed:
        """Observe; where the namespace of an earlier life is still going, wait for that first."""
        try:
            return observe(self.api, desired)
        except Terminating:
            if not wait:
                raise
        self._await_gone(desired.namespace)
        return observe(self.api, desired)

    def _await_gone(self, namespace: str) -> None:
        wait_until(
            f"namespace {namespace} to be gone",
            lambda: (not exists(self.api, namespace), "it is still there"),
            timeout=REMOVAL_SECONDS,
            interval=0.5,
        )

    def _carry_out(self, desired: Desired, lease: Lease) -> tuple[Step, ...]:
        """Plan and apply until nothing is left: a rollout frees what only its predecessors named."""
        done: tuple[Step, ...] = ()
        for attempt in range(ATTEMPTS):
            steps = self._plan(desired, observe(self.api, desired))
            if done:
                steps = tuple(step for step in steps if step.action == "delete")
            if not steps:
                break
            try:
                self._apply_all(steps, desired, lease)
            except Stale:
                # Changed between look and touch; the next look sees how.
                if attempt + 1 == ATTEMPTS:
                    raise
                continue
            done += steps
            self._await_ended([step.target.name for step in steps if _ends_pods(step)], lease)
        return done

    def _await_ended(self, workloads: t.Sequence[str], lease: Lease) -> None:
        """Whether what a removed Deployment ran is gone: until then it works on the database and names its ConfigMaps."""

        def none() -> tuple[bool, int]:
            lease.renew()
            found = [
                item["metadata"]["labels"].get(WORKLOAD_LABEL)
                for kind in (REPLICA_SET, POD)
                for item in self.api.select(kind, namespace=self._namespace, labels=self._labels) or []
            ]
            left = sum(name in workloads for name in found)
            return not left, left

        if workloads:
            wait_until(
                f"the pods of {', '.join(workloads)} to end", none, timeout=self.tenant.drain_timeout + 60, interval=0.5
            )

    def _apply_all(self, steps: tuple[Step, ...], desired: Desired, lease: Lease) -> None:
        rolled = []
        for position, step in enumerate(steps):
            lease.renew()
            try:
                if step.action == "await_ready":
                    rollout = self._rollout(desired, t.cast("Wait", step.wait), lease)
                    rollout.finish()
                    rolled.append(rollout)
                else:
                    self._apply(step)
            except (Stale, Unreachable, Unavailable, LostLease):
                # Nothing says that the rollout failed, and undoing needs what is gone: the next run goes on from here.
                raise
            except OdooError as error:
                undone = self._undo(steps[:position], step, desired, lease)
                raise OdooError(
                    f"{step.action} {step.target}: {error.message}{undone}", hint=error.hint, details=error.details
                ) from error
        for rollout in rolled:
            rollout.settle()

    def _apply(self, step: Step) -> None:
        if step.action == "delete":
            # What is pruned must be what was seen. Of status alone many objects change all the time.
            self.api.delete(t.cast("dict[str, t.Any]", step.seen), exact=step.target.kind in ("ConfigMap", "Secret"))
        else:
            self.api.apply(step.manifest, manager=step.manager, force=step.force or self.force)

    def _rollout(self, desired: Desired, wait: Wait, lease: Lease) -> Rollout:
        return Rollout(self.api, desired.namespace, wait, lease.renew)

    def _undo(self, done: t.Sequence[Step], failed: Step, desired: Desired, lease: Lease) -> str:
        """Put back what a Deployment was before its rollout failed, and say so, with the last words of the new pods."""
        if failed.action != "await_ready":
            return "; nothing was undone, the next run goes on from here"
        wait = t.cast("Wait", failed.wait)
        words = self._rollout(desired, wait, lease).last_words()
        changes = [step for step in done if step.target == failed.target and step.action in ("create", "apply")]
        made = any(step.action == "create" for step in changes)
        before = None
        if not made:
            before = previous(changes[0]) if changes else None
            before = before or self._left_serving(desired, wait, lease)
        if before is None:
            return self._take_away(failed, made=made) + words
        self.api.apply(before, force=True)
        try:
            self._rollout(desired, dataclasses.replace(wait, minimum=0), lease).finish()
        except OdooError as error:
            return f"; the previous pod template was put back, but that is not ready either: {error.message}{words}"
        return f"; the previous pod template was put back and serves{words}"

    def _left_serving(self, desired: Desired, wait: Wait, lease: Lease) -> dict[str, t.Any] | None:
        """What to put back where an earlier run died in the middle: the template whose pods still serve."""
        rollout = self._rollout(desired, wait, lease)
        template, live = rollout.served_before(), self.api.get(rollout.target)
        ours = extract(live, FIELD_MANAGER) if live else None
        return {**ours, "spec": {**ours["spec"], "template": template}} if template and ours else None

    def _take_away(self, failed: Step, *, made: bool) -> str:
        """Remove a Deployment that this run made and that never worked; one that was there before stays, whoever made it."""
        if not made:
            return "; nothing serves beside it, so there was nothing to put back"
        live = self.api.get(failed.target)
        if live is not None:
            self.api.delete(live, exact=False)
        return "; it is new and was removed again"

    @property
    def _namespace(self) -> str:
        return self.tenant.kubernetes_namespace

    @property
    def _labels(self) -> dict[str, str]:
        return owner(self.tenant).ownership

    def absent(self, *, check: bool) -> dict[str, t.Any]:
        """Remove the tenant's routes, then its namespace with everything in it."""
        before = self._of_labels()
        others = foreign(self.api, self._namespace, self._labels) if before.namespace is not None else []
        steps = plan_absent(before, self._labels, others)
        if check or not steps:
            return _result(before, steps, before)
        with Lease(self.api, self._namespace, self._labels, self.holder):
            for step in steps:
                self.api.delete(t.cast("dict[str, t.Any]", step.seen), exact=False)
        self._await_gone(self._namespace)
        return _result(before, steps, Observed())

    def stopped(self, *, check: bool) -> dict[str, t.Any]:
        """End the tenant's pods and leave everything else; the next convergence starts them."""
        before = self._of_labels()
        steps = plan_stopped(before, self._labels)
        if check or not steps:
            return _result(before, steps, before)
        with Lease(self.api, self._namespace, self._labels, self.holder) as lease:
            for step in steps:
                self._apply(step)
            self._await_no_pods(lease)
            after = self._of_labels()
        return _result(before, steps, after)

    def _await_no_pods(self, lease: Lease) -> None:
        def none() -> tuple[bool, int]:
            """Whether also those that are ending are gone: until then they work on the database."""
            lease.renew()
            pods = self.api.select(POD, namespace=self._namespace, labels=self._labels) or []
            alive = [pod for pod in pods if (pod.get("status") or {}).get("phase") not in ("Succeeded", "Failed")]
            return not alive, len(alive)

        wait_until("the tenant's pods to end", none, timeout=self.tenant.drain_timeout + 60, interval=0.5)

    def _of_labels(self) -> Observed:
        """What carries the tenant's labels, with nothing declared to compare it with."""
        found = self.api.get(Ref("v1", "Namespace", "", self._namespace))
        if found is None:
            return Observed()
        objects = {
            ref(item): item
            for kind in OWNED
            if kind.namespaced
            for item in self.api.select(kind, namespace=self._namespace, labels=self._labels) or []
        }
        return Observed(found, objects)


def _ends_pods(step: Step) -> bool:
    return step.action == "delete" and step.target.kind == "Deployment"


def in_scope(desired: Desired, scope: str) -> Desired:
    """All of a tenant's objects, or with scope C(secrets) its namespace and Secrets."""
    return desired if scope == "all" else dataclasses.replace(desired, objects=desired.objects[:1], waits=())


def _result(before: Observed, steps: t.Sequence[Step], after: Observed) -> dict[str, t.Any]:
    return {
        # A rollout of an earlier run that is only waited for changes nothing.
        "changed": any(step.action != "await_ready" for step in steps),
        "steps": [step.public() for step in steps],
        "stack": kubernetes_diff.summary(after),
        "diff": kubernetes_diff.diff(before, steps),
        "restored": None,
    }
