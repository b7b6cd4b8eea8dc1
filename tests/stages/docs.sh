#!/usr/bin/env bash
# The documentation site: built without a warning, complete, and seen in a browser. Screenshots are left beside the log.
set -euo pipefail
cd "$ROOT"
# shellcheck source=scripts/environment.sh
. "$ROOT/scripts/environment.sh"
apt_install chromium
export SITE=$ROOT/.cache/site
antsibull-docs lint-collection-docs --plugin-docs --validate-collection-refs self \
    collections/ansible_collections/sysgenpro/odoo
nice scripts/site.sh "$SITE"
nice pytest tests/docs --junitxml="$STAGE_RESULTS/junit.xml"
