# Makes images out of layer tars with umoci, skopeo and buildah. In: layer tars and a recipe's
# configuration. Out: an OCI layout, a docker-archive, an index of several platforms.

CREATED() { date -u -d "@$SOURCE_DATE_EPOCH" +%Y-%m-%dT%H:%M:%SZ; }

# image_make ARCH NAME LAYOUT CONFIG... -- TAR...: gzip layers, one history line per layer.
image_make() {
    local arch=$1 name=$2 layout=$3 config=() tar created
    shift 3
    while [ "$1" != -- ]; do config+=("$1"); shift; done
    shift
    created=$(CREATED)
    umoci init --layout "$layout"
    umoci new --image "$layout:latest"
    for tar in "$@"; do
        umoci raw add-layer --image "$layout:latest" --history.created "$created" \
            --history.author limpet --history.created_by "images/build $name: ${tar##*/}" "$tar"
    done
    umoci config --image "$layout:latest" --architecture "$arch" --os linux \
        --created "$created" --author limpet --history.created "$created" \
        --history.created_by "images/build $name: configuration" \
        --config.label "org.opencontainers.image.title=$name" \
        --config.label "org.opencontainers.image.created=$created" \
        --config.label "org.opencontainers.image.source=images/recipes/$name" \
        --config.label "org.opencontainers.image.base.name=debian:12" \
        "${config[@]}"
    umoci gc --layout "$layout"
}

# image_recompress FORMAT FROM TO: FORMAT is gzip (a plain copy), zstd or none.
image_recompress() {
    local format=$1 from=$2 to=$3
    case $format in
        gzip) skopeo copy -q "oci:$from:latest" "oci:$to:latest" ;;
        zstd) skopeo copy -q --dest-compress-format zstd "oci:$from:latest" "oci:$to:latest" ;;
        none)
            # Only the dir: transport unpacks layers; oci: then keeps them as they are.
            skopeo copy -q --dest-decompress "oci:$from:latest" "dir:$to.dir"
            skopeo copy -q --dest-oci-accept-uncompressed-layers "dir:$to.dir" "oci:$to:latest"
            rm -rf "$to.dir"
            ;;
    esac
}

# image_archive LAYOUT NAME TAR: a docker-archive, as `docker save` writes it.
image_archive() {
    skopeo copy -q "oci:$1:latest" "docker-archive:$3:$2:latest"
}

# image_index TAR ARCH=LAYOUT...: one index over the layouts, as an OCI layout in a tar.
image_index() {
    local tar=$1 work entry digest
    shift
    work=$(mktemp -d "$SCRATCH/index.XXXXXX")
    local buildah=(buildah --root "$work/root" --runroot "$work/run" --storage-driver vfs)
    "${buildah[@]}" manifest create all >/dev/null
    for entry in "$@"; do
        "${buildah[@]}" manifest add --arch "${entry%%=*}" --os linux all \
            "oci:${entry#*=}:latest" >/dev/null
    done
    "${buildah[@]}" manifest push -q --all all "oci:$work/layout:latest" >/dev/null
    rootfs_tar "$work/layout" "$tar"
    rm -rf "$work"
}
