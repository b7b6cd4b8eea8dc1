# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import datetime
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters import kubeconfig
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters.kubernetes_api import KubernetesApi
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge import kubernetes_memory
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model import timetable
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan.schedule import Rest, by_timetable, plan_schedule
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import InvalidTenant, OdooError
from ansible_collections.sysgenpro.odoo.plugins.plugin_utils.tenants import Reader

if t.TYPE_CHECKING:
    from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import Tenant


class ActionModule(ActionBase):
    """Ask the task's host once for all tenants of its place, and decide here, where time zones are known."""

    TRANSFERS_FILES = False
    _VALID_ARGS = frozenset({"hosts", "now"})

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        task_vars = task_vars or {}
        reader = Reader(self, task_vars)
        hosts = self._task.args.get("hosts") or [task_vars["inventory_hostname"]]
        try:
            tenants = {host: reader.tenant(host) for host in sorted(hosts)}
        except InvalidTenant as error:
            raise AnsibleActionFail("\n".join(error.problems)) from None
        mine = [{"tenant": variables} for tenant, variables in tenants.values() if tenant.runtime == "docker"]
        if mine:
            result.update(
                self._execute_module(
                    module_name="sysgenpro.odoo.odoo_schedule", module_args={"tenants": mine}, task_vars=task_vars
                )
            )
            if result.get("failed"):
                return result
        now, rests = self._now(), result.setdefault("rests", {})
        rests.update(self._of_clusters([tenant for tenant, _variables in tenants.values()]))
        plan = []
        for host, (tenant, _variables) in tenants.items():
            kept = rests.get(tenant.tenant)
            due = plan_schedule(tenant, Rest(**kept) if kept else None, now)
            after = {
                key: value
                for key, value in dataclasses.asdict(by_timetable(asleep=False, now=now)).items()
                if key != "asleep"
            }
            plan.append({"host": host, **dataclasses.asdict(due), "rest": after})
        return {**result, "changed": False, "plan": plan}

    @staticmethod
    def _of_clusters(tenants: t.Iterable[Tenant]) -> dict[str, dict[str, t.Any] | None]:
        """What clusters remember of their tenants, asked from here; None of one that is not there."""
        found: dict[str, dict[str, t.Any] | None] = {}
        regions: dict[tuple[str, str, str], dict[str, Rest]] = {}
        for tenant in tenants:
            if tenant.runtime != "kubernetes":
                continue
            where = (tenant.kubeconfig, tenant.kubernetes_context, tenant.region)
            try:
                if where not in regions:
                    regions[where] = kubernetes_memory.of_region(
                        KubernetesApi(kubeconfig.load(*where[:2])), tenant.region
                    )
            except (OdooError, OSError) as error:
                raise AnsibleActionFail(f"Failed to ask cluster {tenant.place} who sleeps: {error}") from error
            rest = regions[where].get(tenant.tenant)
            found[tenant.tenant] = dataclasses.asdict(rest) if rest else None
        return found

    def _now(self) -> datetime.datetime:
        given = str(self._task.args.get("now") or "")
        if not given:
            return datetime.datetime.now(datetime.timezone.utc)
        problem = timetable.moment(given)
        if problem:
            raise AnsibleActionFail(f"now={given!r}: must be {problem}")
        return timetable.at(given, "UTC")
