//! How the module is linked: with a memory that web workers share, or without threads.
//!
//! Both modules are linked from the same objects, compiled with atomics, so that the core and
//! all that it needs is compiled once. Without a shared memory atomic instructions are valid and
//! do what the plain ones do; only waiting traps, and nobody waits where there is one thread.
//! What asks at compile time whether there are threads is compiled again, by `single.toml`.

/// A shared memory must declare a ceiling: 1 GiB. Browsers reserve this much address space at
/// once, and some refuse more.
const MAX_MEMORY: u32 = 1 << 30;

/// wasm-bindgen gives each worker its thread-local storage through these.
const TLS: [&str; 4] = ["__wasm_init_tls", "__tls_size", "__tls_align", "__tls_base"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let set = |variable| std::env::var_os(variable).is_some();
    let wasm = std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "wasm32");
    if !wasm || !set("CARGO_FEATURE_THREADS") {
        return;
    }
    // One memory for all web workers, made by the page's worker and imported by each.
    println!("cargo::rustc-link-arg=--shared-memory");
    println!("cargo::rustc-link-arg=--import-memory");
    println!("cargo::rustc-link-arg=--max-memory={MAX_MEMORY}");
    for symbol in TLS {
        println!("cargo::rustc-link-arg=--export={symbol}");
    }
}
