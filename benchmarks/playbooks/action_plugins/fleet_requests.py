# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import os
import typing as t
from pathlib import Path

from ansible.plugins.action import ActionBase
from ansible_collections.sysgenpro.odoo.plugins.module_utils._model import fleet_request
from ansible_collections.sysgenpro.odoo.plugins.plugin_utils.tenants import Reader


class ActionModule(ActionBase):
    """Writes the tenants of each place with their secrets, as the collection reads them, for what fills the places."""

    TRANSFERS_FILES = False
    _requires_connection = False
    _VALID_ARGS = frozenset({"folder"})

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        task_vars = task_vars or {}
        hosts = task_vars["ansible_play_hosts_all"]
        places: dict[str, list[str]] = {}
        for host in hosts:
            places.setdefault(task_vars["hostvars"][host]["odoo_place"], []).append(host)
        reader = Reader(self, task_vars)
        for place, own in places.items():
            entries = reader.many(own, certificates=frozenset(own)).values()
            text = fleet_request.encode(
                {entry.tenant.tenant: entry.variables for entry in entries},
                {entry.tenant.tenant: entry.values for entry in entries},
            )
            path = Path(self._task.args["folder"]) / f"{place}.json"
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                file.write(text)
        return {"changed": True, "places": sorted(places)}
