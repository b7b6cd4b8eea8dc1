"""The runbook of PostgreSQL, followed word for word."""

from __future__ import annotations

import subprocess

import postgresql_faults as faults
from fault_evidence import record
from local_region import ROOT
from runbook import commands

RUNBOOK = ROOT / "docs/operations/postgresql.md"


def follow(*headings: str) -> str:
    """What the commands of these sections print, run one after the other in one shell."""
    lines = [line for heading in headings for line in commands(RUNBOOK, heading)]
    done = subprocess.run(
        ["bash", "-c", "\n".join(["set -euo pipefail", *lines])],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    return done.stdout


def test_a_switchover_moves_the_lead_and_loses_nothing() -> None:
    cluster = faults.globex()
    with cluster.own_database():
        before, said = cluster.leader().name, []
        gap, writes = faults.done_to(cluster, lambda _cluster: said.append(follow("Before you begin", "Switchover")))
        after, lost = cluster.leader().name, writes.lost()
    record("postgresql-runbook-switchover", gap=round(gap, 3), lost=lost, before=before, after=after)
    assert after != before
    assert f"{after} leads local-globex, condition healthy, without a primary for" in " ".join(said[0].split())
    assert lost == 0
    assert gap <= faults.BOUND


def test_a_restart_of_nothing_changes_nothing() -> None:
    before = faults.globex().leader()
    said = " ".join(follow("Before you begin", "Restart").split())
    assert f"Nothing waits for a restart. {before.name} leads local-globex, condition healthy." in said
    assert faults.globex().leader().started == before.started
