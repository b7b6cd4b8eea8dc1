# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge import tree
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render.kubernetes.render import render
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import InvalidTenant, OdooError
from ansible_collections.sysgenpro.odoo.plugins.plugin_utils.tenants import Reader


class ActionModule(ActionBase):
    """Write the GitOps tree in the controller's process: no connection, no module."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _VALID_ARGS = frozenset({"path", "hosts"})

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        task_vars = task_vars or {}
        path = str(self._task.args.get("path") or "")
        if not path:
            raise AnsibleActionFail("path is required: the directory of the tree")
        reader = Reader(self, task_vars)
        hosts = self._task.args.get("hosts") or task_vars.get("ansible_play_hosts_all", [])
        entries = reader.entries(sorted(hosts), lambda tenant: tenant.runtime == "kubernetes")
        try:
            wanted = [render(entry.tenant, entry.secrets, entry.ca) for entry in entries]
            result = tree.write(path, wanted, check=self._task.check_mode)
        except (InvalidTenant, OdooError) as error:
            raise AnsibleActionFail(f"Failed to render: {error}") from error
        declared = {reader.name(host) for host in task_vars["groups"].get("tenants", [])}
        regions = sorted({desired.region for desired in wanted})
        result["strays"] = [stray for region in regions for stray in tree.strays(path, region, declared)]
        result["tenants"] = [desired.tenant for desired in wanted]
        return result
