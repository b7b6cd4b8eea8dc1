# shellcheck shell=bash
# Images for the pods, in the registry beside the node, from which containerd pulls them by digest.

# images FILE: FILE is the state file of a region's builds ({name: {image: …, id: …}}). Writes $STATE/images.json, which
# names for each the reference with its digest. An image that was copied before is not copied again.
images() {
    local source=${1:?a region\'s images.json is wanted} name reference id digest entries=()
    apt_install skopeo jq
    running registry || fail "the registry does not run; start the cluster first"
    touch "$STATE/copied"
    while read -r name reference id; do
        digest=$(awk -v id="$id" '$1 == id {print $2}' "$STATE/copied")
        if [ -z "$digest" ]; then
            say "Copying $reference"
            # The registry is this machine's own, on loopback.
            skopeo copy --quiet --dest-tls-verify=false --digestfile "$STATE/digest" \
                "docker-daemon:$reference" "docker://$REGISTRY_ADDRESS/${reference}"
            digest=$(cat "$STATE/digest")
            printf '%s %s\n' "$id" "$digest" >>"$STATE/copied"
        fi
        entries+=("$name=$REGISTRY/${reference%:*}@$digest")
    done < <(jq -r 'to_entries[] | "\(.key) \(.value.image) \(.value.id)"' "$source")
    printf '%s\n' "${entries[@]}" | jq -Rn '[inputs | split("=") | {key: .[0], value: .[1:] | join("=")}] | from_entries' \
        >"$STATE/images.json"
    cat "$STATE/images.json"
}
