# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import datetime
import typing as t

from ansible.errors import AnsibleError
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import lookup_loader
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model import fleet
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.tenant import Tenant, declared, parse
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan.schedule import expired
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render.kubernetes import render as kubernetes_render
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import InvalidTenant
from ansible_collections.sysgenpro.odoo.plugins.plugin_utils import flows

#: What each tenant authenticates with; the secret's name is <tenant>/<purpose>.
PURPOSES = (
    "database",
    "redis",
    "s3_access_key",
    "s3_secret_key",
    "master",
    "admin",
    "health",
    "health_key",
    "reporting",
)


class ActionModule(ActionBase):
    """Check every tenant of the inventory in the controller's process: no connection, no module."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _VALID_ARGS = frozenset({"group"})

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        task_vars = task_vars or {}
        group = self._task.args.get("group", "tenants")
        hosts = sorted(task_vars.get("groups", {}).get(group, []))
        problems: list[str] = []
        tenants: list[Tenant] = []
        for host in hosts:
            try:
                tenants.append(self._tenant(host, task_vars))
            except InvalidTenant as error:
                problems += error.problems
            except AnsibleError as error:
                problems.append(f"{host}: {error.message}")
        problems = sorted([*problems, *fleet.problems(tenants), *flows.leaks(tenants, task_vars, group=group)])
        if problems:
            count = f"{len(problems)} problem" + ("s" if len(problems) > 1 else "")
            return {
                "failed": True,
                "changed": False,
                "problems": problems,
                "msg": "\n".join([f"The inventory is refused, {count}:", *problems]),
            }
        now = datetime.datetime.now(datetime.timezone.utc)
        # Nothing was refused, so there is one tenant a host, in the hosts' order.
        gone = [host for host, tenant in zip(hosts, tenants) if expired(tenant, now)]
        return {"changed": False, "tenants": [tenant.tenant for tenant in tenants], "expired": gone, "problems": []}

    def _tenant(self, host: str, task_vars: dict[str, t.Any]) -> Tenant:
        variables = declared(task_vars["hostvars"][host])
        variables.setdefault("odoo_tenant", host)
        tenant = parse(variables, host=host)
        if tenant.runtime == "kubernetes" and tenant.kubernetes_patches:
            refused = kubernetes_render.problems(tenant)
            if refused:
                raise InvalidTenant(refused)
        secrets = lookup_loader.get("sysgenpro.odoo.secret", loader=self._loader, templar=self._templar)
        options = {
            name: variables[name]
            for name in ("odoo_secret_source", "odoo_secret_path", "odoo_secret_generate")
            if name in variables
        }
        secrets.run([f"{tenant.tenant}/{purpose}" for purpose in PURPOSES], variables=options)
        return tenant
