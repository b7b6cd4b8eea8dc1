#!/usr/bin/env bash
# ansible-test sanity. It wants a folder named ansible_collections/<namespace>/<name> that no .gitignore hides and
# environments of its own: both lie in the cache, one set per tree and interpreter.
set -euo pipefail
cd "$ROOT"
work=$CACHE/sanity-$(printf '%s %s' "$ROOT" "$VENV" | sha256sum | cut -c1-12)
unset ANSIBLE_CONFIG ANSIBLE_HOME

# ansible-test keeps its environments in the home directory; pip's configuration there stays in force.
for file in "${XDG_CONFIG_HOME:-$HOME/.config}/pip/pip.conf" "$HOME/.pip/pip.conf"; do
    [ ! -f "$file" ] || export PIP_CONFIG_FILE="${PIP_CONFIG_FILE:-$file}"
done
export HOME=$work/home

# It downloads get-pip.py from the internet unless its cache holds the version it wants: ours installs pip from the
# package index this machine is configured for.
pins=$(python -c 'import ansible_test, pathlib; print(pathlib.Path(ansible_test.__path__[0], "_internal/python_requirements.py"))')
mkdir -p "$HOME/.ansible/test/cache"
grep -oE "\bpip='[0-9.]+'" "$pins" | cut -d"'" -f2 | while read -r version; do
    cp tests/sanity/get_pip.py "$HOME/.ansible/test/cache/get_pip_${version//./_}.py"
done

python tests/lib/collection.py "$work"
cd "$work/ansible_collections/sysgenpro/odoo"
nice ansible-test sanity --color no --python "$(python -c 'import sys; print("%d.%d" % sys.version_info[:2])')" --junit
find tests/output/junit -name '*.xml' -exec cp {} "$STAGE_RESULTS/" \; 2>/dev/null || true
