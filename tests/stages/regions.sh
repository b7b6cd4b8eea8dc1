#!/usr/bin/env bash
# An example region as its inventory says, on machines of its own that are containers with systemd and Docker inside.
set -euo pipefail
cd "$ROOT"
# shellcheck source=scripts/environment.sh
. "$ROOT/scripts/environment.sh"
apt_install curl
nice pytest tests/regions --junitxml="$STAGE_RESULTS/junit.xml"
