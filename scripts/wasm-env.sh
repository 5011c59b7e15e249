#!/usr/bin/env bash
# Runs a command in crates/enhancer-wasm with the wasm toolchain:
#   scripts/wasm-env.sh cargo clippy
#   scripts/wasm-env.sh wasm-pack build --mode force --target web
set -euo pipefail
# shellcheck source=scripts/wasm-toolchain.sh
source "$(dirname "${BASH_SOURCE[0]}")/wasm-toolchain.sh"

[ $# -gt 0 ] || fail "no command given" "usage: scripts/wasm-env.sh COMMAND [ARGUMENT...]"
find_wasm_toolchain || fail "no wasm toolchain found" "run: scripts/setup.sh wasm"
export_wasm_toolchain
cd "$root/crates/enhancer-wasm"
exec "$@"
