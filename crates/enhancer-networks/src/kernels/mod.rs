//! The hot loops, in the instructions of the machine at hand.
//!
//! This is the only module of the project with `unsafe`. A kernel is built from sizes,
//! strides and tables of offsets. It computes once how far they reach, and each run checks that
//! its slices are that long. The loops themselves use pointers. Each kernel is tested against a
//! simple loop, on every instruction set that the machine has.
#![allow(unsafe_code)]

mod aligned;
mod chain;
mod copies;
mod depthwise;
mod elementwise;
mod gated;
mod half;
mod math;
pub(crate) mod numbers;
mod product;
mod rows;
mod simd;
mod winograd;

#[cfg(test)]
mod tests;

pub(crate) use aligned::Floats;
pub(crate) use chain::{Chain, Link, MOST_LEAVES, MOST_LINKS};
// Only what compiles networks uses `side_by_side` and `Function`.
#[cfg_attr(not(feature = "tflite"), allow(unused_imports))]
pub(crate) use copies::{Copies, Pair, runs as side_by_side};
pub(crate) use depthwise::{Depthwise, DepthwiseShape};
#[cfg_attr(not(feature = "tflite"), allow(unused_imports))]
pub(crate) use elementwise::{Binary, Elementwise, Function, Runs, Unary};
pub(crate) use math::Activation;
pub(crate) use product::{Product, ProductShape, Weights};
pub(crate) use rows::{RootMeanSquare, RowKernel, RowSum};
pub(crate) use winograd::{CHANNELS as WINOGRAD_CHANNELS, Winograd, WinogradShape};

use std::sync::OnceLock;

use simd::Simd;

/// The instruction sets that have kernels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Isa {
    #[cfg(target_arch = "x86_64")]
    Avx512,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "aarch64")]
    Neon,
    #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
    Simd128,
    /// Not in WebAssembly with vectors: nobody would run it, but everybody would download it.
    #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
    Portable,
}

/// The instruction set that was chosen.
static CHOSEN: OnceLock<Isa> = OnceLock::new();

/// Makes all networks that are prepared from now on use the instruction set `name`, to measure the
/// speed of an older machine. By default they use the fastest that the machine has.
///
/// # Errors
/// The names of the instruction sets that this machine has, if `name` is not one of them or another
/// was chosen before.
pub fn use_instructions(name: &str) -> Result<(), Vec<&'static str>> {
    let here = Isa::all();
    let chosen = here.iter().find(|isa| isa.name() == name);
    match chosen.map(|isa| CHOSEN.get_or_init(|| *isa) == isa) {
        Some(true) => Ok(()),
        _ => Err(here.into_iter().map(Isa::name).collect()),
    }
}

/// Work that can run with any instruction set.
///
/// # Safety
/// `run` must be called on a machine that has the instructions.
trait Kernel {
    unsafe fn run<S: Simd>(self);
}

impl Isa {
    /// The instruction sets that machines of this target may have, the fastest first.
    const OF_TARGET: &[Isa] = &[
        #[cfg(target_arch = "x86_64")]
        Isa::Avx512,
        #[cfg(target_arch = "x86_64")]
        Isa::Avx2,
        #[cfg(target_arch = "aarch64")]
        Isa::Neon,
        #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
        Isa::Simd128,
        #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
        Isa::Portable,
    ];

    /// The instruction sets that this machine has, the fastest first.
    pub(crate) fn all() -> Vec<Isa> {
        Isa::OF_TARGET.iter().copied().filter(|isa| isa.is_here()).collect()
    }

    fn is_here(self) -> bool {
        #[cfg(target_arch = "x86_64")]
        let has_avx2 = || {
            std::is_x86_feature_detected!("avx2")
                && std::is_x86_feature_detected!("fma")
                && std::is_x86_feature_detected!("f16c")
        };
        match self {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => has_avx2() && std::is_x86_feature_detected!("avx512f"),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => has_avx2(),
            _ => true,
        }
    }

    /// The instruction set that was chosen, or else the fastest that this machine has.
    pub(crate) fn best() -> Isa {
        CHOSEN.get().copied().unwrap_or_else(|| Isa::all()[0])
    }

    fn name(self) -> &'static str {
        match self {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => "avx512",
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => "avx2",
            #[cfg(target_arch = "aarch64")]
            Isa::Neon => "neon",
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Isa::Simd128 => "simd128",
            #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
            Isa::Portable => "portable",
        }
    }

    /// Floats per vector.
    fn lanes(self) -> usize {
        self.of(|shape| shape.lanes)
    }

    /// Vectors side by side in a tile of a product of many rows.
    fn tile(self) -> usize {
        self.of(|shape| shape.tile)
    }

    /// Vectors side by side in a product of one row.
    fn wide(self) -> usize {
        self.of(|shape| shape.wide)
    }

    fn of(self, pick: impl Fn(Shape) -> usize) -> usize {
        pick(match self {
            #[cfg(target_arch = "x86_64")]
            Isa::Avx512 => Shape::of::<simd::Avx512>(),
            #[cfg(target_arch = "x86_64")]
            Isa::Avx2 => Shape::of::<simd::Avx2>(),
            #[cfg(target_arch = "aarch64")]
            Isa::Neon => Shape::of::<simd::Neon>(),
            #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
            Isa::Simd128 => Shape::of::<simd::Simd128>(),
            #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
            Isa::Portable => Shape::of::<simd::Portable>(),
        })
    }

    /// Runs a kernel. Values of `Isa` come only from [`Isa::all`], so the machine has the
    /// instructions.
    #[inline]
    fn run(self, kernel: impl Kernel) {
        // SAFETY: the machine has the instructions.
        unsafe {
            match self {
                #[cfg(target_arch = "x86_64")]
                Isa::Avx512 => with_avx512(kernel),
                #[cfg(target_arch = "x86_64")]
                Isa::Avx2 => with_avx2(kernel),
                #[cfg(target_arch = "aarch64")]
                Isa::Neon => kernel.run::<simd::Neon>(),
                #[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
                Isa::Simd128 => kernel.run::<simd::Simd128>(),
                #[cfg(not(all(target_arch = "wasm32", target_feature = "simd128")))]
                Isa::Portable => kernel.run::<simd::Portable>(),
            }
        }
    }
}

struct Shape {
    lanes: usize,
    tile: usize,
    wide: usize,
}

impl Shape {
    fn of<S: Simd>() -> Shape {
        Shape { lanes: S::LANES, tile: S::TILE.0, wide: S::WIDE }
    }
}

// All functions that a kernel calls are inlined here, where the compiler may use the instructions.

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx2,fma,f16c")]
unsafe fn with_avx512(kernel: impl Kernel) {
    // SAFETY: as this function.
    unsafe { kernel.run::<simd::Avx512>() }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,f16c")]
unsafe fn with_avx2(kernel: impl Kernel) {
    // SAFETY: as this function.
    unsafe { kernel.run::<simd::Avx2>() }
}
