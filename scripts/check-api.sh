#!/usr/bin/env bash
# check-api.sh [write]: compares the public interfaces of the library crates with their listings,
# crates/*/public-api.txt; `write` writes the listings. So every change of an interface is visible
# in a commit.
#
# Documents these crates, which `make lint` does anyway, as JSON.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"

crates=(enhancer-networks enhancer-core enhancer-models enhancer-http)
# The format that the crate in tests/public-api reads. rustdoc 1.95 writes it.
readable=57

# listing CRATE: its public interface, one item on each line.
listing() {
    cargo run --quiet --locked --manifest-path tests/public-api/Cargo.toml --target-dir target/public-api -- \
        "target/doc/${1//-/_}.json"
}

format=$(grep -o '"format_version":[0-9]*' target/doc/enhancer_core.json | cut -d: -f2)
if [ "$format" != "$readable" ]; then
    differs="public interfaces: rustdoc's JSON has format $format, tests/public-api reads $readable"
    [ -z "${CI:-}" ] || fail "$differs" "update public-api in tests/public-api and the number in scripts/check-api.sh"
    say "$differs: skipped"
    exit
fi
for crate in "${crates[@]}"; do
    file=crates/$crate/public-api.txt
    if [ "${1:-}" = write ]; then
        listing "$crate" >"$file"
    else
        diff -u "$file" <(listing "$crate") ||
            fail "the public interface of $crate is not the one in $file" \
                "if the change is meant: make public-api"
    fi
done
say "public interfaces: as in their listings"
