# Copyright (c) 2026, SysGenPro
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Containers that run once: template builds, installations, dumps. A second run joins the one under way."""

from __future__ import annotations

import dataclasses
import typing as t

from .._adapters import files
from .._render.containers import ODOO_HOME, Home, one_off_body
from .._support.errors import OdooError

if t.TYPE_CHECKING:
    from .._adapters.docker_engine import DockerEngine
    from .._render.odoo_conf import File


@dataclasses.dataclass(frozen=True)
class OneOff:
    """What to run: the container's name is its lock on this host.

    ``directory`` holds its configuration and is removed with it; ``writable`` is a directory bound at /out. A Job needs neither:
    its /out goes with its pod. ``lines`` of its output are kept.
    """

    name: str
    image: str
    argv: tuple[str, ...]
    directory: str
    files: tuple[File, ...]
    labels: t.Mapping[str, str]
    writable: str = ""
    home: Home = ODOO_HOME
    lines: int = 40


class Runner(t.Protocol):
    """Where programs run once: containers on a Docker host, Jobs on a cluster. The name is the lock."""

    def running(self, name: str) -> bool:
        """Whether an earlier run's program is still at work."""

    def run_once(self, job: OneOff) -> list[str]:
        """Run to the end, or wait for the same an earlier run started; the output's last lines.

        :raises OdooError: with the last lines, when it does not end well.
        """


@dataclasses.dataclass
class Containers:
    """Runs them as containers on this host."""

    engine: DockerEngine

    def running(self, name: str) -> bool:
        return running(self.engine, name)

    def run_once(self, job: OneOff) -> list[str]:
        return run_once(self.engine, job)


def running(engine: DockerEngine, name: str) -> bool:
    """Whether an earlier run's container is still at work."""
    state = engine.inspect(name)
    return state is not None and bool(state["State"]["Running"])


def run_to_end(engine: DockerEngine, job: OneOff) -> tuple[int, list[str]]:
    """As run_once, with the exit status and the output's last lines for the caller to judge."""
    if not running(engine, job.name):
        engine.remove(job.name)
        files.write_tree(job.directory, [(file.path, file.content) for file in job.files], group=job.home.uid)
        body = one_off_body(job.image, job.argv, job.directory, job.labels, job.writable, job.home)
        engine.create_container(job.name, body, network="host")
        engine.start(job.name)
    code = engine.wait(job.name)
    lines = engine.logs(job.name, lines=job.lines)
    engine.remove(job.name)
    files.remove(job.directory)
    return code, lines


def run_once(engine: DockerEngine, job: OneOff) -> list[str]:
    """Run ``job`` to its end, or wait for the same job an earlier run started; its output's last lines.

    :raises OdooError: with the last lines, when it does not end with exit status 0.
    """
    code, lines = run_to_end(engine, job)
    if code:
        tail = "\n".join(lines[-20:])
        raise OdooError(
            f"{job.argv[0]} in container {job.name} ended with exit status {code}\n--- its last lines\n{tail}"
        )
    return lines
