#!/usr/bin/env bash
# rustdoc for cargo (RUSTDOC=…) that writes JSON beside the lints of documentation, which a released
# rustdoc does too if it is asked like this. Only rustdoc gets the variable: build scripts that look
# for it would have crates compiled anew.
exec env RUSTC_BOOTSTRAP=1 rustdoc -Z unstable-options --output-format json "$@"
