# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import time
import typing as t

from ansible.plugins.action import ActionBase
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters import files, kubeconfig
from ansible_collections.sysgenpro.odoo.plugins.module_utils._adapters.kubernetes_api import KubernetesApi
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge.kubernetes import KubernetesStack
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge.kubernetes_memory import Server
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.secrets import parse_secrets
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import parse
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan.schedule import Rest
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.arguments import (
    STACK,
    STACK_EXCLUSIVE,
    TENANT,
    TENANT_SECRETS,
)
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError


class ActionModule(ActionBase):
    """A tenant on Docker is converged by the module on its host, one on Kubernetes here.

    A process of its own costs a module 0.4 s, most of it for compiling what it imports; the whole stack is observed in 0.05 s.
    """

    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        tenant = self._task.args.get("tenant")
        if not isinstance(tenant, dict) or tenant.get("odoo_runtime") != "kubernetes":
            return {**result, **self._execute_module(module_args=self._task.args, task_vars=task_vars)}
        _validated, params = self.validate_argument_spec(
            argument_spec={**TENANT, **TENANT_SECRETS, **STACK}, mutually_exclusive=STACK_EXCLUSIVE
        )
        name = params["tenant"].get("odoo_tenant")
        try:
            return {**result, **self._converge(params)}
        except OdooError as error:
            return {
                **result,
                "failed": True,
                "msg": f"Failed to converge the stack of {name}: {error}",
                **error.details,
            }
        except OSError as error:
            return {**result, "failed": True, "msg": f"Failed to converge the stack of {name}: {error}"}

    def _converge(self, params: dict[str, t.Any]) -> dict[str, t.Any]:
        tenant = parse(params["tenant"], host=str(params["tenant"].get("odoo_tenant")))
        holder = f"process {os.getpid()} since {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())}"
        access = kubeconfig.load(
            params["kubeconfig"] or tenant.kubeconfig, params["context"] or tenant.kubernetes_context
        )
        stack = KubernetesStack(KubernetesApi(access), tenant, holder, force=params["force"])
        check = bool(self._task.check_mode)
        if params["state"] == "absent":
            return stack.absent(check=check)
        if params["state"] == "stopped":
            return stack.stopped(check=check)
        ca = files.read(tenant.ca_file)
        if ca is None:
            raise OdooError(f"The region's CA is not at {tenant.ca_file}", hint="Set odoo_ca_file to it")
        secrets = parse_secrets(params["secrets"], host=tenant.tenant)
        rest = {name: value for name, value in (params["rest"] or {}).items() if value}
        if params["state"] in ("asleep", "awake"):
            return stack.resting(secrets, ca, Rest(asleep=params["state"] == "asleep", **rest), check=check)
        restored = Server(**params["restored"]) if params["restored"] else None
        return stack.present(secrets, ca, check=check, scope=params["scope"], restored=restored, home=params["home"])
