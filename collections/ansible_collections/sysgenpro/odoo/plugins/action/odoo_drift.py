# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import itertools
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters import kubeconfig
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters.kubernetes_api import KubernetesApi
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge import drift
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render.kubernetes.render import render
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError
from ansible_collections.sysgenpro.odoo.plugins.plugin_utils.tenants import Entry, Reader


class ActionModule(ActionBase):
    """Compare tenants: those of clusters in the controller's process, those of the task's Docker host by the module there."""

    TRANSFERS_FILES = False
    _VALID_ARGS = frozenset({"hosts", "runtime", "tree"})

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        task_vars = task_vars or {}
        reader = Reader(self, task_vars)
        hosts = sorted(self._task.args.get("hosts") or task_vars.get("ansible_play_hosts_all", []))
        runtime = self._task.args.get("runtime", "kubernetes")
        if runtime == "docker":
            return self._docker(reader, hosts, task_vars)
        entries = reader.entries(hosts, lambda tenant: tenant.runtime == "kubernetes")
        declared = {reader.name(host) for host in task_vars["groups"].get("tenants", [])}
        try:
            reports = self._kubernetes(entries, declared, str(self._task.args.get("tree") or ""))
        except OdooError as error:
            raise AnsibleActionFail(f"Failed to compare: {error}") from error
        return {"changed": False, "reports": reports}

    @staticmethod
    def _kubernetes(entries: list[Entry], declared: t.Container[str], tree: str) -> list[dict[str, t.Any]]:
        """One pass a cluster and region."""

        def cluster(entry: Entry) -> tuple[str, str, str, str]:
            tenant = entry.tenant
            return tenant.place, tenant.kubeconfig, tenant.kubernetes_context, tenant.region

        reports = []
        for (place, config, context, region), group in itertools.groupby(sorted(entries, key=cluster), key=cluster):
            api = KubernetesApi(kubeconfig.load(config, context))
            wanted = [render(entry.tenant, entry.secrets, entry.ca) for entry in group]
            report = drift.kubernetes(api, place, region, wanted, folder=tree, declared=declared)
            reports.append(report.public())
        return reports

    def _docker(self, reader: Reader, hosts: list[str], task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
        """The module on this task's host compares the tenants that live there; one of them speaks for all."""
        hostvars, host = task_vars["hostvars"], task_vars["inventory_hostname"]
        place = hostvars[host].get("odoo_place")
        mine = [
            name
            for name in hosts
            if hostvars[name].get("odoo_place") == place and hostvars[name].get("odoo_runtime", "docker") == "docker"
        ]
        if not mine or host != mine[0]:
            return {"changed": False, "reports": []}
        entries = reader.entries(mine, lambda _tenant: True)
        arguments = {
            "runtime": "docker",
            "tenants": [{"tenant": entry.variables, "secrets": dataclasses.asdict(entry.secrets)} for entry in entries],
        }
        return t.cast(
            "dict[str, t.Any]",
            self._execute_module(module_name="sysgenpro.odoo.odoo_drift", module_args=arguments, task_vars=task_vars),
        )
