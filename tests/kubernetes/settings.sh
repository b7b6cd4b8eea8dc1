# shellcheck shell=bash disable=SC2034
# Versions, addresses and places of the test cluster; sourced by cluster.sh.

KUBERNETES_VERSION=v1.34.4 # the last series that runs on cgroup v1 without a warning at every start
LOCAL_PATH_VERSION=v0.0.30
METRICS_SERVER_VERSION=v0.9.0
CILIUM_VERSION=v1.15.19 # the newest that builds from the Go modules of its own repository

# Away from what the regions of this repository use: 10.212.0.0/15, 172.30.0.0/16, 172.31.0.0/16 and their ports.
export NODE=node1
export CLUSTER_CIDR=10.244.0.0/16 POD_CIDR=10.244.0.0/24
export SERVICE_CIDR=10.96.0.0/16 API_SERVICE=10.96.0.1 DNS_SERVICE=10.96.0.10
export API_PORT=16443 ETCD_PORT=12379 ETCD_PEER_PORT=12380
# The name by which pods pull; the node resolves it to the registry beside it.
export REGISTRY=registry.cluster.internal REGISTRY_ADDRESS=127.0.0.1:15000

# Parts outlive the cluster; STATE is what `stop --purge` removes.
PARTS=$CACHE/kubernetes/parts
export STATE=$CACHE/kubernetes/node
export PKI=$STATE/pki
export ADMIN_KUBECONFIG=$STATE/kubeconfig/admin
export CONTAINERD_SOCKET=$STATE/containerd/containerd.sock

# The address of the default route, or else the first that is not of this machine alone.
node_address() {
    local route
    route=$(ip -4 -o route get 192.0.2.1 2>/dev/null | sed -n 's/.* src \([0-9.]*\).*/\1/p')
    [ -n "$route" ] || route=$(ip -4 -o addr show scope global | sed -n '1s/.* inet \([0-9.]*\).*/\1/p')
    [ -n "$route" ] || fail "this machine has no IPv4 address beside loopback"
    printf '%s\n' "$route"
}

# Ports of a Docker region's mail, HAProxy, Redis, PgBouncer and object storage that pods may reach, and the mark of the rule.
REGION_PORTS=1025,5500:5599,6379:6399,6432:6463,8333:8349
FIREWALL_COMMENT=sysgenpro-test-cluster
