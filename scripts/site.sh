#!/usr/bin/env bash
# The documentation site: a page for each module, role, plugin and playbook, made of what is said in them.
#   scripts/site.sh [directory]     html/index.html appears there; .cache/site unless another is given
set -euo pipefail
# shellcheck source=scripts/environment.sh
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
environment_prepare
cd "$ROOT"
site=${1:-$ROOT/.cache/site}
rst=$site/rst
rm -rf "$site"
mkdir -p "$rst/collections"
cp -r docs/site/{conf.py,index.rst,static} "$rst"
export ANSIBLE_COLLECTIONS_PATH=$ROOT/collections
antsibull-docs --config-file docs/site/antsibull-docs.cfg collection --use-current --squash-hierarchy --cleanup everything \
    --dest-dir "$rst/collections" sysgenpro.odoo
python scripts/playbook_reference.py "$rst/playbooks"
# A warning is a page that says something wrong: a reference to nothing, a heading that is none.
sphinx-build --builder html --fail-on-warning --keep-going --quiet --jobs 2 -d "$site/doctrees" "$rst" "$site/html"
say "The site is in $site/html/index.html"
