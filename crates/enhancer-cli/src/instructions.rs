//! The processor instructions to use.

use anyhow::anyhow;

use crate::failure::{Code, Failure, Side};

/// Limits the instructions to those that the environment names, to measure the speed on an older
/// machine; see docs/performance.md.
///
/// # Errors
/// If this machine does not have these instructions.
pub(crate) fn choose() -> Result<(), Failure> {
    const VARIABLE: &str = "ENHANCER_INSTRUCTIONS";
    let Ok(name) = std::env::var(VARIABLE) else { return Ok(()) };
    enhancer_core::use_instructions(&name).map_err(|names| {
        let names = names.join(", ");
        let error = anyhow!("{VARIABLE} is `{name}`; expected one that this machine has: {names}");
        Failure::new(Side::Usage, Code::Usage, error)
    })
}
