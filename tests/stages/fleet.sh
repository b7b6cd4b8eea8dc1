#!/usr/bin/env bash
# Whole inventories: ten thousand broken tenants, broken inventories, and a fleet on two Docker hosts of its own.
# PostgreSQL, Redis and Traefik come from the images of the local region, which is brought up, or up to date.
set -euo pipefail
cd "$ROOT"
# shellcheck source=scripts/environment.sh
. "$ROOT/scripts/environment.sh"
apt_install busybox-static iproute2 openssh-client openssl util-linux
./quickstart.sh up
BROKEN_TENANTS=10000 nice pytest tests/unit/test_broken_tenants.py tests/fleet --junitxml="$STAGE_RESULTS/junit.xml"
