#!/usr/bin/env python3
"""What a fault of PostgreSQL costs, on the running local region: failover_gap, switchover_gap, lost_rows.

Needs ./quickstart.sh to have run. BENCH_RUNS sets how often each fault is done (5, and no less). Four connections write rows through
HAProxy's primary port all the while; a gap is the time between two rows that were acknowledged, and a row is lost when it
was acknowledged and the last timeline does not have it.
"""

from __future__ import annotations

import typing as t

from measuring import median, result, runs, say
from postgresql_faults import (
    BOUND,
    Cluster,
    done_to,
    globex,
    kill_leader,
    kill_postmaster,
    kill_standby,
    negative_control,
    switch_over,
)

#: Fewer runs of four faults would not be the twenty that are asked for.
MINIMUM_RUNS = 5

FAULTS: dict[str, t.Callable[[Cluster], None]] = {
    "switchover": switch_over,
    "leader killed": kill_leader,
    "postmaster killed": kill_postmaster,
    "synchronous standby killed": kill_standby,
}


def all_faults(cluster: Cluster) -> tuple[dict[str, list[float]], int, int]:
    """Gaps by fault, rows acknowledged and rows lost."""
    gaps: dict[str, list[float]] = {name: [] for name in FAULTS}
    acknowledged = lost = 0
    wanted = max(runs(), MINIMUM_RUNS)
    for number in range(wanted):
        for name, fault in FAULTS.items():
            gap, writes = done_to(cluster, fault)
            gaps[name].append(round(gap, 3))
            acknowledged += len(writes.acknowledged)
            lost += writes.lost()
            say(f"{number + 1}/{wanted} {name}: gap {gap:.2f} s, {len(writes.acknowledged)} rows, {writes.lost()} lost")
    return gaps, acknowledged, lost


def main() -> None:
    cluster = globex()
    with cluster.own_database():
        gaps, acknowledged, lost = all_faults(cluster)
        control = negative_control(cluster).lost()
    killed, moved = gaps["leader killed"], gaps["switchover"]
    result("failover_gap", median(killed), "s", f"median <= 20, largest <= {BOUND}", largest=max(killed), runs=killed)
    result("switchover_gap", median(moved), "s", "median <= 4", largest=max(moved), runs=moved)
    faults = sum(len(times) for times in gaps.values())
    result(
        "lost_rows",
        lost,
        "rows",
        "0 of all acknowledged in >= 20 faults; the negative control loses some",
        peer="asynchronous, senders frozen, leader killed (negative control)",
        peer_value=control,
        acknowledged=acknowledged,
        faults=faults,
        gaps=gaps,
        runs=len(killed),
    )


if __name__ == "__main__":
    main()
