# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import dataclasses
import fnmatch
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model.explain import explain
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import InvalidTenant
from ansible_collections.sysgenpro.odoo.plugins.plugin_utils import origins
from ansible_collections.sysgenpro.odoo.plugins.plugin_utils.tenants import Reader


class ActionModule(ActionBase):
    """Say where each value of a tenant comes from, in the controller's process: no connection, no module."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _VALID_ARGS = frozenset({"match"})

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        task_vars = task_vars or {}
        host = task_vars["inventory_hostname"]
        try:
            tenant, values = Reader(self, task_vars).tenant(host)
        except InvalidTenant as error:
            raise AnsibleActionFail("\n".join(error.problems)) from None
        found = origins.layers(
            task_vars["hostvars"],
            host,
            task_vars.get("ansible_inventory_sources") or [],
            task_vars.get("playbook_dir", ""),
        )
        vaulted = {name for name, layers in found.items() if layers[-1].value == origins.VAULTED}
        shown = {name: origins.VAULTED if name in vaulted else value for name, value in values.items()}
        pattern = str(self._task.args.get("match") or "*")
        chosen = [origin for origin in explain(tenant, shown, found) if fnmatch.fnmatch(origin.name, pattern)]
        if not chosen:
            raise AnsibleActionFail(
                f"match={pattern!r}: must be a variable of a tenant, or a pattern such as odoo_web_*"
            )
        return {
            "changed": False,
            "origins": [dataclasses.asdict(origin) for origin in chosen],
            "texts": [origin.text() for origin in chosen],
        }
