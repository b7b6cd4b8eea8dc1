"""Whether a drill is good enough, and what people read of it."""

from __future__ import annotations

import html
import typing as t

import pytest
from ansible_collections.sysgenpro.odoo.plugins.module_utils._render import drill

from . import factories

MANIFEST = {
    "time": "2026-01-31T12:00:00Z",
    "exact": True,
    "database": {"lsn": "0/5000148", "timeline": 1, "bytes": 7},
    "attachments": {"count": 3},
    "release": {"image": factories.IMAGE, "image_id": "sha256:1", "digest": "d"},
}
FILES = {"ok": True, "mode": "deep", "attachments": 3, "named_by_manifest": 3, "read": 3, "seconds": 1.5}
TRIAL = {
    "checks": {"milliseconds": {"login": 5, "order": 9}, "found": {"stored": True, "order": "S00007"}},
    "seconds": {"held": 1.0, "serving": 5.0, "used": 8.0},
}


def facts(**changes: t.Any) -> dict[str, t.Any]:
    """A drill in which everything was as it should be."""
    given: dict[str, t.Any] = {
        "started": 1769860900.0,
        "finished": 1769860960.0,
        "used": 1769860930.0,
        "repository": {"number": 1, "host": "192.0.2.8", "bucket": "backups"},
        "reference": "recovery-points/acme/1",
        "chosen": "newest",
        "manifest": MANIFEST,
        "archiver": {"behind": 4096, "since_success": 12.0},
        "restored": {"seconds": {"fetch": 4.0, "recover": 6.0}},
        "amcheck": {"ok": True, "text": ""},
        "amcheck_seconds": 2.0,
        "files": FILES,
        "trial": TRIAL,
        "cleaned": True,
        "failure": None,
    }
    return {**given, **changes}


def test_a_drill_that_met_everything_passed() -> None:
    made = drill.report(factories.tenant(), facts())
    assert made["verdict"] == "passed"
    assert made["findings"] == []
    assert [(item["seconds"], item["met"]) for item in made["objectives"]] == [(12.0, True), (30.0, True)]
    assert made["point"]["age_seconds"] == 100
    assert [stage["seconds"] for stage in made["stages"]] == [4.0, 6.0, 1.0, 4.0, 3.0, 2.0, 1.5]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"failure": {"task": "Restored cluster", "message": "no backup"}}, "Restored cluster: no backup"),
        ({"amcheck": {"ok": False, "text": "heap of res_partner"}}, "heap of res_partner"),
        (
            {
                "files": {
                    **FILES,
                    "ok": False,
                    "findings": {
                        "counts": {"missing": 1},
                        "first": {"missing": [{"key": "ab/cd/file", "detail": "no version 7"}]},
                    },
                }
            },
            "1 missing: ab/cd/file (no version 7)",
        ),
        ({"cleaned": False}, "could not be removed"),
        ({"used": 1769860900.0 + 99999}, "Recovery time (RTO) took 99999 s, the objective is 14400 s"),
        ({"archiver": {"behind": 4096, "since_success": 901.0}}, "Recovery point (RPO) took 901 s"),
        ({"trial": None}, "not tried: use"),
        ({"trial": None, "trial_failure": "login: refused"}, "Odoo in use: login: refused"),
        ({"files": None, "amcheck": None}, "not tried: database, files"),
    ],
)
def test_what_is_wrong_is_a_finding(changes: dict[str, t.Any], told: str) -> None:
    made = drill.report(factories.tenant(), facts(**changes))
    assert made["verdict"] == "failed"
    assert any(told in finding for finding in made["findings"]), made["findings"]
    assert html.escape(told) in drill.page(made)


def test_an_archive_that_has_everything_loses_nothing_however_old_it_is() -> None:
    made = drill.report(factories.tenant(), facts(archiver={"behind": 40, "since_success": 5000.0}))
    assert made["objectives"][0] == {"name": "Recovery point (RPO)", "seconds": 0.0, "objective": 900, "met": True}


def test_a_drill_that_failed_at_once_is_reported() -> None:
    nothing = dict.fromkeys(
        ("used", "manifest", "archiver", "restored", "amcheck", "amcheck_seconds", "files", "trial")
    )
    made = drill.report(factories.tenant(), facts(**nothing, failure={"task": "List", "message": "refused"}))
    assert made["findings"] == ["List: refused"]
    assert "not measured" in drill.page(made)


def test_what_came_from_outside_cannot_write_into_the_page() -> None:
    made = drill.report(factories.tenant(), facts(failure={"task": "<script>", "message": "</html>"}))
    page = drill.page(made)
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
