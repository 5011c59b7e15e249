//! Prints the public interface of a crate, an item a line, from the JSON that rustdoc wrote of it:
//!
//! ```sh
//! public-api-listing target/doc/enhancer_core.json
//! ```

use std::io::Write;
use std::path::PathBuf;

use anyhow::Context;

fn main() -> anyhow::Result<()> {
    let json: PathBuf = std::env::args_os().nth(1).context("the path of rustdoc's JSON")?.into();
    let api = public_api::Builder::from_rustdoc_json(&json)
        .sorted(true)
        .omit_blanket_impls(true)
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true)
        .build()
        .with_context(|| format!("{} could not be read", json.display()))?;
    write!(std::io::stdout().lock(), "{api}").context("standard output")
}
