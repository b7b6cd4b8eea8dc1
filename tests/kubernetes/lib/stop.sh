# shellcheck shell=bash
# Stop the node and take away what it left on the machine: processes, mounts, links, routes, firewall rules of its own.

stop() {
    [ -d "$STATE" ] || return 0
    end kubelet
    end kube-proxy
    end_pods
    end cilium
    # The state of endpoints that are gone costs the next start a minute.
    rm -rf "$STATE/cilium" "$STATE/cilium.sock"
    local name
    for name in kube-scheduler kube-controller-manager kube-apiserver registry etcd containerd; do end "$name"; done
    unmount
    remove_links
    remove_firewall_rules
    remove_control_groups
    restore_kernel
    remove_fixed_paths
    [ "${1:-}" != --purge ] || rm -rf --one-file-system "$STATE"
    wait_until 5 nothing_left || fail "this is left of the cluster: $(leftovers | tr '\n' ';')"
}

nothing_left() { [ -z "$(leftovers)" ]; }

# What the cluster has on the machine beside its files, one a line.
leftovers() {
    local command
    pgrep -af "^(etcd|docker-registry|containerd|[^ ]*containerd-shim-runc-v2|$PARTS/[^ ]*(kubelet|kube-|cilium-)[^ ]*) .*$STATE/" |
        cut -c1-120 | sed 's/^/process /' || true
    awk -v below="$STATE/" 'index($2, below) == 1 {print "mount", $2}' /proc/mounts
    ip -o link show | sed -nE "s/^[0-9]+: ($own_links)[@:].*/link \1/p"
    for command in iptables-save ip6tables-save; do
        "$command" 2>/dev/null | grep -E -e "$own_rules|$FIREWALL_COMMENT" | sed "s/^/$command /" || true
    done
    ipset list -n 2>/dev/null | grep '^cilium_' | sed 's/^/ipset /' || true
    find /sys/fs/cgroup -maxdepth 2 -type d -name kubepods | sed 's/^/control group /'
}

# Without a kubelet nothing starts them again. A containerd that died is started for it: its containers live on without it.
end_pods() {
    local id control=(ctr -a "$CONTAINERD_SOCKET" -n k8s.io)
    [ -s "$STATE/etc/containerd.toml" ] || return 0
    start_containerd
    for id in $("${control[@]}" tasks ls -q); do "${control[@]}" tasks kill -s KILL "$id" || true; done
    for id in $("${control[@]}" containers ls -q); do
        "${control[@]}" tasks rm -f "$id" || true
        "${control[@]}" containers rm "$id" || true
    done
} >/dev/null 2>&1

unmount() {
    local path
    awk -v below="$STATE/" 'index($2, below) == 1 {print $2}' /proc/mounts | sort -r | while read -r path; do
        umount "$path" 2>/dev/null || umount -l "$path"
    done
}

# Cilium's names; Docker's begin with veth and br-.
own_links='lxc[0-9a-f]{12}|lxc_health|cilium_host|cilium_net|cilium_vxlan'

remove_links() {
    local link mark
    for link in $(ip -o link show | sed -nE "s/^[0-9]+: ($own_links)[@:].*/\1/p"); do
        ip link delete "$link" 2>/dev/null || true
    done
    for mark in 2004:0x200/0xf00 2005:0xa00/0xf00; do
        ip rule delete fwmark "${mark#*:}" lookup "${mark%:*}" 2>/dev/null || true
        ip route flush table "${mark%:*}" 2>/dev/null || true
    done
    restore_local_rule
}

# Cilium may have moved the rule for local addresses from its place in front.
restore_local_rule() {
    if ip rule list | grep '^100:.*lookup local' >/dev/null; then
        ip rule list | grep '^0:.*lookup local' >/dev/null || ip rule add pref 0 lookup local
        ip rule delete pref 100 lookup local
    fi
}

own_rules='KUBE-|CILIUM_|CNI-|cilium-feeder'

# Each rule and chain of ours is named; what others keep in the same tables is not read back and written anew.
remove_firewall_rules() {
    local command table rules set
    for command in iptables ip6tables; do
        for table in raw mangle nat filter; do
            rules=$("$command" -w -t "$table" -S 2>/dev/null | grep -E -e "$own_rules|$FIREWALL_COMMENT" || true)
            [ -n "$rules" ] || continue
            {
                printf '*%s\n' "$table"
                grep '^-A' <<<"$rules" | sed 's/^-A/-D/' || true
                grep '^-N' <<<"$rules" | sed 's/^-N/-X/' || true
                printf 'COMMIT\n'
            } | "$command-restore" -w --noflush
        done
    done
    for set in $(ipset list -n 2>/dev/null | grep '^cilium_'); do wait_until 3 ipset destroy "$set" || true; done
}

remove_control_groups() {
    local name
    find /sys/fs/cgroup -maxdepth 2 -type d -name kubepods -print0 | while IFS= read -r -d '' name; do
        find "$name" -depth -type d -exec rmdir {} \; 2>/dev/null || true
    done
    [ -s "$STATE/controllers" ] || return 0
    while read -r name; do umount "/sys/fs/cgroup/$name"; done <"$STATE/controllers"
    rm -f "$STATE/controllers"
}

restore_kernel() {
    local name value
    [ -s "$STATE/kernel" ] || return 0
    while read -r name value; do printf '%s\n' "$value" >"/proc/sys/$name"; done <"$STATE/kernel"
    rm -f "$STATE/kernel"
}

# Places that the kubelet, the plugins of CNI and Cilium have in their code.
remove_fixed_paths() {
    rm -rf /run/cilium
    rm -f /var/lib/cni/results/{portmap,cilium,cni-loopback}-* /var/lib/kubelet/device-plugins/kubelet.sock
    [ ! -d /var/log/containers ] || find /var/log/containers -lname "$STATE/*" -delete
    rmdir /var/lib/kubelet/device-plugins /var/lib/kubelet /var/log/containers /var/lib/cni/results /var/lib/cni 2>/dev/null || true
}
