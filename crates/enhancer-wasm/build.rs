//! How the module is linked: with a memory that web workers share, or without threads.
//!
//! The modules with and without threads are linked from the same objects, compiled with atomics,
//! so that the core and all that it needs is compiled once. The linker lays both out as one with
//! threads: without `--shared-memory` it gives thread-local variables of such objects wrong
//! addresses. Then `scripts/unshare-memory.mjs` makes the memory an ordinary one. There atomic
//! instructions do what the plain ones do; only waiting traps, and nobody waits where there is one
//! thread.

/// A shared memory must declare a ceiling: 1 GiB. Browsers reserve this much address space at
/// once, and some refuse more.
const MAX_SHARED_MEMORY: u64 = 1 << 30;
/// An ordinary memory grows as it is needed, up to what 32 bits can address.
const MAX_MEMORY: u64 = 1 << 32;

/// wasm-bindgen gives each worker its thread-local storage through these.
const TLS: [&str; 4] = ["__wasm_init_tls", "__tls_size", "__tls_align", "__tls_base"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "wasm32") {
        let threads = std::env::var_os("CARGO_FEATURE_THREADS").is_some();
        link(threads);
    }
}

fn link(threads: bool) {
    let argument = |argument: String| println!("cargo::rustc-link-arg={argument}");
    argument("--shared-memory".into());
    if !threads {
        return argument(format!("--max-memory={MAX_MEMORY}"));
    }
    argument(format!("--max-memory={MAX_SHARED_MEMORY}"));
    // One memory for all web workers, made by the page's worker and imported by each.
    argument("--import-memory".into());
    for symbol in TLS {
        argument(format!("--export={symbol}"));
    }
}
