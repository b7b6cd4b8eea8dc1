#!/usr/bin/env bash
# Recovery drills of the running local region, from both repositories, good ones and one that must find something.
set -euo pipefail
cd "$ROOT"
# shellcheck source=scripts/environment.sh
. "$ROOT/scripts/environment.sh"
apt_install postgresql-client curl procps age minisign
./quickstart.sh up
pytest tests/integration/test_restore.py tests/integration/test_runbooks.py -k drill --junitxml="$STAGE_RESULTS/junit.xml"
