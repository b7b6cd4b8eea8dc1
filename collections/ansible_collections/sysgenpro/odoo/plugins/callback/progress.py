# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One line a task with the time so far, and what each play took in a file."""

from __future__ import annotations

DOCUMENTATION = r"""
name: progress
type: stdout
short_description: One line a task with the time so far, and the time each play took in a file
version_added: 0.1.0
author: SysGenPro (@sysgenpro)
description:
  - Prints each task on one line as it starts, behind the time since the start of the run, so that a long task can be
    seen while it works. Results are printed where something changed or failed.
  - Writes the seconds each play took and the recap of every host as JSON, after every play, so that an interrupted
    run leaves what it measured.
extends_documentation_fragment:
  - default_callback
  - result_format_callback
options:
  stages_file:
    description: File the times are written to. Nothing is written where it is not set.
    type: path
    env:
      - name: SYSGENPRO_ODOO_STAGES_FILE
requirements:
  - set as stdout in configuration
"""

import json
import os
import time
import typing as t
from pathlib import Path

from ansible.plugins.callback.default import CallbackModule as DefaultCallback

if t.TYPE_CHECKING:
    from ansible.executor.stats import AggregateStats
    from ansible.playbook.play import Play
    from ansible.playbook.task import Task


def clock(seconds: float) -> str:
    """Return seconds as minutes and seconds, ``  2:05``."""
    return f"{int(seconds) // 60:3d}:{int(seconds) % 60:02d}"


def short_name(name: str) -> str:
    """Return a task's name without the collection in front of its role's."""
    return name.strip().removeprefix("sysgenpro.odoo.")


class Stopwatch:
    """Seconds each named stage took, a name that comes back being added up; the names keep their order."""

    def __init__(self, now: t.Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._begun = now()
        self._stage: tuple[str, float] | None = None
        self._seconds: dict[str, float] = {}

    def begin(self, name: str) -> None:
        """End the running stage and begin this one."""
        self.end()
        self._stage = (name, self._now())

    def end(self) -> None:
        """End the running stage, if one runs."""
        if self._stage:
            name, begun = self._stage
            self._seconds[name] = self._seconds.get(name, 0.0) + self._now() - begun
            self._stage = None

    def elapsed(self) -> float:
        """Return the seconds since the stopwatch was made."""
        return self._now() - self._begun

    def stages(self) -> list[dict[str, t.Any]]:
        """Return the ended stages in the order in which they began."""
        return [{"name": name, "seconds": round(seconds, 1)} for name, seconds in self._seconds.items()]


def write_json(path: Path, value: t.Any) -> None:
    """Replace a file by a value's JSON text; a reader sees the old or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")
    draft.replace(path)


class CallbackModule(DefaultCallback):
    """Ansible's default output with a line for each task, whatever its result."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "sysgenpro.odoo.progress"

    def __init__(self) -> None:
        super().__init__()
        self._watch = Stopwatch()

    def v2_playbook_on_play_start(self, play: Play) -> None:
        self._play = play
        name = play.get_name().strip()
        self._watch.begin(name)
        self._write(recap={})
        self._display.display(f"\n{clock(self._watch.elapsed())}  {name}", color="bright blue")

    def v2_playbook_on_include(self, included_file: t.Any) -> None:
        """An included file is seen by its tasks; it is named where more is asked for."""
        self._display.vv(f"included: {included_file._filename}")

    def v2_runner_retry(self, result: t.Any) -> None:
        """Waiting is no failure: the clock of the next line says how long it took."""
        self._display.vv(f"{result._host.get_name()}: not yet")

    def v2_playbook_on_stats(self, stats: AggregateStats) -> None:
        self._watch.end()
        self._write(recap={host: stats.summarize(host) for host in sorted(stats.processed)})
        super().v2_playbook_on_stats(stats)

    def _task_start(self, task: Task, prefix: str | None = None) -> None:
        super()._task_start(task, prefix=prefix)
        if self._last_task_banner != task._uuid:
            self._print_task_banner(task)

    def _print_task_banner(self, task: Task) -> None:
        self._display.display(f"{clock(self._watch.elapsed())}    {short_name(task.get_name())}")
        self._last_task_banner = task._uuid

    def _write(self, *, recap: dict[str, t.Any]) -> None:
        path = self.get_option("stages_file")
        if path:
            write_json(Path(path), {"stages": self._watch.stages(), "recap": recap})
