# shellcheck shell=bash
# The cluster's own authorities, certificates and kubeconfigs, made anew when the node's address is another.

make_certificates() {
    local user users=(admin kubelet kube-controller-manager kube-scheduler kube-proxy)
    if [ "$(cat "$PKI/address" 2>/dev/null)" = "$NODE_ADDRESS" ]; then
        for user in "${users[@]}"; do kubeconfig "$user"; done
        return 0
    fi
    rm -rf "$PKI" "$STATE/kubeconfig"
    mkdir -p "$PKI" "$STATE/kubeconfig"
    chmod 700 "$PKI" "$STATE/kubeconfig"
    local loopback="DNS:localhost,IP:127.0.0.1" service="DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc"
    authority ca kubernetes
    authority front-proxy-ca front-proxy
    certificate apiserver /CN=kube-apiserver ca serverAuth \
        "$service,DNS:kubernetes.default.svc.cluster.local,$loopback,IP:$API_SERVICE,IP:$NODE_ADDRESS"
    certificate apiserver-kubelet-client /O=kubelet-api-admins/CN=kube-apiserver-kubelet-client ca clientAuth
    certificate front-proxy-client /CN=front-proxy-client front-proxy-ca clientAuth
    certificate kubelet "/O=system:nodes/CN=system:node:$NODE" ca clientAuth,serverAuth "DNS:$NODE,$loopback,IP:$NODE_ADDRESS"
    certificate admin /O=system:masters/CN=admin ca clientAuth
    certificate kube-controller-manager /CN=system:kube-controller-manager ca clientAuth,serverAuth "$loopback"
    certificate kube-scheduler /CN=system:kube-scheduler ca clientAuth,serverAuth "$loopback"
    certificate kube-proxy /CN=system:kube-proxy ca clientAuth
    private_key service-accounts
    openssl pkey -in "$PKI/service-accounts.key" -pubout -out "$PKI/service-accounts.pub"
    for user in "${users[@]}"; do kubeconfig "$user"; done
    printf '%s\n' "$NODE_ADDRESS" >"$PKI/address"
}


private_key() { (umask 077; openssl ecparam -name prime256v1 -genkey -noout -out "$PKI/$1.key"); }

authority() {
    private_key "$1"
    openssl req -x509 -new -key "$PKI/$1.key" -subj "/CN=$2" -days 3650 -out "$PKI/$1.crt" \
        -addext keyUsage=critical,keyCertSign,cRLSign,digitalSignature
}

# certificate NAME SUBJECT AUTHORITY USAGES [NAMES]
certificate() {
    private_key "$1"
    openssl req -new -key "$PKI/$1.key" -subj "$2" | openssl x509 -req -CA "$PKI/$3.crt" -CAkey "$PKI/$3.key" -CAcreateserial \
        -days 365 -out "$PKI/$1.crt" -extfile <(
        printf 'basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature,keyEncipherment\nextendedKeyUsage=%s\n' "$4"
        [ -z "${5:-}" ] || printf 'subjectAltName=%s\n' "$5"
    ) 2>/dev/null
}

kubeconfig() {
    (
        umask 077
        place "$STATE/kubeconfig/$1" <<YAML
apiVersion: v1
kind: Config
clusters:
  - name: test
    cluster: {certificate-authority-data: $(base64 -w0 "$PKI/ca.crt"), server: "https://$NODE_ADDRESS:$API_PORT"}
users:
  - name: $1
    user: {client-certificate-data: $(base64 -w0 "$PKI/$1.crt"), client-key-data: $(base64 -w0 "$PKI/$1.key")}
contexts:
  - name: test
    context: {cluster: test, user: $1}
current-context: test
YAML
    )
}
