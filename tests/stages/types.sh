#!/usr/bin/env bash
# Full types in the collection, the tests and the scripts.
set -uo pipefail
cd "$ROOT" || exit 1
status=0

# The plugins are checked as the package they are; add-ons run inside Odoo and are checked by its tests.
nice mypy --cache-dir .cache/mypy -p ansible_collections.sysgenpro.odoo.plugins || status=1

# The programs of the image recovery are a package of their own.
programs=collections/ansible_collections/sysgenpro/odoo/roles/images/files/recovery
MYPYPATH=$programs nice mypy --cache-dir .cache/mypy -p recovery || status=1

# Scripts find each other beside themselves, as Python does when it runs them.
readarray -d '' -t files < <(git ls-files -z -co --exclude-standard -- 'scripts/*.py' 'tests/*.py' 'benchmarks/*.py')
MYPYPATH=scripts:tests/lib:benchmarks/lib:benchmarks/recovery:collections:$programs nice mypy --cache-dir .cache/mypy "${files[@]}" || status=1
exit "$status"
