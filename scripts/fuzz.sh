#!/usr/bin/env bash
# fuzz.sh SECONDS [asan]: runs each fuzz target for SECONDS and continues the last run. Stops at the
# first input that crashes, hangs or takes too much memory, prints where it is stored, and fails.
#
# With `asan` it runs the decoders that contain `unsafe` code, with AddressSanitizer.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"

# Uses the profile of the tests, in a separate folder: everything is built again with tracing.
build=(--fuzz-dir fuzz --features libfuzzer --dev)
# The profile switches these checks off in enhancer-networks, for its kernels.
export RUSTFLAGS="${RUSTFLAGS:-} -Coverflow-checks=yes"
# Builds faster: by default each crate is one unit, and comparisons are traced.
build+=(--codegen-units 16 --no-trace-compares)
# The targets limit their memory themselves.
limits=(-timeout=25 -rss_limit_mb=2048)

# The maximum size of an input in bytes. Quadratic run times show only in large inputs.
small=16384
large=2097152

# fuzz TARGET NAME MAX_LEN SEEDS: runs a target for `seconds`. New inputs go to the corpus NAME; the
# seeds do not change.
fuzz() {
    local target=$1 corpus=target/fuzz/corpus/$2 max_len=$3 seeds=$4
    say "fuzzing $2 for $seconds s"
    mkdir -p "$corpus"
    cargo fuzz run "${build[@]}" "$target" "$corpus" "$seeds" -- \
        "${limits[@]}" -max_len="$max_len" -dict="fuzz/$target.dict" \
        -max_total_time="$seconds" -print_final_stats=1 -verbosity=0
}

# choose FOLDER PATTERN...: copies the recordings among the seeds whose names match.
choose() {
    local folder=$1 pattern
    rm -rf "$folder"
    mkdir -p "$folder"
    for pattern in "${@:2}"; do
        find fuzz/seeds/decode -type f -name "$pattern" -exec cp {} "$folder" \;
    done
}

# enlarge FOLDER: repeats the content of each file until it has about a megabyte. Decoders read all
# of it: joined files are common, and long tables are hostile.
enlarge() {
    local file
    for file in "$1"/*; do
        while [ "$(wc -c <"$file")" -lt $((large / 2)) ]; do
            cat "$file" "$file" >"$file.double"
            mv "$file.double" "$file"
        done
    done
}

fuzz_all() {
    local target
    # Without a sanitizer, no nightly compiler is needed.
    build+=(--sanitizer none --target-dir target/fuzz)
    cargo fuzz build "${build[@]}"
    for target in decode model description; do
        fuzz "$target" "$target" "$small" "fuzz/seeds/$target"
    done
    choose target/fuzz/seeds/decode-large '*'
    enlarge target/fuzz/seeds/decode-large
    # Inputs may have the maximum length from the start.
    limits+=(-len_control=0)
    fuzz decode decode-large "$large" target/fuzz/seeds/decode-large
}

fuzz_decoders() {
    if rustup run nightly rustc --version >/dev/null 2>&1; then
        export RUSTUP_TOOLCHAIN=nightly
    else
        # Sanitizers are a feature of nightly compilers; this enables it in others.
        export RUSTC_BOOTSTRAP=1
    fi
    say "AddressSanitizer with $(rustc --version)"
    build+=(--sanitizer address --target-dir target/fuzz-asan)
    # The sanitizer keeps freed memory. Leaks are not searched for.
    limits=(-timeout=60 -rss_limit_mb=4096 -detect_leaks=0)
    cargo fuzz build "${build[@]}" decode
    choose target/fuzz/seeds/opus '*opus*'
    fuzz decode asan-opus "$small" target/fuzz/seeds/opus
    choose target/fuzz/seeds/aac '*aac*' '*.m4a' '*.mp4'
    fuzz decode asan-aac "$small" target/fuzz/seeds/aac
}

main() {
    seconds=$1
    cargo fetch --quiet --locked
    case "${2-}" in
    '') fuzz_all ;;
    asan) fuzz_decoders ;;
    *) fail "unknown kind of run: $2" "known: asan" ;;
    esac
}

main "$@"
