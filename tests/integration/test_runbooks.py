"""The runbooks of restore and drill, followed word for word."""

from __future__ import annotations

import typing as t

import pytest
from runbook import commands, script

from .conftest import ROOT, Tenant, run

if t.TYPE_CHECKING:
    from pathlib import Path

OPERATIONS = ROOT / "docs/operations"


@pytest.mark.parametrize(
    ("runbook", "heading"),
    [("restore.md", "One tenant"), ("restore.md", "Files only"), ("drills.md", "Recovery drills")],
)
def test_a_runbook_does_what_it_says(staging: Tenant, runbook: str, heading: str) -> None:
    text = script(OPERATIONS / runbook, heading)
    if heading == "Files only":  # it goes on in the shell of the section before
        text = "\n".join(
            [
                "set -euo pipefail",
                commands(OPERATIONS / runbook, "One tenant")[0],
                *commands(OPERATIONS / runbook, heading),
            ]
        )
    done = run("bash", "-c", text, timeout=900, cwd=ROOT)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-1000:]
    assert staging.curl("/web/login") == 200


def test_a_command_that_fails_would_be_seen(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# Page\n\n## Work\n\n```sh\nfalse | cat\necho reached\n```\n\n## Other\n\n```sh\ntrue\n```\n")
    done = run("bash", "-c", script(page, "Work"))
    assert done.returncode != 0
    assert "reached" not in done.stdout
    assert commands(page, "Other") == ["true"]
