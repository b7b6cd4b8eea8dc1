# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Programs that run once, as Jobs on a cluster. A second run joins the one under way, as with containers on Docker."""

from __future__ import annotations

import dataclasses
import typing as t

from .._model.kubernetes_kinds import JOB, POD, REGION_LABEL, ref
from .._model.secrets import Secrets
from .._plan import rollout
from .._render.containers import LABEL, digest
from .._render.kubernetes import job as render
from .._render.kubernetes.render import render as render_tenant
from .._support.errors import OdooError
from .._support.waiting import wait_until

if t.TYPE_CHECKING:
    from .._adapters.kubernetes_api import KubernetesApi
    from .._model.tenant import Tenant
    from .one_off import OneOff

Object = dict[str, t.Any]
#: Seconds a Job may take: what odoo_module gives a container on Docker.
JOB_SECONDS = 3600


@dataclasses.dataclass
class KubernetesJobs:
    """Runs one-off programs for a tenant. A Job's label is its lock in the whole region: templates belong to no tenant."""

    api: KubernetesApi
    tenant: Tenant

    def running(self, name: str) -> bool:
        """Whether an earlier run's Job is still at work, in whatever namespace."""
        found = self._find(name)
        return found is not None and _ended(found) is None and not found["spec"].get("suspend")

    def run_once(self, job: OneOff) -> list[str]:
        """Run ``job`` to its end, or wait for the same one an earlier run started; its output's last lines.

        :raises OdooError: with the last lines and events, when it does not end well.
        """
        if not self.running(job.name):
            self._remove(job.name)
            self._start(job)
        found = wait_until(f"Job {job.name} to end", lambda: self._look(job.name), timeout=JOB_SECONDS, interval=0.25)
        lines = self._logs(found, job.lines)
        succeeded = _ended(found) == "Complete"
        why = rollout.condition(found, "Failed").get("message", "")
        self._remove(job.name)
        if not succeeded:
            tail = "\n".join(lines[-20:])
            raise OdooError(f"{job.argv[0]} in Job {job.name} failed: {why}\n--- its last lines\n{tail}")
        return lines

    def _find(self, name: str) -> Object | None:
        labels = {REGION_LABEL: self.tenant.region, render.JOB_LABEL: digest(name)}
        found = self.api.select(JOB, labels=labels) or []
        # One that is on its way out does not count, and of two the one at work does.
        alive = [item for item in found if not item["metadata"].get("deletionTimestamp")]
        alive.sort(key=lambda item: (_ended(item) is not None, bool(item["spec"].get("suspend"))))
        return alive[0] if alive else None

    def _start(self, job: OneOff) -> None:
        self._lay_foundation()
        component = job.labels.get(f"{LABEL}component", "one-off")

        def manifest(*, suspend: bool) -> Object:
            return render.job(self.tenant, job.name, job.argv, component, suspend=suspend, writable=bool(job.writable))

        made = self.api.apply(manifest(suspend=True))
        for file in render.job_files(self.tenant, job.name, job.files, made["metadata"]["uid"]):
            self.api.apply(file)
        self.api.apply(manifest(suspend=False))

    def _lay_foundation(self) -> None:
        """The namespace with its limits and policies: database work comes before the tenant's stack."""
        nothing = Secrets(database="", redis="", s3_access_key="", s3_secret_key="", master="")
        for manifest in render_tenant(self.tenant, nothing, ca="").objects:
            if manifest["kind"] in render.FOUNDATION:
                self.api.apply(manifest)

    def _look(self, name: str) -> tuple[bool, Object]:
        found = self._find(name)
        if found is None:
            raise OdooError(f"Job {name} was removed by somebody else", hint="Run again")
        if _ended(found):
            return True, found
        for pod in self._pods(found):
            said, hopeless = rollout.pod_trouble(pod)
            if hopeless:
                self._remove(name)
                raise OdooError(f"Job {name} cannot run: {said}", hint="Correct what is declared, and run again")
        return False, found

    def _pods(self, found: Object) -> list[Object]:
        labels = {"batch.kubernetes.io/job-name": found["metadata"]["name"]}
        return self.api.select(POD, namespace=found["metadata"]["namespace"], labels=labels) or []

    def _logs(self, found: Object, count: int) -> list[str]:
        namespace = found["metadata"]["namespace"]
        lines: list[str] = []
        for pod in self._pods(found):
            lines += self.api.logs(namespace, pod["metadata"]["name"], "odoo", lines=count)
        return lines

    def _remove(self, name: str) -> None:
        """Remove the Job, its pods and files; one that is gone is no error."""
        found = self._find(name)
        if found is None:
            return
        self.api.delete(found, exact=False, propagation="Foreground")
        target = ref(found)

        def gone() -> tuple[bool, str]:
            now = self.api.get(target)
            return now is None or now["metadata"]["uid"] != found["metadata"]["uid"], "it is still there"

        wait_until(f"{target} to be gone", gone, timeout=120, interval=0.1)


def _ended(job: Object) -> str | None:
    """C(Complete) or C(Failed), or None while it is at work."""
    for kind in ("Complete", "Failed"):
        if rollout.condition(job, kind).get("status") == "True":
            return kind
    return None
