#!/usr/bin/env bash
# fuzz.sh SECONDS [KEEP]: runs each fuzz target so long; stops at the first input that
# crashes, hangs or takes too much memory, says where it is kept, and fails.
# With KEEP, a folder, what is found on the way is kept there for the next run.
# Without it each run starts anew from the seeds, by the same random numbers.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"

targets=(decode model description)
declare -A runs=([decode]=15000 [model]=15000 [description]=200000)
# No sanitizer: they need a nightly compiler. The targets bound their memory themselves.
build=(--fuzz-dir fuzz --sanitizer none --target-dir target/fuzz)
# Less time to build: by default all of a crate is one unit, and comparisons are traced.
build+=(--codegen-units 16 --no-trace-compares)
limits=(-timeout=25 -rss_limit_mb=2048 -max_len=16384)

main() {
    local seconds=$1 keep=${2-} target found more=()
    temporary=$(mktemp -d)
    trap 'rm -rf "$temporary"' EXIT
    # cargo-fuzz would mend a lock file that has grown stale, and change the checkout.
    cargo fetch --quiet --locked --manifest-path fuzz/Cargo.toml
    cargo fuzz build "${build[@]}"
    for target in "${targets[@]}"; do
        say "fuzzing $target for $seconds s"
        found=${keep:-$temporary}/$target
        mkdir -p "$found"
        # The same inputs at every run, on a fast machine no more of them.
        [ -n "$keep" ] || more=(-seed=1 -runs="${runs[$target]}")
        # What is found goes to the first folder; the seeds stay as they are.
        cargo fuzz run "${build[@]}" "$target" "$found" "fuzz/seeds/$target" -- \
            "${limits[@]}" "${more[@]}" -dict="fuzz/$target.dict" \
            -max_total_time="$seconds" -print_final_stats=1 -verbosity=0
    done
}

main "$@"
