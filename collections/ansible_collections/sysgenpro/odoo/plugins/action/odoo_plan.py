# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters import kubeconfig
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters.kubernetes_api import KubernetesApi
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge import fleet_kubernetes
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model import fleet_request
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError
from ansible_collections.sysgenpro.odoo.plugins.plugin_utils.tenants import Entry, Reader

Plans = dict[str, list[dict[str, str]]]


class ActionModule(ActionBase):
    """Reads what the assignment names and asks: the module on the task's host, clusters from here."""

    TRANSFERS_FILES = False
    _VALID_ARGS = frozenset({"assignment", "of", "container"})

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        task_vars = task_vars or {}
        assignment, of = self._task.args["assignment"], self._task.args.get("of", "place")
        reader = Reader(self, task_vars)
        if of == "buckets":
            hosts = list(itertools.chain.from_iterable(assignment["buckets"].values()))
            entries = reader.many(hosts, certificates=())
            asked = {"buckets": [entry.tenant.tenant for entry in entries.values()]}
            return self._module(entries, asked, task_vars, of=of, container=self._task.args.get("container", ""))
        return self._place(reader, assignment, task_vars)

    def _place(self, reader: Reader, assignment: dict[str, t.Any], task_vars: dict[str, t.Any]) -> dict[str, t.Any]:
        stacks = assignment["stacks"]
        services = [hosts for kind in ("clusters", "redis") for hosts in assignment[kind].values()]
        entries = reader.many(dict.fromkeys(itertools.chain(stacks, *services)), certificates=frozenset(stacks))
        names = {host: entry.tenant.tenant for host, entry in entries.items()}
        asked: dict[str, t.Any] = {
            kind: {
                service: {
                    "password": reader.provisioner(hosts[0], f"{secret}/{service.rpartition('/')[2]}"),
                    "tenants": [names[host] for host in hosts],
                }
                for service, hosts in assignment[kind].items()
            }
            for kind, secret in (("clusters", "postgresql"), ("redis", "redis"))
        }
        plans: Plans = {}
        if assignment["runtime"] == "kubernetes":
            plans = self._cluster([entries[host] for host in stacks])
        else:
            asked["stacks"] = [names[host] for host in stacks]
        if not any(asked.values()):
            return {"changed": False, "plans": plans}
        answer = self._module(entries, asked, task_vars)
        for name, steps in plans.items():
            answer.setdefault("plans", {}).setdefault(name, []).extend(steps)
        return answer

    @staticmethod
    def _cluster(entries: list[Entry]) -> Plans:
        first = entries[0].tenant
        try:
            api = KubernetesApi(kubeconfig.load(first.kubeconfig, first.kubernetes_context))
            return fleet_kubernetes.ask(api, [(entry.tenant, entry.secrets, entry.ca) for entry in entries])
        except (OdooError, OSError) as error:
            raise AnsibleActionFail(f"Failed to ask cluster {first.place}: {error}") from error

    def _module(
        self, entries: dict[str, Entry], asked: dict[str, t.Any], task_vars: dict[str, t.Any], **more: str
    ) -> dict[str, t.Any]:
        variables = {entry.tenant.tenant: entry.variables for entry in entries.values()}
        secrets = {entry.tenant.tenant: entry.values for entry in entries.values()}
        arguments = {"request": fleet_request.encode(variables, secrets, **asked), **more}
        return t.cast(
            "dict[str, t.Any]",
            self._execute_module(module_name="sysgenpro.odoo.odoo_plan", module_args=arguments, task_vars=task_vars),
        )
