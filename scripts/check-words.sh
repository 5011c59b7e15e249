#!/usr/bin/env bash
# Finds words that make our texts hard to read: old-fashioned ones, and `is no` in place of `is not a`.
# Prints each place and fails if there is one. Phrases of two words are also found across a line break.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# Each word with its replacement.
words='told|shall|whoever|amid|lest|is no|are no|what else is|of one.s own'
advice="Plain words: told → reported, returned, notified; shall → must; whoever → the client, the user;
amid → inside, during; lest → so that … not; is no, are no → is not a, are not;
what else is → other …; of one's own → your own."
# These uses are plain.
allowed='there (is|are) no|(is|are) no longer'

# Files that nobody writes by hand, texts of others, and this list itself.
skipped='(^|/)LICENSE|^(Cargo\.lock|package-lock\.json|fuzz/seeds/|scripts/check-words\.sh$)'

# places FILE...: FILE:LINE:TEXT for each line with such a word. Letters, digits and `_` make words.
places() {
    WORDS=$words ALLOWED=$allowed awk '
        BEGIN { words = "(^|[^a-z0-9_])(" ENVIRON["WORDS"] ")($|[^a-z0-9_])" }
        {
            line = tolower($0)
            # Without the marks of comments and lists at its beginning.
            text = line
            sub("^[ \\t/!*#>-]*", "", text)
            # The last words before the line break. They have already been checked on their own.
            joined = FNR > 1 ? last " " text : text
            gsub(ENVIRON["ALLOWED"], "", line)
            gsub(ENVIRON["ALLOWED"], "", joined)
            if (line ~ words || (joined ~ words && last !~ words)) print FILENAME ":" FNR ":" $0
            count = split(text, parts, /[ \t]+/)
            last = parts[count]
            for (back = 1; back < 3 && back < count; back++) last = parts[count - back] " " last
        }' "$@"
}

# Only text files: grep -I skips the others, and -s skips broken links.
mapfile -t files < <(git ls-files -z | xargs -0 grep -IlsE . | grep -vE "$skipped")
found=$(places "${files[@]}")
if [ -n "$found" ]; then
    printf '%s\n\n%s\n' "$found" "$advice" >&2
    exit 1
fi
