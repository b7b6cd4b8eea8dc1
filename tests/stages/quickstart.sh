#!/usr/bin/env bash
# The local region from end to end: up, up again, seen from outside with other tools, changed, broken, down.
set -euo pipefail
cd "$ROOT"
# shellcheck source=scripts/environment.sh
. "$ROOT/scripts/environment.sh"
apt_install chromium libnss3-tools postgresql-client redis-tools curl iproute2 procps age minisign
./quickstart.sh down
tests=tests/integration
# The order is the story; a region that did not come up is not worth looking at.
pytest --maxfail=1 "$tests/test_quickstart.py" --junitxml="$STAGE_RESULTS/up.xml"
status=0
pytest "$tests"/test_{region,isolation,browser,recovery_point,restore,restore_beside,runbooks,awx,daytwo,schedule,moving,change,images}.py --junitxml="$STAGE_RESULTS/region.xml" || status=$?
# The faults that are quick and tell most; ./test.sh faults does all of them.
FAULTS_EVIDENCE=$STAGE_RESULTS/evidence pytest tests/faults -m ci --junitxml="$STAGE_RESULTS/faults.xml" || status=$?
pytest "$tests/test_power_loss.py" --junitxml="$STAGE_RESULTS/power_loss.xml" || status=$?
pytest "$tests/test_down.py" --junitxml="$STAGE_RESULTS/down.xml" || status=$?
exit "$status"
