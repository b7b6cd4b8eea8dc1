# shellcheck shell=bash
# Start the node: etcd, containerd, a registry, the five components of Kubernetes, Cilium's agent. What runs is left alone.

start() {
    local kubernetes cilium
    kubernetes=$(part kubernetes)
    cilium=$(part cilium)
    prepare_node
    start_storage
    start_control_plane
    start_node
}

prepare_node() {
    mkdir -p "$STATE"/{log,processes,imported,registry,kubelet,cni/bin,bpf,cilium,etc/cni,etc/cilium,"etc/registries/$REGISTRY"}
    make_certificates
    remember_kernel
    mount_controllers
    ln -sf /usr/lib/cni/* "$cilium/cilium-cni" "$STATE/cni/bin/"
    write_configuration
    admit_pods
}

# What the kubelet and kube-proxy set in the kernel, as it was before; `stop` puts it back.
remember_kernel() {
    local name
    [ -s "$STATE/kernel" ] && return 0
    for name in vm/overcommit_memory kernel/panic kernel/panic_on_oops net/ipv4/conf/all/route_localnet \
        net/ipv4/conf/all/rp_filter; do
        printf '%s %s\n' "$name" "$(cat "/proc/sys/$name")"
    done >"$STATE/kernel"
    # Docker has it on as well, and may have come later: it stays on.
    echo 1 >/proc/sys/net/ipv4/ip_forward
}

# With control groups of version 1 the kubelet wants each of these; containers' machines mount only some. And containerd has no
# figures of any container where a hierarchy exists that nobody has mounted, as others leave them behind.
mount_controllers() {
    local name
    [ "$(stat -f -c %T /sys/fs/cgroup)" != cgroup2fs ] || return 0
    for name in cpu cpuacct cpuset memory devices pids freezer blkio; do
        mountpoint -q "/sys/fs/cgroup/$name" && continue
        mkdir -p "/sys/fs/cgroup/$name"
        mount -t cgroup -o "$name" cgroup "/sys/fs/cgroup/$name"
        printf '%s\n' "$name" >>"$STATE/controllers"
    done
    while IFS=: read -r _ name _; do
        [[ $name != "" && $name != name=* ]] || continue
        awk -v name=",$name," '$3 == "cgroup" && index("," $4 ",", name) {found = 1} END {exit !found}' /proc/mounts && continue
        mkdir -p "$STATE/cgroup/$name"
        mount -t cgroup -o "$name" cgroup "$STATE/cgroup/$name"
    done </proc/self/cgroup
}

# fill FILE: a file with the values of its $VARIABLES; one that is not set is an error.
fill() { python3 -c 'import os, string, sys; sys.stdout.write(string.Template(sys.stdin.read()).substitute(os.environ))' <"$1"; }

# place TARGET: write standard input there where it differs; kube-proxy ends when its file is written anew.
place() {
    cat >"$1.next"
    if cmp -s "$1.next" "$1"; then rm "$1.next"; else mv "$1.next" "$1"; fi
}

write_configuration() {
    local name value
    export SANDBOX_IMAGE CILIUM=$cilium CGROUP2 OPEN_FILES
    SANDBOX_IMAGE=$(image_reference sandbox)
    CGROUP2=$(awk '$3 == "cgroup2" {print $2; exit}' /proc/mounts)
    CGROUP2=${CGROUP2:-$STATE/cgroup2}
    OPEN_FILES=$(ulimit -Hn)
    [ "$OPEN_FILES" != unlimited ] || OPEN_FILES=1000000
    fill "$HERE/node/containerd.toml" | place "$STATE/etc/containerd.toml"
    fill "$HERE/node/hosts.toml" | place "$STATE/etc/registries/$REGISTRY/hosts.toml"
    fill "$HERE/node/registry.yml" | place "$STATE/etc/registry.yml"
    fill "$HERE/node/cni.conflist" | place "$STATE/etc/cni/10-cilium.conflist"
    fill "$HERE/node/kubelet.yml" | place "$STATE/etc/kubelet.yml"
    fill "$HERE/node/kube-proxy.yml" | place "$STATE/etc/kube-proxy.yml"
    printf 'nameserver 127.0.0.1\n' | place "$STATE/etc/resolv.conf"
    while read -r name value; do
        [ "$name" = "#" ] || printf %s "$value" | place "$STATE/etc/cilium/$name"
    done < <(fill "$HERE/node/cilium")
}

# A Docker region beside the cluster admits its own tenants' networks to its services; pods come from another network.
admit_pods() {
    local rule=(INPUT -s "$CLUSTER_CIDR" -d 172.30.0.0/16 -p tcp -m multiport --dports "$REGION_PORTS"
        -m comment --comment "$FIREWALL_COMMENT" -j ACCEPT)
    iptables -w -D "${rule[@]}" 2>/dev/null || true
    iptables -w -I "${rule[@]}"
}

start_storage() {
    run etcd etcd --name "$NODE" --data-dir "$STATE/etcd" --logger zap --log-level warn \
        --listen-client-urls "http://127.0.0.1:$ETCD_PORT" --advertise-client-urls "http://127.0.0.1:$ETCD_PORT" \
        --listen-peer-urls "http://127.0.0.1:$ETCD_PEER_PORT" --initial-advertise-peer-urls "http://127.0.0.1:$ETCD_PEER_PORT" \
        --initial-cluster "$NODE=http://127.0.0.1:$ETCD_PEER_PORT" --unsafe-no-fsync --auto-compaction-retention 1h
    run registry docker-registry serve "$STATE/etc/registry.yml"
    start_containerd
    expect 20 "a healthy etcd" curl -sf "http://127.0.0.1:$ETCD_PORT/health"
    expect 20 "an answer of the registry" curl -sf "http://$REGISTRY_ADDRESS/v2/"
    import_images
}

start_containerd() {
    run containerd env CILIUM_SOCK="$STATE/cilium.sock" containerd --config "$STATE/etc/containerd.toml"
    expect 20 "an answer of containerd" ctr -a "$CONTAINERD_SOCKET" version
}

# The images of the cluster's own components; a mark for each says that this very image is in containerd.
import_images() {
    local archive reference mark
    for archive in "$(part images)"/*.tar; do
        reference=$(cat "${archive%.tar}.reference")
        mark=$STATE/imported/$(basename "$archive" .tar)
        [ "$(cat "$mark" 2>/dev/null)" != "$reference" ] || continue
        ctr -a "$CONTAINERD_SOCKET" -n k8s.io images import "$archive" >/dev/null
        printf '%s' "$reference" >"$mark"
    done
}

start_control_plane() {
    run kube-apiserver "$kubernetes/kube-apiserver" --etcd-servers="http://127.0.0.1:$ETCD_PORT" \
        --bind-address="$NODE_ADDRESS" --secure-port="$API_PORT" --advertise-address="$NODE_ADDRESS" \
        --service-cluster-ip-range="$SERVICE_CIDR" --allow-privileged=true --authorization-mode=Node,RBAC \
        --enable-admission-plugins=NodeRestriction --client-ca-file="$PKI/ca.crt" \
        --tls-cert-file="$PKI/apiserver.crt" --tls-private-key-file="$PKI/apiserver.key" \
        --kubelet-client-certificate="$PKI/apiserver-kubelet-client.crt" \
        --kubelet-client-key="$PKI/apiserver-kubelet-client.key" --kubelet-certificate-authority="$PKI/ca.crt" \
        --kubelet-preferred-address-types=InternalIP --service-account-issuer=https://kubernetes.default.svc.cluster.local \
        --service-account-key-file="$PKI/service-accounts.pub" --service-account-signing-key-file="$PKI/service-accounts.key" \
        --requestheader-client-ca-file="$PKI/front-proxy-ca.crt" --requestheader-allowed-names=front-proxy-client \
        --requestheader-username-headers=X-Remote-User --requestheader-group-headers=X-Remote-Group \
        --requestheader-extra-headers-prefix=X-Remote-Extra- --proxy-client-cert-file="$PKI/front-proxy-client.crt" \
        --proxy-client-key-file="$PKI/front-proxy-client.key" --enable-aggregator-routing=true --profiling=false
    expect 60 "a ready API server" kubectl get --raw /readyz
    run kube-controller-manager "$kubernetes/kube-controller-manager" --leader-elect=false --bind-address=127.0.0.1 \
        --kubeconfig="$STATE/kubeconfig/kube-controller-manager" \
        --authentication-kubeconfig="$STATE/kubeconfig/kube-controller-manager" \
        --authorization-kubeconfig="$STATE/kubeconfig/kube-controller-manager" \
        --use-service-account-credentials=true --root-ca-file="$PKI/ca.crt" \
        --service-account-private-key-file="$PKI/service-accounts.key" --cluster-signing-cert-file="$PKI/ca.crt" \
        --cluster-signing-key-file="$PKI/ca.key" --allocate-node-cidrs=true --cluster-cidr="$CLUSTER_CIDR" \
        --service-cluster-ip-range="$SERVICE_CIDR" --requestheader-client-ca-file="$PKI/front-proxy-ca.crt" --profiling=false
    run kube-scheduler "$kubernetes/kube-scheduler" --leader-elect=false --bind-address=127.0.0.1 --profiling=false \
        --kubeconfig="$STATE/kubeconfig/kube-scheduler" --authentication-kubeconfig="$STATE/kubeconfig/kube-scheduler" \
        --authorization-kubeconfig="$STATE/kubeconfig/kube-scheduler"
}

start_node() {
    local since
    since=$(date +%s)
    run kubelet "$kubernetes/kubelet" --config="$STATE/etc/kubelet.yml" --kubeconfig="$STATE/kubeconfig/kubelet" \
        --hostname-override="$NODE" --node-ip="$NODE_ADDRESS" --root-dir="$STATE/kubelet" --cert-dir="$PKI"
    running cilium || kubectl apply --server-side -f "$cilium/crds" -f "$HERE/addons/kubelet-access.yml" >/dev/null
    run cilium env PATH="$cilium/bin:$PATH" K8S_NODE_NAME="$NODE" CILIUM_SOCK="$STATE/cilium.sock" \
        "$cilium/cilium-agent" --config-dir="$STATE/etc/cilium"
    run kube-proxy "$kubernetes/kube-proxy" --config="$STATE/etc/kube-proxy.yml"
    expect 90 "a ready network" curl -sf -H "brief: true" http://127.0.0.1:9879/healthz
    expect 90 "a ready node" node_ready "$since"
    expect 30 "a service account in namespace default" kubectl -n default get serviceaccount default
}

# What etcd kept from an earlier run may say Ready as well: only a heartbeat of this run counts.
node_ready() {
    local status heartbeat
    read -r status heartbeat < <(kubectl get node "$NODE" -o \
        jsonpath='{range .status.conditions[?(@.type=="Ready")]}{.status} {.lastHeartbeatTime}{"\n"}{end}')
    [ "$status" = True ] && [ $(($(date -d "$heartbeat" +%s) + 30)) -ge "$1" ]
}
