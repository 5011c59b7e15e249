# Functions that the scripts in this folder share by sourcing this file.
# shellcheck shell=bash disable=SC2034  # the variables are for those scripts

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tools=$root/.tools
# A cache for downloads and programs that are slow to get and the same for every clone, by name and
# version.
cache=${XDG_CACHE_HOME:-$HOME/.cache}/enhancer
# Pinned commands are here, apart from the user's own.
PATH=$tools/bin:$PATH

say() {
    printf '%s\n' "$*"
}

# fail MESSAGE...: the first line says what is wrong, the others what to do.
fail() {
    printf 'error: %s\n' "$1" >&2
    shift
    if [ $# -gt 0 ]; then printf '    %s\n' "$@" >&2; fi
    exit 1
}

have() {
    command -v "$1" >/dev/null 2>&1
}

# version_of COMMAND: the first version number on the two lines that it prints first, or nothing.
version_of() {
    # Some commands of Cargo print their version only if called as Cargo calls them.
    { "$1" --version || "$1" "${1#cargo-}" --version; } </dev/null 2>/dev/null | sed -nE '1,2s/^[^0-9]*([0-9]+(\.[0-9]+)+).*/\1/p' | head -n 1 || true
}

# at_least VERSION MINIMUM
at_least() {
    [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]
}

# manifest_value KEY: the value of a `KEY = "value"` line in the root Cargo.toml.
manifest_value() {
    sed -nE "s/^$1 = \"=?([^\"]+)\".*/\1/p" "$root/Cargo.toml"
}

minimum_rust=$(manifest_value rust-version)
# The command must have the same version as the crate, which Cargo.toml pins.
wasm_bindgen_version=$(manifest_value wasm-bindgen)
wasm_pack_version=0.15.1
cargo_deny_version=0.20.2
cargo_fuzz_version=0.13.2
cargo_cyclonedx_version=0.5.9
shellcheck_version=0.11.0
# The version to install if the machine has no recent one.
node_version=24.19.0
