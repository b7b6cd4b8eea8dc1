#!/usr/bin/env bash
# The collection as Galaxy serves it, and the context of an execution environment that runs it.
set -euo pipefail
cd "$ROOT"
nice pytest tests/galaxy --junitxml="$STAGE_RESULTS/junit.xml"
