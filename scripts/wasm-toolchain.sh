# Finds a compiler that can rebuild the standard library for wasm32 with threads:
# it needs the library's source and, for lint, its own clippy. Other scripts source this file.
# shellcheck shell=bash
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# What apt-get installs on Debian. rustc-web is the compiler Debian builds its
# browsers with: recent, and separate from rustup's. It has no linker for wasm.
# shellcheck disable=SC2034  # read by setup.sh
debian_packages=(rustc-web cargo-web rust-web-src rust-web-clippy lld-19)
oldest_wasm_ld=19

# find_wasm_toolchain: sets wasm_bin (the folder of cargo and rustc) and wasm_linker (empty if the
# compiler has its own), or fails.
find_wasm_toolchain() {
    find_nightly || find_debian
}

# is_complete SYSROOT: whether SYSROOT has the compiler, clippy and the library source.
is_complete() {
    [ -x "$1/bin/cargo" ] && [ -x "$1/bin/rustc" ] && [ -x "$1/bin/cargo-clippy" ] &&
        [ -f "$1/lib/rustlib/src/rust/library/Cargo.toml" ] &&
        at_least "$(version_of "$1/bin/rustc")" "$minimum_rust"
}

find_nightly() {
    local sysroot
    have rustup || return 1
    sysroot=$(RUSTUP_AUTO_INSTALL=0 rustup run nightly rustc --print sysroot 2>/dev/null) || return 1
    is_complete "$sysroot" || return 1
    wasm_bin=$sysroot/bin
    wasm_linker=
}

find_debian() {
    is_complete /usr || return 1
    wasm_linker=$(compgen -c wasm-ld- | grep -E '^wasm-ld-[0-9]+$' | sort -V | tail -n 1) || return 1
    [ "${wasm_linker#wasm-ld-}" -ge "$oldest_wasm_ld" ] || return 1
    wasm_bin=/usr/bin
}

describe_wasm_toolchain() {
    say "rustc $(version_of "$wasm_bin/rustc") in $wasm_bin, linker ${wasm_linker:-rust-lld}"
}

# export_wasm_toolchain: makes cargo use what find_wasm_toolchain found.
export_wasm_toolchain() {
    # cargo looks for its subcommands along PATH only if its own bin is on it.
    export PATH=$tools/bin:$wasm_bin:$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
    export RUSTC=$wasm_bin/rustc RUSTDOC=$wasm_bin/rustdoc
    # -Zbuild-std is a nightly feature; this enables it in Debian's release compiler.
    export RUSTC_BOOTSTRAP=1
    if [ -n "$wasm_linker" ]; then
        export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=$wasm_linker
    fi
    # Any of these would replace the flags in the crate's .cargo/config.toml.
    unset RUSTFLAGS CARGO_ENCODED_RUSTFLAGS CARGO_BUILD_RUSTFLAGS CARGO_BUILD_TARGET CARGO_TARGET_DIR
    unset RUSTUP_TOOLCHAIN
}
