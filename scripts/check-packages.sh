#!/usr/bin/env bash
# Checks that the crates can be published: cargo packs each; the package has its README, its licences and
# all files that the crate is compiled from, those inside it by include_bytes! too; and it is not too large.
# The arguments are a build of all crates that has been done before, such as `cargo clippy --workspace`:
# it says what they are compiled from, and takes no time again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# An error here is one of them without a description, of a version that is not ours, and the like.
crates=(enhancer-networks enhancer-core enhancer-models enhancer-http enhancer-server enhancer-cli)
# What crates.io accepts.
most_bytes=$((10 * 1024 * 1024))

# fail MESSAGE...: prints each on its line.
fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

# pack: without the network if all that is needed of the registry's index is there.
pack() {
    local command=(cargo package --quiet --locked --no-verify --allow-dirty)
    command+=("${crates[@]/#/--package=}")
    "${command[@]}" --offline 2>/dev/null || "${command[@]}"
}

# sources CRATE: the files of its library or its program, from the folder of the crate on.
sources() {
    local library
    # Of an artifact libNAME-HASH.rmeta the file NAME-HASH.d lists what it is made of.
    library=$(sed -nE "/crates\/$1#.*\"kind\":\[\"(lib|bin)\"\].*\"test\":false\},\"features\"/s/.*\"([^\"]*)\/lib([^\"\/]*)\.rmeta\".*/\1\/\2.d/p" <<<"$artifacts")
    [ -f "$library" ] || fail "$1: cargo does not say what it is compiled from: ${library:-nothing}"
    # One line for each file, such as `crates/enhancer-models/src/../models/gtcrn/model.json:`.
    sed -nE 's/:$//p' "$library" | xargs realpath -s --relative-to="crates/$1"
}

# check CRATE: its package against what it needs.
check() {
    local package packed needed missing bytes
    package=$(echo "$target"/package/"$1"-[0-9]*.crate)
    bytes=$(stat -c %s "$package")
    [ "$bytes" -le $most_bytes ] || fail "$package has $bytes bytes, and crates.io accepts $most_bytes"
    # Each file is in the folder NAME-VERSION of the package.
    packed=$(tar -tzf "$package" | cut -d/ -f2- | sort)
    needed=$(printf '%s\n' README.md LICENSE-APACHE LICENSE-MIT "$(sources "$1")" | sort -u)
    missing=$(comm -13 <(echo "$packed") <(echo "$needed"))
    [ -z "$missing" ] || fail "The package of $1 does not have these files, which it needs:" "$missing"
    printf '%s: %s files, %s KiB\n' "$1" "$(wc -l <<<"$packed")" $((bytes / 1024))
}

target=${CARGO_TARGET_DIR:-target}
artifacts=$("$@" --message-format=json)
rm -rf "$target/package"
pack
for crate in "${crates[@]}"; do check "$crate"; done
