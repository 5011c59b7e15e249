//! The world `library`, which imports nothing.

mod controls;
mod enhance;
mod error;
mod models;
mod streaming;

#[allow(unsafe_code, reason = "it is generated")]
mod bindings {
    wit_bindgen::generate!({ world: "library", path: "wit" });

    use super::Library as Exported;
    export!(Exported);
}

/// Exports the interfaces.
struct Library;
