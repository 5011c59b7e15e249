//! Prints the OpenAPI document of the server; `make openapi` keeps it in openapi.json.

use std::io::{Write, stdout};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    writeln!(stdout(), "{}", enhancer_server::openapi()?)?;
    Ok(())
}
