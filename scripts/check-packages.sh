#!/usr/bin/env bash
# Checks that the crates can be published: cargo packs each, and the package has its README, its licences and
# the files that its code includes. It compiles nothing, so that lint stays quick.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

crates=(enhancer-networks enhancer-core enhancer-models enhancer-http enhancer-server enhancer-cli)
# The maximum size of a package on crates.io.
most_bytes=$((10 * 1024 * 1024))

# fail MESSAGE...: prints each message on its own line, and exits.
fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

# pack: packs the crates; without the network, if the registry's index is there.
pack() {
    local command=(cargo package --quiet --locked --no-verify --allow-dirty)
    command+=("${crates[@]/#/--package=}")
    "${command[@]}" --offline 2>/dev/null || "${command[@]}"
}

# included CRATE: the files that its code includes, relative to the folder of the crate. Tests are left
# out, because packages do not contain them.
included() {
    local file path
    find "crates/$1/src" -name '*.rs' -not -name 'tests.rs' -not -path '*/tests/*' | while read -r file; do
        sed -nE '/^mod tests \{/q; s/.*include_(str|bytes)!\("([^"]+)"\).*/\2/p' "$file" |
            while read -r path; do echo "$(dirname "$file")/$path"; done
        # Files of models, which a macro of this name includes.
        sed -nE 's/.*\bfile!\("([^"]+)"\).*/\1/p' "$file" |
            while read -r path; do echo "crates/$1/models/$path"; done
    done | xargs --no-run-if-empty realpath -s --relative-to="crates/$1"
}

# check CRATE: checks that its package has all files that it needs.
check() {
    local package bytes packed needed missing
    package=$(echo "$target"/package/"$1"-[0-9]*.crate)
    bytes=$(wc -c <"$package")
    [ "$bytes" -le $most_bytes ] || fail "$package has $bytes bytes, and crates.io accepts $most_bytes"
    # Each file is in the folder NAME-VERSION of the package.
    packed=$(tar -tzf "$package" | cut -d/ -f2- | sort)
    needed=$(printf '%s\n' README.md LICENSE-APACHE LICENSE-MIT && included "$1")
    missing=$(comm -13 <(echo "$packed") <(sort -u <<<"$needed"))
    [ -z "$missing" ] || fail "The package of $1 does not have these files, which it needs:" "$missing"
    printf '%s: %s files, %s KiB\n' "$1" "$(wc -l <<<"$packed")" $((bytes / 1024))
}

target=${CARGO_TARGET_DIR:-target}
rm -rf "$target/package"
pack
for crate in "${crates[@]}"; do check "$crate"; done
