"""Every process of every container dies at once and the engine starts again: no Ansible run brings anything back."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from .conftest import TENANTS, containers, run


def engine() -> int:
    """Process id of dockerd."""
    return int(run("pgrep", "-o", "-x", "dockerd", check=True).stdout)


def arguments(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_text().split("\0")[:-1]


def region_processes() -> list[int]:
    """The first process of every container of the region, and the shim that watches it."""
    names = containers("sysgenpro.odoo/region=local")
    first = [int(pid) for pid in run("docker", "inspect", "-f", "{{.State.Pid}}", *names, check=True).stdout.split()]
    shims = [int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1]) for pid in first]
    return [*first, *shims]


def gone(pid: int) -> bool:
    """Whether a process has ended; a zombie has."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def lose_power() -> None:
    """Kill the engine and the region's containers, as a machine that stops does, then start the engine again."""
    pid, victims = engine(), region_processes()
    command = arguments(pid)
    children = [int(child) for child in run("pgrep", "-P", str(pid), "containerd").stdout.split()]
    for victim in (pid, *children, *victims):
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
    while not all(gone(victim) for victim in (pid, *children, *victims)):
        time.sleep(0.1)
    # A machine that starts finds /run empty.
    Path("/var/run/docker.pid").unlink(missing_ok=True)
    shutil.rmtree("/var/run/docker", ignore_errors=True)
    with open("/var/log/dockerd.log", "ab") as log:
        subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)


def test_every_tenant_returns_after_power_loss() -> None:
    before = containers("sysgenpro.odoo/region=local")
    lose_power()
    deadline = time.monotonic() + 300
    waiting = {tenant.name: tenant for tenant in TENANTS}
    while waiting and time.monotonic() < deadline:
        waiting = {name: tenant for name, tenant in waiting.items() if tenant.curl("/web/login") != 200}
        time.sleep(2)
    assert not waiting
    assert containers("sysgenpro.odoo/region=local") == before
    for tenant in TENANTS:
        assert tenant.psql("SELECT count(*) > 0 FROM res_users").stdout.strip() == "t"
