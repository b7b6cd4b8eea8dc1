#!/usr/bin/env python3
"""Print "<passed> <failed>" for one stage: junit_counts.py EXIT_STATUS RESULTS_DIRECTORY.

JUnit files in the directory are summed; a stage without any counts as one. A stage that failed although no test
case did (a crash, an error while collecting) counts one failure more. A skipped test counts as neither.
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path


def counts(status: int, results: Path) -> tuple[int, int]:
    """Return the numbers of passed and failed tests of a stage that ended with this exit status."""
    passed = failed = 0
    for report in sorted(results.rglob("*.xml")):
        for suite in ElementTree.parse(report).getroot().iter("testsuite"):
            bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
            failed += bad
            passed += int(suite.get("tests", 0)) - bad - int(suite.get("skipped", 0))
    if status != 0 and failed == 0:
        failed = 1
    if status == 0 and passed == failed == 0:
        passed = 1
    return passed, failed


if __name__ == "__main__":
    print(*counts(int(sys.argv[1]), Path(sys.argv[2])))
