# cargo for a target's musl, in two ways that give the same: with the musl target of rustup where that is installed,
# else with Debian's compiler, which makes the standard library from its source. Sourced after env.sh and read_target;
# cross/musl has been run.
# shellcheck shell=bash

# target/cross, so that this and the development build keep their caches.
cross_target_dir="$root/target/cross/cargo"

rustup_has() { [ -d "$(rustc --print sysroot)/lib/rustlib/$triple/lib" ]; }

# What both ways share: the linker, and a compiler for C code in dependencies that sees musl's headers instead of
# glibc's.
cargo_for_musl() {
    local name=${triple//-/_} musl="$root/target/cross/musl/$arch" flags=$1
    shift
    env "CARGO_TARGET_${name^^}_LINKER=$gcc" "CARGO_TARGET_${name^^}_RUSTFLAGS=$flags" \
        "CC_$name=$gcc" "AR_$name=${gcc%gcc}ar" \
        "CFLAGS_$name=-nostdinc -isystem $musl/include -isystem $("$gcc" -print-file-name=include)" \
        "$@" --locked --target "$triple" --target-dir "$cross_target_dir"
}

# Start files and libraries, which a musl target of rustup brings along and Debian's musl-dev has.
musl_flags() {
    local musl="$root/target/cross/musl/$arch"
    echo "-C link-self-contained=no" \
        "-C link-args=-nostartfiles -C link-args=-nostdlib -C link-arg=$musl/crt1.o -C link-arg=$musl/crti.o" \
        "-L native=$musl -C link-arg=-L$musl -C link-arg=-lc -C link-arg=-lgcc -C link-arg=$musl/crtn.o"
}

# cross_cargo RUSTFLAGS STD_FLAGS SUBCOMMAND...: STD_FLAGS (one word list) say how a standard library is made, if it is.
cross_cargo() {
    local flags=$1 std=$2
    shift 2
    if rustup_has; then
        cargo_for_musl "$flags" cargo "$@"
        return
    fi
    cross/setup cross/std
    local made
    read -ra made <<<"$std"
    PATH="/usr/bin:$PATH" RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc \
        cargo_for_musl "$flags $(musl_flags)" /usr/bin/cargo "$@" "${made[@]}"
}
