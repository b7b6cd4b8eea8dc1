# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import time
import typing as t
from pathlib import Path

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: measure
type: aggregate
short_description: Count the module calls of a run and time its tasks
description:
  - Writes a JSON object to the file named by E(MEASURE_FILE) - C(calls), module calls that reached a host, C(changed), and C(tasks),
    seconds by task name.
  - Every task counts whose action is not known to stay on the controller, each item of a loop by itself; skipped ones do not.
requirements: []
options: {}
"""


#: Actions that reach no host.
ON_THE_CONTROLLER = frozenset(
    {"add_host", "assert", "debug", "fail", "group_by", "meta", "set_fact", "set_stats", "validate_argument_spec"}
)
ON_THE_CONTROLLER_OURS = frozenset({"sysgenpro.odoo.odoo_validate"})


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "measure"
    CALLBACK_NEEDS_ENABLED = True

    def __init__(self) -> None:
        super().__init__()
        self._calls = 0
        self._changed = 0
        self._started: dict[str, float] = {}
        self._seconds: dict[str, float] = {}

    def v2_playbook_on_task_start(self, task: t.Any, is_conditional: bool) -> None:  # noqa: ARG002  # Ansible's own signature
        self._started[task._uuid] = time.monotonic()

    def _count(self, result: t.Any) -> None:
        action = str(result._task.action).removeprefix("ansible.builtin.")
        self._calls += not (
            action in ON_THE_CONTROLLER | ON_THE_CONTROLLER_OURS or action.startswith(("include_", "import_"))
        )
        self._changed += bool(result._result.get("changed"))

    def v2_runner_on_ok(self, result: t.Any) -> None:
        task = result._task
        name = task.get_name()
        self._seconds[name] = self._seconds.get(name, 0.0) + time.monotonic() - self._started[task._uuid]
        if "results" not in result._result:
            self._count(result)

    def v2_runner_item_on_ok(self, result: t.Any) -> None:
        self._count(result)

    def v2_playbook_on_stats(self, stats: t.Any) -> None:  # noqa: ARG002  # Ansible's own signature
        report = {"calls": self._calls, "changed": self._changed, "tasks": self._seconds}
        Path(os.environ["MEASURE_FILE"]).write_text(json.dumps(report), encoding="utf-8")
