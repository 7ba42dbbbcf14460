# Fetches Debian 12 packages of any architecture with a private apt: its own sources, lists,
# status and cache, so that the system's apt and dpkg are read (for their sources) and never
# changed. In: architecture, package names. Out: .deb files of the dependency closure.

# Needed by maintainer scripts only, and no maintainer script is ever run here; they would drag
# perl and half of a base system in. The private status says that they are installed.
NOT_WANTED=(adduser cdebconf debconf dpkg init-system-helpers install-info
    iproute2 libdebconfclient0 lsb-base mawk passwd perl perl-base procps sysvinit-utils ucf
    tzdata)

# apt_private ARCH PROGRAM ARGS...: apt-get or apt-cache of that private world.
apt_private() {
    local arch=$1 program=$2 dir
    shift 2
    dir=$CACHE/apt-$arch
    "$program" -c="$dir/apt.conf" -o DPkg::Lock::Timeout=600 "$@"
}

# Lines for a sources.list that hold the machine's own Debian 12 sources and nothing else.
# indextargets is apt's own parser: it knows both file formats.
debian_sources() {
    apt-get indextargets --format '$(REPO_URI)|$(RELEASE)|$(COMPONENT)' 'Identifier: Packages' |
        sort -u |
        awk -F'|' '$2 ~ /^bookworm(-updates|-security|\/updates)?$/ && $3 == "main" {
            print "deb " $1 " " $2 " " $3 }'
}

write_status() {
    local arch=$1 name
    for name in "${NOT_WANTED[@]}"; do
        printf 'Package: %s\nStatus: install ok installed\nVersion: 999\n' "$name"
        printf 'Architecture: %s\nMulti-Arch: foreign\nMaintainer: nobody\n' "$arch"
        case $name in
            debconf) printf 'Provides: debconf-2.0\n' ;;
            mawk) printf 'Provides: awk\n' ;;
        esac
        printf 'Description: not wanted in an image\n\n'
    done
}

write_apt_conf() {
    local arch=$1 dir=$2
    cat <<END
#clear APT::Architectures;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
#clear DPkg::Pre-Install-Pkgs;
#clear Acquire::IndexTargets::deb::DEP-11;
#clear Acquire::IndexTargets::deb::DEP-11-icons-small;
#clear Acquire::IndexTargets::deb::DEP-11-icons;
#clear Acquire::IndexTargets::deb::DEP-11-icons-hidpi;
#clear Acquire::IndexTargets::deb::DEP-11-icons-large;
#clear Acquire::IndexTargets::deb::DEP-11-icons-large-hidpi;
APT::Architecture "$arch";
APT::Architectures { "$arch"; };
APT::Sandbox::User "root";
APT::Install-Recommends "false";
APT::Install-Suggests "false";
Acquire::Languages "none";
Acquire::Retries "3";
Dir::Etc::sourcelist "$dir/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "$dir/preferences";
Dir::Etc::preferencesparts "/dev/null";
Dir::State "$dir/state";
Dir::State::lists "$dir/lists";
Dir::State::status "$dir/status";
Dir::Cache "$dir/cache";
Dir::Cache::archives "$dir/debs";
END
}

# packages_open ARCH: makes the private apt world of ARCH, once (--refresh removes it).
packages_open() {
    local arch=$1 dir=$CACHE/apt-$1
    [ ! -e "$dir/ready" ] || return 0
    mkdir -p "$dir"/{state,lists/partial,cache,debs/partial}
    debian_sources >"$dir/sources.list"
    if [ ! -s "$dir/sources.list" ]; then
        echo "images/build: no Debian 12 (bookworm) main source is configured in apt; add one" >&2
        return 1
    fi
    printf 'Package: *\nPin: release o=Debian\nPin-Priority: 990\n' >"$dir/preferences"
    write_status "$arch" >"$dir/status"
    write_apt_conf "$arch" "$dir" >"$dir/apt.conf"
    apt_private "$arch" apt-get -qq update >&2
    touch "$dir/ready"
}

# packages_fetch ARCH NAME...: prints the paths of the .debs of the closure, sorted.
packages_fetch() {
    local arch=$1 dir=$CACHE/apt-$1
    shift
    packages_open "$arch"
    apt_private "$arch" apt-get -qq -y --download-only install "$@" >"$dir/log" 2>&1 || {
        tail -n 5 "$dir/log" >&2
        echo "images/build: cannot fetch $* for $arch; see $dir/log, or try --refresh" >&2
        return 1
    }
    # The names of apt's cache, computed from what apt itself resolved (epoch colons are %3a).
    apt_private "$arch" apt-get -qq -s install "$@" |
        sed -n 's/^Inst \([^ ]*\) (\([^ ]*\) .*\[\([^]]*\)\]).*/\1_\2_\3.deb/p' |
        sed "s/:$arch//; s/:/%3a/g" | sed "s|^|$dir/debs/|" | LC_ALL=C sort
}
