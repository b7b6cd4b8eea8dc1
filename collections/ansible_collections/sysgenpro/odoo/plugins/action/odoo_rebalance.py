# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import typing as t

from ansible.plugins.action import ActionBase
from ansible_collections.sysgenpro.odoo.plugins.module_utils._plan.rebalance import propose
from ansible_collections.sysgenpro.odoo.plugins.plugin_utils.placing import Inventory, policy_of


class ActionModule(ActionBase):
    """Propose moves in the controller's process: no connection, no module."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _VALID_ARGS = frozenset({"policy", "group"})

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        task_vars = task_vars or {}
        policy = policy_of(self._task.args.get("policy"), task_vars)
        inventory = Inventory(self, task_vars, group=str(self._task.args.get("group") or "tenants"))
        proposal = propose(inventory.world(), policy)
        return {
            "changed": False,
            "moves": [move.public() for move in proposal.moves],
            "misfits": {name: list(reasons) for name, reasons in proposal.misfits.items()},
        }
