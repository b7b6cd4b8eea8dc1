#!/usr/bin/env bash
# The cluster beside the local region: kubernetes.sh up | down.
#
# It is the one that KUBECONFIG names; KUBERNETES_IMAGES then names a file with the references by digest that it can pull
# ({"odoo": "registry/…@sha256:…", …}). Without KUBECONFIG it is the one of tests/kubernetes/cluster.sh, on this machine.
# Which one it was stands with the region's secrets, where the inventory local-kubernetes finds it.
set -euo pipefail
# shellcheck source=scripts/environment.sh
. "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
environment_defaults

SECRETS=$ROOT/inventories/local/.secrets/local
CLUSTER=$ROOT/tests/kubernetes/cluster.sh
# What role kubernetes_platform and tenants have outside of namespaces, or as namespaces.
KINDS=namespaces,priorityclasses,validatingadmissionpolicies,validatingadmissionpolicybindings,clusterroles,clusterrolebindings

# keep NAME: write standard input to a file of the region's secrets, in one step.
keep() {
    (umask 077; cat >"$SECRETS/.$1.next")
    mv "$SECRETS/.$1.next" "$SECRETS/$1"
}

up() {
    if [ -n "${KUBECONFIG:-}" ] && ! is_ours "$KUBECONFIG"; then
        take_given
    else
        "$CLUSTER" up
        "$CLUSTER" images "$SECRETS/images.json" >/dev/null
        keep kubernetes-images.json <"$("$CLUSTER" references)"
        keep kubeconfig <"$("$CLUSTER" kubeconfig)"
    fi
}

take_given() {
    command -v kubectl >/dev/null || fail "kubectl is needed to use the cluster of KUBECONFIG"
    [ -f "${KUBERNETES_IMAGES:-}" ] \
        || fail "KUBERNETES_IMAGES must name a file with the references by digest that the cluster of KUBECONFIG can pull"
    kubectl version >/dev/null || fail "the cluster of KUBECONFIG does not answer"
    keep kubernetes-images.json <"$KUBERNETES_IMAGES"
    # One file with everything in it: KUBECONFIG may name several, and files beside them.
    kubectl config view --raw --flatten --minify | keep kubeconfig
}

is_ours() { cmp -s "$1" "$("$CLUSTER" kubeconfig)"; }

# A cluster of ours goes whole; from another what carries the region's label goes.
down() {
    if [ -f "$SECRETS/kubeconfig" ] && ! is_ours "$SECRETS/kubeconfig"; then
        say "Removing what the region has in the cluster"
        kubectl --kubeconfig "$SECRETS/kubeconfig" delete "$KINDS" -l sysgenpro.odoo/region=local --ignore-not-found
        say "Traefik's CustomResourceDefinitions stay: others may use them."
    else
        say "Removing the cluster"
        "$CLUSTER" stop --purge
    fi
    rm -f "$SECRETS/kubeconfig" "$SECRETS/kubernetes-images.json"
}

case ${1:-} in
    up | down) "$1" ;;
    *) fail "kubernetes.sh up | down" ;;
esac
