#!/usr/bin/env bash
# A real cluster of one node on this machine, for tests. See ./cluster.sh help.
# shellcheck disable=SC2329 # main calls the functions by the name of the command
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
# shellcheck source=scripts/environment.sh
. "$HERE/../../scripts/environment.sh"
environment_defaults
# shellcheck source=tests/kubernetes/settings.sh
. "$HERE/settings.sh"
for file in processes build certificates start stop addons images; do
    # shellcheck source=/dev/null
    . "$HERE/lib/$file.sh"
done

usage() {
    cat <<USAGE
Usage: tests/kubernetes/cluster.sh <command>

  up                  build what is missing, start the node, apply the add-ons
  build [part…]       build: ${ALL_PARTS[*]}
  start               start the node; what runs is left alone
  addons              apply CoreDNS, local-path storage and metrics-server
  images FILE         copy the images that the state file of a Docker region names into the cluster's registry
  platform [option…]  prepare it for tenants with playbook kubernetes: Traefik and all the rest (needs \`images\`)
  status              what runs
  leftovers           what the cluster has on the machine beside its files; nothing after stop
  stop [--purge]      stop everything; --purge removes the cluster's data too, what was built stays
  kubeconfig          print the path of the administrator's kubeconfig
  references          print the path of the file in which \`images\` wrote the references by digest
  tools               print the directory of kubectl
  kubectl ARGUMENT…   kubectl of the cluster's version, as its administrator

The node runs beside a Docker region and takes from the machine: pods $CLUSTER_CIDR, services $SERVICE_CIDR, ports
$API_PORT, $ETCD_PORT, $ETCD_PEER_PORT, ${REGISTRY_ADDRESS#*:} and those of the kubelet.
USAGE
}

kubectl() { "$(part kubernetes)/kubectl" --kubeconfig "$ADMIN_KUBECONFIG" "$@"; }

status() {
    local name
    for name in etcd registry containerd kube-apiserver kube-controller-manager kube-scheduler kubelet cilium kube-proxy; do
        if running "$name"; then say "$name runs"; else say "$name does not run"; fi
    done
    ! running kube-apiserver || kubectl get pods -A -o wide
}

# The inventory beside that of the local region, whose authority and secrets it shares.
platform() {
    environment_prepare
    [ -s "$STATE/images.json" ] || fail "there are no images yet; copy them with: cluster.sh images FILE"
    K8S_AUTH_KUBECONFIG=$ADMIN_KUBECONFIG ansible-playbook -i "$ROOT/inventories/catalogue" -i "$ROOT/inventories/local-kubernetes" \
        -e "kubernetes_images_file=$STATE/images.json" "$ROOT/playbooks/kubernetes.yml" "$@" </dev/null
}

# One command at a time changes the node.
alone() {
    [ "$(id -u)" = 0 ] || fail "the cluster's node needs root"
    mkdir -p "$CACHE/kubernetes"
    exec 9>"$CACHE/kubernetes/lock"
    flock -n 9 || { say "Waiting for another command of the cluster"; flock 9; }
    NODE_ADDRESS=$(node_address)
    export NODE_ADDRESS
}

up() {
    local started=$SECONDS
    build
    start
    addons
    say "The cluster is up after $((SECONDS - started)) s: export KUBECONFIG=$ADMIN_KUBECONFIG"
}

main() {
    local command=${1:-help}
    shift || true
    case $command in
        up | build | start | addons | images | stop) alone; "$command" "$@" ;;
        platform | status | leftovers | kubectl) "$command" "$@" ;;
        kubeconfig) say "$ADMIN_KUBECONFIG" ;;
        references) say "$STATE/images.json" ;;
        tools) part kubernetes ;;
        help | -h | --help) usage ;;
        *) usage >&2; exit 2 ;;
    esac
}

# In one line: the file may be changed while it runs.
main "$@"; exit
