#!/usr/bin/env bash
# check-api.sh [write]: compares the public interfaces of the crates that others build on with their
# listings, crates/*/public-api.txt; `write` writes the listings. A change of an interface is then a
# change that a reader of the commit sees.
#
# Documents these crates, which `make lint` does anyway, as JSON.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$root"

crates=(enhancer-networks enhancer-core enhancer-models enhancer-http)
# What the crate in tests/public-api reads: rustdoc 1.95 writes it.
readable=57

# listing CRATE: its public interface, an item a line.
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
