#!/usr/bin/env bash
# Runs a command in a crate that is compiled to wasm, with the wasm toolchain and with the
# flags in the crate's .cargo/config.toml:
#   scripts/wasm-env.sh enhancer-wasm cargo clippy
#   scripts/wasm-env.sh enhancer-edge cargo build --release
set -euo pipefail
# shellcheck source=scripts/wasm-toolchain.sh
source "$(dirname "${BASH_SOURCE[0]}")/wasm-toolchain.sh"

[ $# -gt 1 ] || fail "no crate or no command given" \
    "usage: scripts/wasm-env.sh CRATE COMMAND [ARGUMENT...]"
find_wasm_toolchain || fail "no wasm toolchain found" "run: scripts/setup.sh wasm"
export_wasm_toolchain
cd "$root/crates/$1"
exec "${@:2}"
