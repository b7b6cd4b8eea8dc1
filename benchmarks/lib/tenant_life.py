"""A tenant that comes and one that is replaced under load, clocked the same way on every runtime."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
import time
import typing as t
from pathlib import Path

import throwaway_tenant
from load import Load
from localhost import https_status
from measuring import CA, INVENTORIES, ROOT, SECRETS, environment, median, playbook, result, runs, say

BENCH = "bench_tenant"
BENCH_HOST = "bench.localhost"
#: Requests a second under which a tenant is replaced, and the second at which that begins.
RATE, BEGIN = 25.0, 10


def until_it_serves(inventory: str, initialise: str, *curl: str) -> float:
    """Seconds from the start of ansible-playbook to the first HTTPS 200 of a tenant that did not exist.

    :param curl: options of curl that lead to the tenant.
    """
    argv = ["ansible-playbook", *INVENTORIES, "-i", inventory, "playbooks/tenants.yml", "--limit", BENCH]
    with tempfile.NamedTemporaryFile() as report:
        started = time.monotonic()
        extra = ["-e", f"odoo_database_initialise={initialise}"]
        process = subprocess.Popen(
            [*argv, *extra],
            cwd=ROOT,
            env=environment(report.name),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        served = 0.0
        while process.poll() is None and not served:
            page = https_status(f"https://{BENCH_HOST}/web/login", CA, *curl, seconds=10)
            served = time.monotonic() - started if page == 200 else 0.0
            time.sleep(0.05)
        out, _err = process.communicate()
    if process.returncode or not served:
        sys.exit(f"the new tenant did not come up:\n{out[-3000:]}")
    return served


def new_tenant(runtime: str, *curl: str) -> None:
    """A tenant cloned from the template beside the same tenant initialised module by module."""
    with tempfile.TemporaryDirectory() as folder:
        inventory = str(
            throwaway_tenant.write(Path(folder), BENCH, runtime, odoo_environment="production", odoo_host=BENCH_HOST)
        )
        remove = ("-i", inventory, "scripts/remove_tenants.yml", "-e", f"remove={BENCH}")
        playbook(*remove)
        until_it_serves(inventory, "clone", *curl)  # makes the template where it is missing; not counted
        playbook(*remove)
        sides: dict[str, list[float]] = {"clone": [], "init": []}
        for number in range(runs()):
            for side, times in sides.items():
                times.append(until_it_serves(inventory, side, *curl))
                say(f"new_tenant {number + 1}/{runs()} {side}: {times[-1]:.1f} s")
                playbook(*remove)
    ours, theirs = median(sides["clone"]), median(sides["init"])
    result(
        "new_tenant",
        ours,
        "s",
        "ratio >= 8",
        peer="the same playbook, database initialised",
        peer_value=theirs,
        ratio=round(theirs / ours, 2),
        runs=sides,
    )


def under_load(tenant: str, host: str, seconds: float, change: t.Callable[[], object]) -> Load:
    """A steady load of a logged-in user, in which something changes."""
    load = Load(f"https://{host}", "admin", (SECRETS / tenant / "admin").read_text().strip(), str(CA))
    load.log_in()
    changing = threading.Timer(BEGIN, change)
    changing.start()
    load.run(seconds, rate=RATE, also_while=changing.is_alive)
    changing.join()
    return load


def rollout_result(ours: Load, control: Load, peer: str, **more: t.Any) -> None:
    """One line: what failed while the tenant was replaced, and in the negative control."""
    result(
        "rollout_failed_requests",
        ours.failed,
        "requests",
        "0 failed, 0 sessions lost, >= 20 requests/s for >= 60 s",
        peer=peer,
        peer_value=control.failed,
        sessions_lost=ours.sessions_lost,
        requests=ours.requests,
        requests_per_second=round(ours.rate, 1),
        errors=ours.errors[:5],
        **more,
    )


def odoo_config(number: int) -> str:
    """Extra variables that change nothing that matters, and so roll."""
    return json.dumps({"odoo_config": {"limit_time_real": 300 + number}})
