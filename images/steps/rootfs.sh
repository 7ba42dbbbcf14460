# Turns packages into the files of one layer, without running anything out of them, and a
# directory into a layer's tar. In: .deb paths, a directory. Out: the directory filled; a tar that
# is the same for the same input.

# What a container never reads.
SLIM=(./usr/share/doc ./usr/share/man ./usr/share/info ./usr/share/locale ./usr/share/lintian
    ./usr/share/bug ./usr/share/doc-base ./usr/share/menu ./usr/share/bash-completion
    ./usr/share/zsh ./usr/share/applications ./usr/share/pixmaps ./usr/share/icons
    ./usr/share/gcc ./usr/lib/systemd ./lib/systemd ./etc/ufw ./etc/logrotate.d ./etc/default
    ./usr/lib/tmpfiles.d ./usr/share/gdb ./var/lib/apt ./var/cache/apt ./usr/lib/*/gconv
    ./usr/lib/*/audit ./usr/lib/*/perl-base ./usr/share/initramfs-tools)

# Debian 12 is merged-/usr, but its packages still ship /bin and /lib: the links come first.
rootfs_links() {
    local root=$1 name
    for name in bin sbin lib; do
        mkdir -p "$root/usr/$name"
        ln -sfn "usr/$name" "$root/$name"
    done
}

# rootfs_extract ROOT DEB...
rootfs_extract() {
    local root=$1 deb path excludes=()
    shift
    for path in "${SLIM[@]}"; do excludes+=("--exclude=$path"); done
    for deb in "$@"; do
        dpkg-deb --fsys-tarfile "$deb" |
            tar -x -C "$root" --keep-directory-symlink --numeric-owner --anchored \
                "${excludes[@]}" -f -
    done
}

# rootfs_tar ROOT TAR [TAR-OPTION...]: sorted, numeric owners, no access times, dates clamped.
rootfs_tar() {
    local root=$1 tar=$2
    shift 2
    LC_ALL=C tar -c -C "$root" --sort=name --numeric-owner --format=posix \
        --pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime \
        --xattrs --xattrs-include='*' \
        --mtime="@$SOURCE_DATE_EPOCH" --clamp-mtime "$@" -f "$tar" .
}

# The files of the layer that redis, nginx and python share.
BASE_PACKAGES=(base-files base-passwd coreutils dash grep hostname libc-bin libc6 libssl3 sed
    zlib1g)

# base_layer ARCH: prints the path of the shared layer's tar, made once per architecture.
base_layer() {
    local arch=$1 tar=$CACHE/base-$1.tar root debs
    if [ ! -e "$tar" ] || [ "$(cat "$tar.recipe" 2>/dev/null)" != "$STEPS_HASH" ]; then
        mapfile -t debs < <(packages_fetch "$arch" "${BASE_PACKAGES[@]}")
        [ "${#debs[@]}" -gt 0 ] || return 1
        root=$(mktemp -d "$SCRATCH/base.XXXXXX")
        chmod 755 "$root"
        rootfs_links "$root"
        [ "$arch" != amd64 ] || { mkdir -p "$root/usr/lib64"; ln -sfn usr/lib64 "$root/lib64"; }
        rootfs_extract "$root" "${debs[@]}"
        base_files "$root"
        rootfs_tar "$root" "$tar.part"
        printf '%s\n' "${debs[@]##*/}" >"$tar.debs"
        mv "$tar.part" "$tar"
        echo "$STEPS_HASH" >"$tar.recipe"
    fi
    echo "$tar"
}

# What the maintainer scripts of base-files and base-passwd would have made.
base_files() {
    local root=$1
    cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
    cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
    sed -i 's/^\([^:]*\):\*:/\1:x:/' "$root/etc/passwd"
    chmod 644 "$root/etc/passwd" "$root/etc/group"
    printf 'passwd: files\ngroup: files\nhosts: files dns\n' >"$root/etc/nsswitch.conf"
    printf 'root:*:19500:0:99999:7:::\n' >"$root/etc/shadow"
    chmod 640 "$root/etc/shadow"
    chown 0:42 "$root/etc/shadow"
    mkdir -p "$root"/{dev,proc,sys,run,tmp,root,var/tmp,var/log}
    chmod 1777 "$root/tmp" "$root/var/tmp"
    chmod 700 "$root/root"
    [ -e "$root/bin/sh" ] || ln -s dash "$root/bin/sh"
}

# package_layer ARCH ROOT NAME...: the closure of NAME less what the base layer holds, into ROOT.
package_layer() {
    local arch=$1 root=$2 debs deb wanted=()
    shift 2
    mapfile -t debs < <(packages_fetch "$arch" "$@")
    [ "${#debs[@]}" -gt 0 ] || return 1
    for deb in "${debs[@]}"; do
        grep -qxF "${deb##*/}" "$CACHE/base-$arch.tar.debs" || wanted+=("$deb")
    done
    rootfs_links "$root"
    rootfs_extract "$root" "${wanted[@]}"
    # The links themselves are the base layer's.
    rm -f "$root"/{bin,sbin,lib,lib64}
    rmdir --ignore-fail-on-non-empty "$root"/usr/{bin,sbin,lib} 2>/dev/null || true
}
