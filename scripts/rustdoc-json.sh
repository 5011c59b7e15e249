#!/usr/bin/env bash
# A rustdoc for cargo (RUSTDOC=…) that writes JSON and also runs the lints of documentation.
# RUSTC_BOOTSTRAP lets a released rustdoc do this. Only rustdoc gets the variable: some build
# scripts look for it, and their crates would be compiled again.
exec env RUSTC_BOOTSTRAP=1 rustdoc -Z unstable-options --output-format json "$@"
