# What every script of this repository starts with: sourced, never run.
# In: nothing. Out: $root (the checkout, also the working directory), say/die, and a cargo that works.
# shellcheck shell=bash
set -euo pipefail
shopt -s inherit_errexit

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
export CARGO_TERM_COLOR=${CARGO_TERM_COLOR:-auto}

say() { printf '%s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# A runner may set HOME and PATH to something odd; the account's own home is where rustup put cargo.
find_cargo() {
    local home
    home=$(getent passwd "$(id -u)" | cut -d: -f6)
    export HOME=${HOME:-$home}
    [ -x "$home/.cargo/bin/cargo" ] || return 0
    [ -d "${CARGO_HOME:-$HOME/.cargo}" ] || export CARGO_HOME="$home/.cargo"
    [ -d "${RUSTUP_HOME:-$HOME/.rustup}" ] || export RUSTUP_HOME="$home/.rustup"
    case ":$PATH:" in *":$home/.cargo/bin:"*) ;; *) PATH="$home/.cargo/bin:$PATH" ;; esac
}
find_cargo

# Reads targets/ARCH into the variables below; their meaning is in target.conf and budget.toml.
# shellcheck disable=SC2034 # for the scripts that source this file
read_target() {
    triple='' deb_arch='' gcc='' musl_dir='' qemu_user='' stripped_bytes_max='' fleet_bytes_max='' small_flags=''
    [ -f "targets/$1/target.conf" ] || die "reading the target '$1': no such target; there are: $(known_targets)"
    # shellcheck source=targets/x86_64/target.conf
    . "targets/$1/target.conf"
    stripped_bytes_max=$(sed -n 's/^stripped_bytes_max *= *\([0-9]*\).*/\1/p' "targets/$1/budget.toml")
    fleet_bytes_max=$(sed -n 's/^fleet_bytes_max *= *\([0-9]*\).*/\1/p' "targets/$1/budget.toml")
    [ -n "$stripped_bytes_max" ] || die "reading targets/$1/budget.toml: no stripped_bytes_max"
}

known_targets() { (cd targets && echo *); }
