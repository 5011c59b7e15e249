//! Which of the machine's instructions are used.

use anyhow::anyhow;

use crate::failure::{Code, Failure, Side};

/// Leaves out those of newer machines if the environment says so, to measure what an older one would
/// need; see docs/performance.md.
///
/// # Errors
/// If this machine does not have them.
pub(crate) fn choose() -> Result<(), Failure> {
    const VARIABLE: &str = "ENHANCER_INSTRUCTIONS";
    let Ok(name) = std::env::var(VARIABLE) else { return Ok(()) };
    enhancer_core::use_instructions(&name).map_err(|names| {
        let names = names.join(", ");
        let error = anyhow!("{VARIABLE} is `{name}`; expected one that this machine has: {names}");
        Failure::new(Side::Usage, Code::Usage, error)
    })
}
