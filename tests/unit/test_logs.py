"""Which lines of which containers."""

from __future__ import annotations

import typing as t

import pytest
from ansible_collections.sysgenpro.odoo.plugins.module_utils._converge.logs import Asked
from ansible_collections.sysgenpro.odoo.plugins.module_utils._support.errors import OdooError

LINES = ["1 INFO fine", "2 ERROR bad", "3 INFO ERRORS: none"]


@pytest.mark.parametrize(
    ("match", "expected"),
    [("", LINES), ("ERROR", LINES[1:]), (" ERROR ", LINES[1:2]), ("^3", LINES[2:]), ("nothing", [])],
)
def test_only_lines_that_match_are_shown(match: str, expected: list[str]) -> None:
    assert Asked(match=match).entry("web-1", "web", LINES) == {"name": "web-1", "workload": "web", "lines": expected}


@pytest.mark.parametrize(("workloads", "wanted"), [((), ["web", "cron"]), (("cron",), ["cron"]), (("queue",), [])])
def test_only_workloads_that_were_named(workloads: t.Sequence[str], wanted: list[str]) -> None:
    assert [name for name in ("web", "cron") if Asked(workloads=workloads).wants(name)] == wanted


def test_what_is_no_expression_is_refused() -> None:
    with pytest.raises(OdooError, match=r"match='\(': must be a regular expression"):
        Asked(match="(")
