# shellcheck shell=bash
# What a cluster usually has beside Kubernetes: names, volumes, metrics. Applied anew, it changes nothing.
# Traefik comes with the role kubernetes_platform.

addons() {
    local addon work=$STATE/addons
    export COREDNS_IMAGE BUSYBOX_IMAGE
    export LOCAL_PATH_REPOSITORY LOCAL_PATH_TAG METRICS_SERVER_REPOSITORY METRICS_SERVER_TAG
    COREDNS_IMAGE=$(image_reference coredns)
    BUSYBOX_IMAGE=$(image_reference busybox)
    IFS=: read -r LOCAL_PATH_REPOSITORY LOCAL_PATH_TAG < <(image_reference local-path-provisioner; echo)
    IFS=: read -r METRICS_SERVER_REPOSITORY METRICS_SERVER_TAG < <(image_reference metrics-server; echo)
    rm -rf "$work"
    mkdir -p "$work"/{local-path,metrics-server}
    cp "$(part local_path)"/*.yaml "$work/local-path"
    cp "$(part metrics_server)"/manifests/*.yaml "$work/metrics-server"
    for addon in local-path metrics-server; do
        fill "$HERE/addons/$addon.yml" >"$work/$addon/kustomization.yaml"
        kubectl kustomize "$work/$addon" | apply
    done
    fill "$HERE/addons/coredns.yml" | apply
    for addon in kube-system/coredns local-path-storage/local-path-provisioner kube-system/metrics-server; do
        kubectl -n "${addon%/*}" rollout status "deployment/${addon#*/}" --timeout=180s
    done
    expect 60 "metrics" kubectl get --raw /apis/metrics.k8s.io/v1beta1/nodes
}

apply() { kubectl apply --server-side --force-conflicts --field-manager=test-cluster -f - >/dev/null; }
