# shellcheck shell=bash
# The tools' environment, sourced by quickstart.sh, test.sh and bench.sh.
#
# environment_prepare leaves a virtual environment with everything of
# requirements.txt first on PATH. It lies outside the tree, named after the
# hash of requirements.txt and the interpreter, so that a changed pin or another
# Python is another environment and an unchanged one is ready in no time.
#
# Package indexes and certificates are the machine's own: pip's configuration is
# read and handed to uv, nothing is written down here.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
UV_VERSION=0.13.9

say() { printf '%s\n' "$*"; }
warn() { printf '%s\n' "$*" >&2; }
fail() { warn "error: $*"; exit 1; }

# Environments of cron, CI and containers may lack what every tool here expects.
environment_defaults() {
    if [ -z "${HOME:-}" ] || [ ! -d "$HOME" ]; then
        HOME=$(getent passwd "$(id -u)" | cut -d: -f6)
        [ -d "$HOME" ] || HOME=/
        export HOME
    fi
    export LC_ALL=C.UTF-8 PYTHONUNBUFFERED=1 DEBIAN_FRONTEND=noninteractive
    unset PYTHONHOME PYTHONPATH VIRTUAL_ENV
    if [ -n "${XDG_CACHE_HOME:-}" ]; then
        CACHE=$XDG_CACHE_HOME/sysgenpro-odoo
    elif [ "$(id -u)" = 0 ]; then
        CACHE=/var/cache/sysgenpro-odoo
    else
        CACHE=$HOME/.cache/sysgenpro-odoo
    fi
    mkdir -p "$CACHE"
    export ROOT CACHE
}

# apt_install PACKAGE...: install the Debian packages that are missing.
apt_install() {
    local package missing=()
    for package in "$@"; do
        dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    [ "$(id -u)" = 0 ] || fail "these Debian packages are needed: ${missing[*]} (install them, or run as root)"
    say "Installing Debian packages: ${missing[*]}"
    local log=$CACHE/apt.log options=(-qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0)
    if ! { apt-get "${options[@]}" update && apt-get "${options[@]}" install -y --no-install-recommends "${missing[@]}"; } \
        >"$log" 2>&1 </dev/null; then
        tail -n 20 "$log" >&2
        fail "apt-get could not install ${missing[*]} (log: $log)"
    fi
}

# The newest interpreter that requirements.txt has a lane for; SYSGENPRO_ODOO_PYTHON names another.
find_python() {
    local version candidate
    if [ -n "${SYSGENPRO_ODOO_PYTHON:-}" ]; then
        printf '%s\n' "$SYSGENPRO_ODOO_PYTHON"
        return 0
    fi
    for version in 3.13 3.12 3.11; do
        for candidate in "/usr/bin/python$version" "/usr/local/bin/python$version" \
            "${PYENV_ROOT:-$HOME/.pyenv}/versions/$version".*/bin/"python$version"; do
            [ "$("$candidate" -c "$python_version" 2>/dev/null)" = "$version" ] || continue
            printf '%s\n' "$candidate"
            return 0
        done
    done
    return 1
}
python_version='import sys; print("%d.%d" % sys.version_info[:2])'

# pip_option NAME: what pip on this machine is told for NAME, from its environment or its files.
pip_option() {
    local variable=PIP_${1//-/_}
    variable=${variable^^}
    if [ -n "${!variable:-}" ]; then
        printf '%s\n' "${!variable}"
    else
        "$bootstrap/bin/python" -m pip config get "global.$1" 2>/dev/null || true
    fi
}

# Hand pip's configuration of this machine to uv, where uv has not been told otherwise.
uv_configuration() {
    local value
    value=$(pip_option index-url); [ -z "$value" ] || export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$value}"
    value=$(pip_option extra-index-url); [ -z "$value" ] || export UV_INDEX="${UV_INDEX:-$value}"
    value=$(pip_option find-links); [ ! -d "$value" ] || export UV_FIND_LINKS="${UV_FIND_LINKS:-$value}"
    value=$(pip_option trusted-host); [ -z "$value" ] || export UV_INSECURE_HOST="${UV_INSECURE_HOST:-$value}"
    value=$(pip_option cert); [ ! -f "$value" ] || export SSL_CERT_FILE="${SSL_CERT_FILE:-$value}"
    export UV_SYSTEM_CERTS=true UV_CACHE_DIR="$CACHE/uv" UV_PYTHON_DOWNLOADS=never
    export UV_HTTP_TIMEOUT="${UV_HTTP_TIMEOUT:-180}"
}

# bootstrap_uv PYTHON: uv in an environment of its own, made with the standard library's venv.
bootstrap_uv() {
    bootstrap=$CACHE/uv-$UV_VERSION-$environment_key
    [ -f "$bootstrap/.ready" ] && return 0
    rm -rf "$bootstrap"
    if ! "$1" -c 'import ensurepip, venv' 2>/dev/null; then
        apt_install "python$("$1" -c "$python_version")-venv"
    fi
    say "Installing uv $UV_VERSION"
    "$1" -m venv "$bootstrap" || fail "$1 cannot make a virtual environment"
    "$bootstrap/bin/python" -m pip install --quiet --disable-pip-version-check "uv==$UV_VERSION" </dev/null \
        || fail "pip could not install uv $UV_VERSION from this machine's package index"
    touch "$bootstrap/.ready"
}

# environment_install PYTHON: make $VENV; a marker tells a whole environment from a broken one.
environment_install() {
    local started=$SECONDS bootstrap
    apt_install ca-certificates
    bootstrap_uv "$1"
    uv_configuration
    say "Installing the Python packages of requirements.txt with $("$1" -V) (about a minute the first time)"
    rm -rf "$VENV"
    "$bootstrap/bin/uv" venv --quiet --python "$1" "$VENV" </dev/null || fail "uv could not make $VENV"
    nice "$bootstrap/bin/uv" pip install --quiet --python "$VENV/bin/python" -r "$ROOT/requirements.txt" </dev/null \
        || fail "uv could not install requirements.txt"
    touch "$VENV/.ready"
    say "Python environment ready in $((SECONDS - started)) s: $VENV"
}

# The interpreter, installing Debian's own where there is none.
choose_python() {
    find_python && return 0
    apt_install python3 >&2
    find_python || fail "Python 3.11 or later is needed; this machine's python3 is $(python3 -V 2>&1)"
}

environment_prepare() {
    environment_defaults
    local python
    python=$(choose_python) || exit 1
    environment_key=$({ cat "$ROOT/requirements.txt"; "$python" -VV; printf '%s\n' "$python"; } | sha256sum | cut -c1-12)
    VENV=$CACHE/venv-$environment_key
    if [ ! -f "$VENV/.ready" ]; then
        local lock
        exec {lock}>"$CACHE/environment.lock"
        flock -n "$lock" || { say "Waiting for another run that is preparing the environment"; flock "$lock"; }
        [ -f "$VENV/.ready" ] || environment_install "$python"
        exec {lock}>&-
    fi
    PATH=$VENV/bin:$PATH
    ANSIBLE_CONFIG=$ROOT/ansible.cfg
    ANSIBLE_HOME=$CACHE/ansible
    export PATH VENV ANSIBLE_CONFIG ANSIBLE_HOME
}
