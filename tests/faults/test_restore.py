"""A restore that is killed leaves the tenant serving, and the next run finishes it."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import time
import typing as t

import local_region as region
import pytest
from fault_evidence import record
from postgresql_faults import docker

TENANT, HOST = "acme_staging", "acme-staging.localhost"
RESTORED = f"local-restore-{TENANT}"


def point() -> str:
    """A new recovery point of the tenant."""
    found = re.search(
        rf"recovery-points/{TENANT}/[0-9TZ]+-[0-9a-f]+", region.playbook("recovery_point.yml", limit=TENANT)
    )
    assert found
    return found.group()


def descendants(process: int) -> list[int]:
    done = subprocess.run(["pgrep", "-P", str(process)], capture_output=True, text=True, check=False, timeout=30)
    children = [int(line) for line in done.stdout.split()]
    return children + [pid for child in children for pid in descendants(child)]


def kill_when(met: t.Callable[[], bool], argv: t.Sequence[str]) -> float:
    """Run a command and kill it, with everything it started, as soon as ``met``; the seconds until then."""
    started = time.monotonic()
    with subprocess.Popen(argv, cwd=region.ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
        while not met():
            assert run.poll() is None, "it ended before it could be killed"
            assert time.monotonic() < started + 240
            time.sleep(0.05)
        for pid in [run.pid, *descendants(run.pid)]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    return time.monotonic() - started


def runs(container: str) -> bool:
    return docker("ps", "--quiet", "--filter", f"name=^{container}$") != ""


def is_moving() -> bool:
    """Whether the stack has begun to move: a second container of the tenant stands beside the first."""
    return len(docker("ps", "--quiet", "--filter", f"label=sysgenpro.odoo/tenant={TENANT}").split()) > 1


@pytest.mark.parametrize(
    ("name", "met"),
    [
        ("fetching", lambda: runs(f"{RESTORED}-fetch")),
        ("recovering", lambda: runs(RESTORED)),
        ("moving", lambda: runs(RESTORED) and is_moving()),
    ],
)
def test_a_restore_is_killed(name: str, met: t.Callable[[], bool]) -> None:
    reference = point()
    wanted = {"odoo_confirm": TENANT, "odoo_recovery_reference": reference}
    seconds = kill_when(met, region.command("restore.yml", limit=TENANT, **wanted))
    assert region.web_answers(HOST) == 200
    region.playbook("restore.yml", limit=TENANT, **wanted)
    assert runs(RESTORED)
    assert region.web_answers(HOST) == 200
    said = region.playbook("restore_home.yml", limit=TENANT, odoo_confirm=TENANT)
    assert not runs(RESTORED)
    assert region.web_answers(HOST) == 200
    former = re.search(rf"{TENANT}__[0-9]{{14}}", said)
    assert former
    region.playbook("resume.yml", limit=TENANT, odoo_restore_drop=former.group())
    assert "changed=0" in region.playbook("tenants.yml", limit=TENANT)
    record(f"restore-killed-{name}", killed_after=round(seconds, 1), reference=reference)
