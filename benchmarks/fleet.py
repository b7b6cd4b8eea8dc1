#!/usr/bin/env python3
"""Fleets of 10, 100 and 1,000 compact tenants on four Docker hosts over SSH: what a converge costs that has nothing to do, or little.

noop_1000_tenants, noop_slope, noop_peer, one_changed_extra, validate_1000, controller_memory. The hosts, their Docker daemons, the
bridges and containers, PostgreSQL with its databases and Redis are real; a web server of 2 MB stands in for Odoo's image.
BENCH_RUNS sets how often each side is measured (5), BENCH_FLEET the sizes (10,100,1000), BENCH_METRICS which metrics (all).
Needs the images of ./quickstart.sh, 10 GB of memory and 15 GB of disk.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import fleet_machines
import fleet_peer
import yaml
from fleet_region import running
from measuring import ROOT, environment, median, result, runs, say

if t.TYPE_CHECKING:
    from fleet_region import Fleet

PLACES = 4
SIZES = [int(word) for word in os.environ.get("BENCH_FLEET", "10,100,1000").split(",")]
PEERS = (10, 20)
ALL = ("noop_1000_tenants", "noop_slope", "noop_peer", "one_changed_extra", "validate_1000", "controller_memory")
WANTED = os.environ.get("BENCH_METRICS", ",".join(ALL)).split(",")


def noop(fleet: Fleet, size: int, seconds: dict[int, list[float]]) -> None:
    measured = [fleet.play(size, "playbooks/tenants.yml") for _number in range(runs() + 1)]
    changed = sum(one.changed for one in measured)
    if changed:
        sys.exit(f"{changed} changes in a fleet of {size} where nothing is to be done")
    # The first opens the SSH connections that the others find.
    seconds[size] = [one.seconds for one in measured[1:]]
    say(f"noop of {size}: {', '.join(f'{one:.2f}' for one in seconds[size])} s, {measured[-1].calls} remote calls")


def slope(seconds: dict[int, list[float]]) -> float:
    """Milliseconds a tenant, by least squares over the medians."""
    points = [(size, median(values)) for size, values in seconds.items()]
    middle_x, middle_y = (sum(column) / len(points) for column in zip(*points, strict=True))
    above = sum((x - middle_x) * (y - middle_y) for x, y in points)
    return round(1000 * above / sum((x - middle_x) ** 2 for x, _y in points), 2)


def report_noop(seconds: dict[int, list[float]]) -> None:
    largest = max(seconds)
    if "noop_1000_tenants" in WANTED:
        result("noop_1000_tenants", median(seconds[largest]), "s", "<= 10 s", tenants=largest, runs=seconds[largest])
    if "noop_slope" in WANTED and len(seconds) > 1:
        result("noop_slope", slope(seconds), "ms per tenant", "<= 6 ms", runs=seconds)


def one_changed(fleet: Fleet, size: int, nothing: float) -> None:
    """A changed option of one tenant: a new container, its route, the old one's end."""
    name = fleet.names[0]
    path = fleet.inventory(size) / "host_vars" / f"{name}.yml"
    kept = path.read_text(encoding="utf-8")
    seconds = []
    for number in range(runs()):
        path.write_text(f"{kept}odoo_config: {{limit_time_real: {300 + number}}}\n", encoding="utf-8")
        measured = fleet.play(size, "playbooks/tenants.yml")
        if measured.changed != 1:
            sys.exit(f"{measured.changed} changes where one was declared")
        seconds.append(measured.seconds)
        say(f"one changed: {measured.seconds:.2f} s")
    extra = round(median(seconds) - nothing, 2)
    result("one_changed_extra", extra, "s", "<= 8 s", noop=nothing, changed=1, runs=seconds)


def validate(fleet: Fleet, size: int) -> None:
    seconds = [fleet.play(size, "playbooks/validate.yml").seconds for _number in range(runs())]
    result("validate_1000", median(seconds), "s", "<= 6 s", tenants=size, runs=seconds)


def memory(fleet: Fleet, size: int) -> None:
    """Peak of what ansible-playbook and its forks hold, shared pages counted once (PSS)."""
    argv = [
        "ansible-playbook",
        "-i",
        "inventories/catalogue",
        "-i",
        str(fleet.inventory(size)),
        "playbooks/tenants.yml",
    ]
    with open(os.devnull, "wb") as nothing:
        process = subprocess.Popen(argv, cwd=ROOT, env=environment("/dev/null"), stdout=nothing)
        peak = 0
        while process.poll() is None:
            peak = max(peak, _held(process.pid))
            time.sleep(0.1)
    if process.returncode:
        sys.exit("the run whose memory was measured failed")
    result("controller_memory", round(peak / 1024), "MB", "<= 1024 MB", tenants=size, runs=1)


def _held(root: int) -> int:
    """Kilobytes of a process and of all below it, which lead sessions of their own."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(folder.name)] = int(fields[1])
    family = [root]
    for ancestor in family:
        family += [pid for pid, parent in parents.items() if parent == ancestor]
    return sum(_pss(pid) for pid in family)


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)


def peer(fleet: Fleet, nothing: float, size: int) -> None:
    """The same objects as tasks, measured on 10 and 20 tenants; what a thousand would take follows from the slope between them."""
    taken: dict[int, list[float]] = {}
    changed = 0
    for count in PEERS:
        inventory = fleet.inventory(count)
        playbook = fleet.folder / f"peer-{count}.yml"
        extra = fleet.folder / f"peer-{count}"
        plays = fleet_peer.play(fleet.machines, fleet.tenants(count), extra)
        playbook.write_text(yaml.safe_dump(plays, sort_keys=False), encoding="utf-8")
        for path in (extra / "host_vars").iterdir():
            own = inventory / "host_vars" / path.name
            own.write_text(
                f"{own.read_text(encoding='utf-8')}peer: {json.dumps(json.loads(path.read_text())['peer'])}\n"
            )
        fleet.play(count, str(playbook))
        measured = [fleet.play(count, str(playbook)) for _number in range(min(runs(), 3))]
        changed += sum(one.changed for one in measured)
        taken[count] = [one.seconds for one in measured]
        say(f"peer of {count}: {', '.join(f'{one:.1f}' for one in taken[count])} s")
    few, many = (median(taken[count]) for count in PEERS)
    per_tenant = (many - few) / (PEERS[1] - PEERS[0])
    whole = round(many + (size - PEERS[1]) * per_tenant, 1)
    result(
        "noop_peer",
        nothing,
        "s",
        "ratio >= 50",
        peer=f"community.docker, community.postgresql and copy, one task an object, extrapolated from {PEERS} tenants",
        peer_value=whole,
        ratio=round(whole / nothing, 1),
        peer_slope_seconds=round(per_tenant, 2),
        peer_changed=changed,
        tenants=size,
        runs=taken,
    )


def main() -> None:
    seconds: dict[int, list[float]] = {}
    with running(fleet_machines.folder(), PLACES, {*SIZES, *PEERS}) as fleet:
        for size in SIZES:
            fleet.fill(size)
            noop(fleet, size, seconds)
        size = max(SIZES)
        report_noop(seconds)
        if "one_changed_extra" in WANTED:
            one_changed(fleet, size, median(seconds[size]))
        if "validate_1000" in WANTED:
            validate(fleet, size)
        if "controller_memory" in WANTED:
            memory(fleet, size)
        if "noop_peer" in WANTED:
            peer(fleet, median(seconds[size]), size)


if __name__ == "__main__":
    main()
