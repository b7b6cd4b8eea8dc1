#!/usr/bin/env bash
# A cluster beside the local region, prepared for tenants by playbook kubernetes. KUBECONFIG names another one; KUBERNETES_IMAGES
# then names a file with references by digest that it can pull ({"traefik": …, "redis": …, "pgbouncer": …, "postgresql": …}),
# and KUBERNETES_INVENTORY an inventory that approves their registry; its node ports must answer on this machine.
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

: "${KUBERNETES_IMAGES:?names the file with the references by digest, as KUBECONFIG names a cluster}"

prepare() {
    K8S_AUTH_KUBECONFIG=$KUBECONFIG ansible-playbook -i inventories/catalogue -i "${KUBERNETES_INVENTORY:-inventories/local-kubernetes}" \
        -e "kubernetes_images_file=$KUBERNETES_IMAGES" playbooks/kubernetes.yml "$@" </dev/null
}
prepare
# The second run of the same changes nothing.
prepare --diff | tee "$STAGE_RESULTS/second-run"
grep -E '^k8s1 +: .* changed=0 +unreachable=0 +failed=0 ' "$STAGE_RESULTS/second-run"

pytest tests/kubernetes --junitxml="$STAGE_RESULTS/junit.xml"
