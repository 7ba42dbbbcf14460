# Packages of another architecture, with lists of their own: the machine's own apt stays as it is, and the sources are
# the ones that the machine has configured. Sourced after env.sh and read_target.
# shellcheck shell=bash

# foreign_apt DIR ARGUMENT...: apt-get, as a machine of the target's architecture with nothing installed would run it.
# DIR keeps its lists.
foreign_apt() {
    local dir=$1
    shift
    mkdir -p "$dir/lists/partial" "$dir/cache"
    apt-get -q -o Dir::State::Lists="$dir/lists" -o Dir::Cache="$dir/cache" \
        -o Dir::State::status=/dev/null -o APT::Sandbox::User=root \
        -o APT::Architecture="$deb_arch" -o APT::Architectures="$deb_arch" \
        -o Acquire::Languages=none "$@" >"$dir/log" 2>&1 </dev/null ||
        { cat "$dir/log" >&2; die "cross: apt-get $* failed for $deb_arch; its output is above"; }
}

# The files that say where this machine's packages come from; each says for itself of what architecture, if not of any.
apt_sources() {
    local file
    for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources; do
        if [ -s "$file" ]; then echo "$file"; fi
    done
}

# What this machine's release is called.
release_name() { sed -n 's/^VERSION_CODENAME=//p' /etc/os-release; }
