# shellcheck shell=bash
# What a cluster usually has beside Kubernetes: names, volumes, metrics, a proxy with its CRDs. Applied anew, it changes nothing.

addons() {
    local addon traefik work=$STATE/addons
    export COREDNS_IMAGE TRAEFIK_IMAGE BUSYBOX_IMAGE
    export LOCAL_PATH_REPOSITORY LOCAL_PATH_TAG METRICS_SERVER_REPOSITORY METRICS_SERVER_TAG
    COREDNS_IMAGE=$(image_reference coredns)
    TRAEFIK_IMAGE=$(image_reference traefik)
    BUSYBOX_IMAGE=$(image_reference busybox)
    IFS=: read -r LOCAL_PATH_REPOSITORY LOCAL_PATH_TAG < <(image_reference local-path-provisioner; echo)
    IFS=: read -r METRICS_SERVER_REPOSITORY METRICS_SERVER_TAG < <(image_reference metrics-server; echo)
    traefik=$(part traefik)
    rm -rf "$work"
    mkdir -p "$work"/{local-path,metrics-server}
    cp "$(part local_path)"/*.yaml "$work/local-path"
    cp "$(part metrics_server)"/manifests/*.yaml "$work/metrics-server"
    for addon in local-path metrics-server; do
        fill "$HERE/addons/$addon.yml" >"$work/$addon/kustomization.yaml"
        kubectl kustomize "$work/$addon" | apply
    done
    for addon in coredns traefik; do fill "$HERE/addons/$addon.yml" | apply; done
    apply <"$traefik/crds.yml"
    sed 's/namespace: default/namespace: traefik/' "$traefik/rbac.yml" | apply
    for addon in kube-system/coredns local-path-storage/local-path-provisioner kube-system/metrics-server traefik/traefik; do
        kubectl -n "${addon%/*}" rollout status "deployment/${addon#*/}" --timeout=180s
    done
    expect 60 "metrics are served" kubectl get --raw /apis/metrics.k8s.io/v1beta1/nodes
}

apply() { kubectl apply --server-side --force-conflicts --field-manager=test-cluster -f - >/dev/null; }
