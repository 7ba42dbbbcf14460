# cargo for the musl of one target or of several at once, in two ways that give the same: with the musl targets of rustup
# where they are installed, else with Debian's compiler, which makes the standard library from its source. Sourced after
# env.sh; cross/musl has been run for each.
# shellcheck shell=bash

# target/cross, so that this and the development build keep their caches.
cross_target_dir="$root/target/cross/cargo"

rustup_has() { [ -d "$(rustc --print sysroot)/lib/rustlib/$triple/lib" ]; }

# Start files and libraries, which a musl target of rustup brings along and Debian's musl-dev has; and an unwinder for those
# whose standard library unwinds.
musl_flags() {
    local musl="$root/target/cross/musl/$arch" unwinder=''
    case "${made[*]}" in *panic_unwind*) ;; *) unwinder="-L native=$musl/no_unwinding" ;; esac
    echo "$unwinder" "-C link-self-contained=no" \
        "-C link-args=-nostartfiles -C link-args=-nostdlib -C link-arg=$musl/crt1.o -C link-arg=$musl/crti.o" \
        "-L native=$musl -C link-arg=-L$musl -C link-arg=-lc -C link-arg=-lgcc -C link-arg=$musl/crtn.o"
}

# add_target ARCH RUSTFLAGS: to `targets` and `environment`: the linker, and a compiler for C code in dependencies that sees
# musl's headers instead of glibc's. @small@ among the flags asks for those that a target has for small programs.
add_target() {
    local arch=$1 flags=${2//@small@/} name musl="$root/target/cross/musl/$1"
    read_target "$arch"
    [ "$flags" = "$2" ] || flags="$flags $small_flags"
    name=${triple//-/_}
    [ "$std_from" = rustup ] || flags="$flags $(musl_flags)"
    targets+=(--target "$triple")
    environment+=("CARGO_TARGET_${name^^}_LINKER=$gcc" "CARGO_TARGET_${name^^}_RUSTFLAGS=$flags"
        "CC_$name=$gcc" "AR_$name=${gcc%gcc}ar"
        "CFLAGS_$name=-nostdinc -isystem $musl/include -isystem $("$gcc" -print-file-name=include)")
}

# Where the standard library of these targets comes from: rustup, if it has it for all of them, or source.
std_source() {
    local arch
    for arch in $1; do
        read_target "$arch"
        if ! rustup_has; then echo source && return; fi
    done
    echo rustup
}

# cross_cargo ARCHS RUSTFLAGS STD_FLAGS SUBCOMMAND...: the first three are lists of words; STD_FLAGS say how a standard library
# is made, if it is. All targets go in one call: what each ends with, linking, keeps one core busy only.
cross_cargo() {
    local archs=$1 flags=$2 std=$3 arch made=() cargo=cargo targets=() environment=() std_from
    shift 3
    std_from=$(std_source "$archs")
    [ "$std_from" = rustup ] || read -ra made <<<"$std"
    for arch in $archs; do add_target "$arch" "$flags"; done
    if [ "$std_from" = source ]; then
        cross/setup cross/std
        environment+=("PATH=/usr/bin:$PATH" RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc)
        cargo=/usr/bin/cargo
    fi
    env "${environment[@]}" "$cargo" "$@" --locked "${targets[@]}" --target-dir "$cross_target_dir" "${made[@]}"
}
