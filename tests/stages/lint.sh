#!/usr/bin/env bash
# Every linter runs, also after an earlier one found something.
# shellcheck disable=SC2329 # the functions below are called through check
set -uo pipefail
cd "$ROOT" || exit 1
failures=0

check() {
    local title=$1
    shift
    printf -- '--- %s\n' "$title"
    "$@" || { printf '%s found something (exit %s)\n' "$title" "$?"; failures=$((failures + 1)); }
}

shell_files() {
    git ls-files -z -co --exclude-standard | while IFS= read -r -d '' file; do
        [ -f "$file" ] && [ ! -L "$file" ] || continue
        case $file in
            *.sh) printf '%s\0' "$file" ;;
            *.*) ;;
            *) head -n 1 "$file" | grep -aqE '^#!.*\b(ba|da)?sh\b' && printf '%s\0' "$file" ;;
        esac
    done
}

shell_check() { shell_files | xargs -0 -r shellcheck --external-sources --source-path="$ROOT"; }
changelog() { cd collections/ansible_collections/sysgenpro/odoo && antsibull-changelog lint; }

check "ruff" ruff check --cache-dir .cache/ruff .
check "ruff format" ruff format --check --cache-dir .cache/ruff .
check "yamllint" yamllint --strict .
check "shellcheck" shell_check
check "antsibull-changelog" changelog
check "ansible-lint" env ANSIBLE_HOME="$ROOT/.cache/ansible" nice ansible-lint --offline --strict

exit "$((failures > 0))"
