#!/usr/bin/env bash
# fuzz.sh SECONDS: runs each fuzz target so long, on from where the last run stopped; stops at
# the first input that crashes, hangs or takes too much memory, says where it is kept, and fails.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"

targets=(decode model description)
# No sanitizer: they need a nightly compiler. The targets bound their memory themselves.
# The profile of the tests, in a folder of its own: all is built anew to be traced.
build=(--fuzz-dir fuzz --features libfuzzer --dev --sanitizer none --target-dir target/fuzz)
# Less time to build: by default all of a crate is one unit, and comparisons are traced.
build+=(--codegen-units 16 --no-trace-compares)
limits=(-timeout=25 -rss_limit_mb=2048 -max_len=16384)

main() {
    local seconds=$1 target corpus
    cargo fetch --quiet --locked
    cargo fuzz build "${build[@]}"
    for target in "${targets[@]}"; do
        say "fuzzing $target for $seconds s"
        corpus=target/fuzz/corpus/$target
        mkdir -p "$corpus"
        # What is found goes to the first folder; the seeds stay as they are.
        cargo fuzz run "${build[@]}" "$target" "$corpus" "fuzz/seeds/$target" -- \
            "${limits[@]}" -dict="fuzz/$target.dict" \
            -max_total_time="$seconds" -print_final_stats=1 -verbosity=0
    done
}

main "$@"
