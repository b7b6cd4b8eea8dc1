#!/usr/bin/env bash
# Unit, property and documentation tests.
set -euo pipefail
cd "$ROOT"
nice pytest tests/unit --junitxml="$STAGE_RESULTS/junit.xml"
