"""The counts on the last line of ./test.sh."""

from __future__ import annotations

from typing import TYPE_CHECKING

from junit_counts import counts

if TYPE_CHECKING:
    from pathlib import Path

REPORT = '<testsuites><testsuite tests="{tests}" failures="{failures}" errors="0" skipped="{skipped}"/></testsuites>'


def report(directory: Path, name: str, *, tests: int, failures: int = 0, skipped: int = 0) -> None:
    (directory / name).write_text(REPORT.format(tests=tests, failures=failures, skipped=skipped))


def test_reports_are_summed_and_skipped_tests_left_out(tmp_path: Path) -> None:
    report(tmp_path, "a.xml", tests=10, failures=2, skipped=1)
    report(tmp_path, "b.xml", tests=5)
    assert counts(1, tmp_path) == (12, 2)


def test_a_stage_without_reports_counts_as_one(tmp_path: Path) -> None:
    assert counts(0, tmp_path) == (1, 0)
    assert counts(1, tmp_path) == (0, 1)


def test_a_crash_after_passing_tests_is_a_failure(tmp_path: Path) -> None:
    report(tmp_path, "a.xml", tests=10)
    assert counts(2, tmp_path) == (10, 1)
