# shellcheck shell=sh
# Shell functions of the builder stages. A builder stage installs what an image
# needs with the mirror, the certificates and the package index of the host that
# builds, then collects the files it added or changed under /delta. The final
# stage copies /delta alone, so that nothing of the host gets into an image.
#
#   RUN . /build/functions.sh; begin; apt_install NAME...; collect
#
# Commands are separated by semicolons: in a list of && the shell would not stop at a
# command that fails inside a function.

set -eu
export DEBIAN_FRONTEND=noninteractive

# Everything changed from here on belongs to the image.
begin() {
    trust_host
    touch /build/.begin
    # File times have the resolution of the kernel's clock tick.
    sleep 0.05
}

# For a mirror or a package index behind the host's own authority.
trust_host() {
    for certificate in /build/ca/*.crt; do
        [ -f "$certificate" ] || return 0
        cp "$certificate" /usr/local/share/ca-certificates/
    done
    update-ca-certificates >/dev/null 2>&1
}

# The packages named, and only those, come from sid: apt_from_sid NAME...
apt_from_sid() {
    cp /build/sid.list /etc/apt/sources.list.d/sid.list
    {
        printf 'Package: *\nPin: release n=sid\nPin-Priority: -10\n'
        printf '\nPackage: %s\nPin: release n=sid\nPin-Priority: 990\n' "$@"
    } > /etc/apt/preferences.d/sid
}

apt_update() {
    cp /build/apt.conf /etc/apt/apt.conf.d/zz-build
    cp /build/sources.list /etc/apt/sources.list
    apt-get -q update
}

apt_install() {
    apt_update
    apt-get -q install -y --no-install-recommends "$@"
    apt_clean
}

# Leaves no trace of the mirror, and no key that all containers would share.
apt_clean() {
    rm -f /etc/apt/apt.conf.d/zz-build
    : > /etc/apt/sources.list
    rm -rf /etc/apt/sources.list.d/* /etc/apt/preferences.d/* /var/lib/apt/lists/* \
        /var/cache/apt/* /var/log/* /var/cache/debconf/*-old /var/cache/ldconfig/* \
        /etc/ssl/private/*.key
}

# pip with the index of the host's own pip; needs trust_host and apt_install python3-pip.
pip_with_host_options() {
    command=$1
    shift
    PIP_CONFIG_FILE=/build/pip.conf PIP_CERT=/etc/ssl/certs/ca-certificates.crt \
        PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1 \
        python3 -m pip "$command" "$@"
}

# The service's user, with the same numbers in every image and on every host.
add_user() {
    groupadd --gid "$2" "$1"
    useradd --uid "$2" --gid "$2" --home-dir "$3" --no-create-home --shell /usr/sbin/nologin "$1"
}

# Copies what changed since begin to /delta: the directories with their owners and
# modes, then everything else as hard links, so that no file is written twice.
collect() {
    mkdir /delta
    cd /
    changed -type d > /build/.directories
    changed ! -type d > /build/.files
    tar --null --no-recursion -T /build/.directories -cf /build/.directories.tar
    tar -C /delta -xpf /build/.directories.tar
    xargs -0 -a /build/.files cp -d --link --parents --preserve=all -t /delta
}

changed() {
    find . -xdev \
        \( -path ./build -o -path ./delta -o -path ./dev -o -path ./proc -o -path ./sys \
        -o -path ./run -o -path ./tmp -o -path ./root -o -path ./etc/hostname \
        -o -path ./etc/hosts -o -path ./etc/resolv.conf -o -path './etc/*-' \
        -o -path './var/lib/dpkg/*-old' -o -path ./etc/ssl/certs \) -prune \
        -o ! -path . -cnewer /build/.begin "$@" -print0
}
