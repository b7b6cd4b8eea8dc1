#!/usr/bin/env bash
# A cluster beside the local region with tenants of its own, as ./quickstart.sh kubernetes makes them. KUBECONFIG names another one;
# KUBERNETES_IMAGES then names a file with references by digest that it can pull, and its node ports must answer on this machine.
set -euo pipefail
cd "$ROOT"
# shellcheck source=scripts/environment.sh
. "$ROOT/scripts/environment.sh"
apt_install chromium libnss3-tools postgresql-client redis-tools curl openssl procps skopeo jq

cluster=$ROOT/tests/kubernetes/cluster.sh
secrets=$ROOT/inventories/local/.secrets/local
given=${KUBECONFIG:-}
./quickstart.sh kubernetes
if [ -z "$given" ]; then
    PATH=$("$cluster" tools):$PATH
    export PATH
    # It goes away whole and comes back as it was, with its tenants.
    "$cluster" stop
    "$cluster" start
fi
export KUBECONFIG=$secrets/kubeconfig KUBERNETES_IMAGES=$secrets/kubernetes-images.json
kubectl wait deployments --all --all-namespaces --for=condition=Available --timeout=300s

# The second run of the same changes nothing.
./quickstart.sh kubernetes
./quickstart.sh kubernetes status --json >"$STAGE_RESULTS/status.json"
jq -e '[.recap[].changed] | length > 0 and add == 0' "$STAGE_RESULTS/status.json"

status=0
pytest tests/kubernetes --ignore=tests/kubernetes/test_down.py --junitxml="$STAGE_RESULTS/junit.xml" || status=$?
pytest tests/kubernetes/test_down.py --junitxml="$STAGE_RESULTS/down.xml" || status=$?
exit "$status"
