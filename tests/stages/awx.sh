#!/usr/bin/env bash
# AWX as code: the definition applied with awx.awx, and every job template run by ansible-runner in AWX's project layout.
set -euo pipefail
cd "$ROOT"
# shellcheck source=scripts/environment.sh
. "$ROOT/scripts/environment.sh"
environment_prepare

# The newest ansible package that brings awx.awx; the other lane of requirements.txt runs it.
package=12.3.0
AWX_COLLECTIONS=$CACHE/awx-collection-$package
if [ ! -f "$AWX_COLLECTIONS/.ready" ]; then
    bootstrap_uv "$(choose_python)"
    rm -rf "$AWX_COLLECTIONS"
    mkdir -p "$AWX_COLLECTIONS"
    "$bootstrap/bin/python" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary :all: \
        --dest "$AWX_COLLECTIONS" "ansible==$package" </dev/null
    python tests/lib/wheel_part.py "$AWX_COLLECTIONS" ansible_collections/awx
    touch "$AWX_COLLECTIONS/.ready"
fi
export AWX_COLLECTIONS
nice pytest tests/awx --junitxml="$STAGE_RESULTS/junit.xml"
