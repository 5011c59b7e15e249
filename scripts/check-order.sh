#!/usr/bin/env bash
# Checks that a walk of audio through enhancer-core visits its folders once, in their order: the code of a
# folder uses its own and those before it. Tests may use all of them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../crates/enhancer-core/src"

# As in lib.rs, which lists them.
order=(audio tags read signal model engine write score job)
# What nearly all folders use lies beside them. Of the folders it uses at most the first.
advice="Move what both need to the folder that comes first, or to where it is used; docs/architecture.md says
what each folder is for."

listed=$(sed -nE 's/^mod ([a-z]+);$/\1/p' lib.rs | head -n ${#order[@]} | xargs)
if [ "$listed" != "${order[*]}" ]; then
    printf 'lib.rs lists the folders as: %s\nscripts/check-order.sh: %s\n' "$listed" "${order[*]}" >&2
    exit 1
fi

# uses FOLDER FILE...: FILE:LINE:TEXT for each use of that folder outside of tests and comments.
uses() {
    FOLDER=$1 awk '
        FNR == 1 { tests = 0 }
        /^mod tests \{/ { tests = 1 }
        { code = $0; sub("//.*", "", code) }
        !tests && code ~ "crate::" ENVIRON["FOLDER"] "([^a-z_]|$)" { print FILENAME ":" FNR ":" $0 }
    ' "${@:2}"
}

# code FOLDER: its files without those of tests.
code() {
    find "$1" -name '*.rs' -not -name 'tests.rs' -not -path '*/tests/*'
}

found=$(
    for at in "${!order[@]}"; do
        mapfile -t files < <(code "${order[at]}")
        for later in "${order[@]:at+1}"; do uses "$later" "${files[@]}"; done
    done
    mapfile -t beside < <(find . error -maxdepth 1 -name '*.rs' -not -name lib.rs -not -name typescript.rs)
    for folder in "${order[@]:1}"; do uses "$folder" "${beside[@]}"; done
)
if [ -n "$found" ]; then
    printf 'These lines go back in the order %s:\n%s\n\n%s\n' "${order[*]}" "$found" "$advice" >&2
    exit 1
fi
