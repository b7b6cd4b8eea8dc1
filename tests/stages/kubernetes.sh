#!/usr/bin/env bash
# A cluster beside the local region, prepared for tenants by playbook kubernetes. KUBECONFIG names another one; KUBERNETES_IMAGES
# then names the file with the references by digest that it can pull, and its inventory says which registries are approved.
set -euo pipefail
cd "$ROOT"
# shellcheck source=scripts/environment.sh
. "$ROOT/scripts/environment.sh"
apt_install postgresql-client curl openssl procps

cluster=$ROOT/tests/kubernetes/cluster.sh
./quickstart.sh up
if [ -z "${KUBECONFIG:-}" ]; then
    "$cluster" up
    "$cluster" images "$ROOT/inventories/local/.secrets/local/images.json"
    PATH=$("$cluster" tools):$PATH
    KUBECONFIG=$("$cluster" kubeconfig)
    KUBERNETES_IMAGES=$("$cluster" references)
    export PATH KUBECONFIG KUBERNETES_IMAGES
    # It goes away whole and comes back as it was.
    "$cluster" stop
    "$cluster" start
fi

prepare() {
    K8S_AUTH_KUBECONFIG=$KUBECONFIG ansible-playbook -i inventories/catalogue -i inventories/local-kubernetes \
        -e "kubernetes_images_file=$KUBERNETES_IMAGES" playbooks/kubernetes.yml "$@" </dev/null
}
prepare
# The second run of the same changes nothing.
prepare --diff | tee "$STAGE_RESULTS/second-run"
grep -E '^k8s1 +: .* changed=0 +unreachable=0 +failed=0 ' "$STAGE_RESULTS/second-run"

pytest tests/kubernetes --junitxml="$STAGE_RESULTS/junit.xml"
