#!/usr/bin/env bash
# Every fault of tests/faults, done to the running local region; their evidence is beside the log.
set -euo pipefail
cd "$ROOT"
# shellcheck source=scripts/environment.sh
. "$ROOT/scripts/environment.sh"
apt_install postgresql-client curl iptables iproute2 procps
# A region that stands is brought up to date, or a fault would be charged to what was left unfinished.
./quickstart.sh up
FAULTS_EVIDENCE=$STAGE_RESULTS/evidence pytest tests/faults --junitxml="$STAGE_RESULTS/junit.xml"
