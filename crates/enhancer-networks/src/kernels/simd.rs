//! Vectors of the machine's instruction sets, behind one trait.
//!
//! No crate for this offers AVX-512, the widening of float16, and the vectors of WebAssembly
//! together.

/// An instruction set.
///
/// # Safety
/// Its functions may only be called on a machine that has the instructions: see
/// [`Isa::run`](super::Isa::run).
pub(super) trait Simd: Copy {
    /// A vector of floats.
    type V: Copy;
    /// Floats per vector.
    const LANES: usize;
    /// Vectors side by side in a tile of a product, and its rows. The accumulators of a tile, the
    /// vectors of the weights and one value must fit into the registers.
    const TILE: (usize, usize);
    /// Rows of a tile that is one vector wide.
    const TALL: usize;
    /// Vectors side by side where a product has one row: enough to hide the latency of
    /// a multiplication.
    const WIDE: usize;

    unsafe fn load(from: *const f32) -> Self::V;
    /// Reads and widens a vector of float16 numbers.
    unsafe fn load_half(from: *const u16) -> Self::V;
    unsafe fn store(to: *mut f32, v: Self::V);
    /// Reads the first `count` floats, fewer than a vector has. The others are zeros.
    #[inline(always)]
    unsafe fn load_part(from: *const f32, count: usize) -> Self::V {
        let mut part = [0.0; 16];
        // SAFETY: as this function.
        unsafe {
            std::ptr::copy_nonoverlapping(from, part.as_mut_ptr(), count);
            Self::load(part.as_ptr())
        }
    }
    /// Writes the first `count` floats, fewer than a vector has.
    #[inline(always)]
    unsafe fn store_part(to: *mut f32, v: Self::V, count: usize) {
        let mut part = [0.0; 16];
        // SAFETY: as this function.
        unsafe {
            Self::store(part.as_mut_ptr(), v);
            std::ptr::copy_nonoverlapping(part.as_ptr(), to, count);
        }
    }
    unsafe fn splat(x: f32) -> Self::V;
    unsafe fn add(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn sub(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn mul(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn div(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn max(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn min(a: Self::V, b: Self::V) -> Self::V;
    unsafe fn sqrt(a: Self::V) -> Self::V;
    /// `a · b + c`, rounded once or twice.
    unsafe fn mul_add(a: Self::V, b: Self::V, c: Self::V) -> Self::V;
}

/// Implements functions of [`Simd`] by one expression each.
macro_rules! by {
    ($(fn $name:ident($($arg:ident: $type:ty),*) $(-> $out:ty)? = $value:expr;)*) => {$(
        #[inline(always)]
        unsafe fn $name($($arg: $type),*) $(-> $out)? {
            // SAFETY: the caller has made sure that the machine has the instruction, and
            // that pointers are valid for as many numbers as a vector has.
            #[allow(unused_unsafe, reason = "some intrinsics are safe")]
            unsafe { $value }
        }
    )*};
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::Simd;

    /// AVX-512 F.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Avx512;

    impl Simd for Avx512 {
        type V = __m512;
        const LANES: usize = 16;
        const TILE: (usize, usize) = (4, 6);
        const TALL: usize = 12;
        const WIDE: usize = 8;

        by! {
            fn load(from: *const f32) -> __m512 = _mm512_loadu_ps(from);
            fn load_half(from: *const u16) -> __m512 = _mm512_cvtph_ps(_mm256_loadu_si256(from.cast()));
            fn store(to: *mut f32, v: __m512) = _mm512_storeu_ps(to, v);
            fn load_part(from: *const f32, count: usize) -> __m512 =
                _mm512_maskz_loadu_ps((1u16 << count) - 1, from);
            fn store_part(to: *mut f32, v: __m512, count: usize) =
                _mm512_mask_storeu_ps(to, (1u16 << count) - 1, v);
            fn splat(x: f32) -> __m512 = _mm512_set1_ps(x);
            fn add(a: __m512, b: __m512) -> __m512 = _mm512_add_ps(a, b);
            fn sub(a: __m512, b: __m512) -> __m512 = _mm512_sub_ps(a, b);
            fn mul(a: __m512, b: __m512) -> __m512 = _mm512_mul_ps(a, b);
            fn div(a: __m512, b: __m512) -> __m512 = _mm512_div_ps(a, b);
            fn max(a: __m512, b: __m512) -> __m512 = _mm512_max_ps(a, b);
            fn min(a: __m512, b: __m512) -> __m512 = _mm512_min_ps(a, b);
            fn sqrt(a: __m512) -> __m512 = _mm512_sqrt_ps(a);
            fn mul_add(a: __m512, b: __m512, c: __m512) -> __m512 = _mm512_fmadd_ps(a, b, c);
        }
    }

    /// The mask of the first `count` of eight numbers.
    #[inline(always)]
    unsafe fn first(count: usize) -> __m256i {
        const MASKS: [i32; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];
        // SAFETY: as this function; `count` is at most 8.
        unsafe { _mm256_loadu_si256(MASKS.as_ptr().add(8 - count).cast()) }
    }

    /// AVX2 with FMA and F16C.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Avx2;

    impl Simd for Avx2 {
        type V = __m256;
        const LANES: usize = 8;
        const TILE: (usize, usize) = (2, 6);
        const TALL: usize = 8;
        const WIDE: usize = 8;

        by! {
            fn load(from: *const f32) -> __m256 = _mm256_loadu_ps(from);
            fn load_half(from: *const u16) -> __m256 = _mm256_cvtph_ps(_mm_loadu_si128(from.cast()));
            fn store(to: *mut f32, v: __m256) = _mm256_storeu_ps(to, v);
            fn load_part(from: *const f32, count: usize) -> __m256 =
                _mm256_maskload_ps(from, first(count));
            fn store_part(to: *mut f32, v: __m256, count: usize) =
                _mm256_maskstore_ps(to, first(count), v);
            fn splat(x: f32) -> __m256 = _mm256_set1_ps(x);
            fn add(a: __m256, b: __m256) -> __m256 = _mm256_add_ps(a, b);
            fn sub(a: __m256, b: __m256) -> __m256 = _mm256_sub_ps(a, b);
            fn mul(a: __m256, b: __m256) -> __m256 = _mm256_mul_ps(a, b);
            fn div(a: __m256, b: __m256) -> __m256 = _mm256_div_ps(a, b);
            fn max(a: __m256, b: __m256) -> __m256 = _mm256_max_ps(a, b);
            fn min(a: __m256, b: __m256) -> __m256 = _mm256_min_ps(a, b);
            fn sqrt(a: __m256) -> __m256 = _mm256_sqrt_ps(a);
            fn mul_add(a: __m256, b: __m256, c: __m256) -> __m256 = _mm256_fmadd_ps(a, b, c);
        }
    }
}

#[cfg(target_arch = "x86_64")]
pub(super) use x86::{Avx2, Avx512};

#[cfg(target_arch = "aarch64")]
mod arm {
    use std::arch::aarch64::*;

    use super::Simd;

    /// NEON, which every 64-bit ARM has.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Neon;

    impl Simd for Neon {
        type V = float32x4_t;
        const LANES: usize = 4;
        const TILE: (usize, usize) = (4, 6);
        const TALL: usize = 12;
        const WIDE: usize = 12;

        by! {
            fn load(from: *const f32) -> float32x4_t = vld1q_f32(from);
            fn load_half(from: *const u16) -> float32x4_t = vld1q_f32(super::widened(from).as_ptr());
            fn store(to: *mut f32, v: float32x4_t) = vst1q_f32(to, v);
            fn splat(x: f32) -> float32x4_t = vdupq_n_f32(x);
            fn add(a: float32x4_t, b: float32x4_t) -> float32x4_t = vaddq_f32(a, b);
            fn sub(a: float32x4_t, b: float32x4_t) -> float32x4_t = vsubq_f32(a, b);
            fn mul(a: float32x4_t, b: float32x4_t) -> float32x4_t = vmulq_f32(a, b);
            fn div(a: float32x4_t, b: float32x4_t) -> float32x4_t = vdivq_f32(a, b);
            fn max(a: float32x4_t, b: float32x4_t) -> float32x4_t = vmaxq_f32(a, b);
            fn min(a: float32x4_t, b: float32x4_t) -> float32x4_t = vminq_f32(a, b);
            fn sqrt(a: float32x4_t) -> float32x4_t = vsqrtq_f32(a);
            fn mul_add(a: float32x4_t, b: float32x4_t, c: float32x4_t) -> float32x4_t = vfmaq_f32(c, a, b);
        }
    }
}

#[cfg(target_arch = "aarch64")]
pub(super) use arm::Neon;

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm {
    use std::arch::wasm32::*;

    use super::Simd;

    /// The vectors of WebAssembly. Engines have 16 registers on most machines. With more
    /// accumulators, a product takes twice as long.
    #[derive(Clone, Copy)]
    pub(in super::super) struct Simd128;

    impl Simd for Simd128 {
        type V = v128;
        const LANES: usize = 4;
        const TILE: (usize, usize) = (2, 4);
        const TALL: usize = 4;
        const WIDE: usize = 6;

        by! {
            fn load(from: *const f32) -> v128 = v128_load(from.cast());
            fn load_half(from: *const u16) -> v128 = v128_load(super::widened(from).as_ptr().cast());
            fn store(to: *mut f32, v: v128) = v128_store(to.cast(), v);
            fn splat(x: f32) -> v128 = f32x4_splat(x);
            fn add(a: v128, b: v128) -> v128 = f32x4_add(a, b);
            fn sub(a: v128, b: v128) -> v128 = f32x4_sub(a, b);
            fn mul(a: v128, b: v128) -> v128 = f32x4_mul(a, b);
            fn div(a: v128, b: v128) -> v128 = f32x4_div(a, b);
            fn max(a: v128, b: v128) -> v128 = f32x4_pmax(a, b);
            fn min(a: v128, b: v128) -> v128 = f32x4_pmin(a, b);
            fn sqrt(a: v128) -> v128 = f32x4_sqrt(a);
            fn mul_add(a: v128, b: v128, c: v128) -> v128 = f32x4_add(f32x4_mul(a, b), c);
        }
    }
}

#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
pub(super) use wasm::Simd128;

/// Four floats without vector instructions.
#[derive(Clone, Copy)]
pub(super) struct Portable;

impl Portable {
    fn each(a: [f32; 4], b: [f32; 4], f: impl Fn(f32, f32) -> f32) -> [f32; 4] {
        std::array::from_fn(|at| f(a[at], b[at]))
    }
}

impl Simd for Portable {
    type V = [f32; 4];
    const LANES: usize = 4;
    const TILE: (usize, usize) = (2, 4);
    const TALL: usize = 4;
    const WIDE: usize = 6;

    by! {
        fn load(from: *const f32) -> [f32; 4] = from.cast::<[f32; 4]>().read_unaligned();
        fn load_half(from: *const u16) -> [f32; 4] = widened(from);
        fn store(to: *mut f32, v: [f32; 4]) = to.cast::<[f32; 4]>().write_unaligned(v);
        fn splat(x: f32) -> [f32; 4] = [x; 4];
        fn add(a: [f32; 4], b: [f32; 4]) -> [f32; 4] = Portable::each(a, b, |a, b| a + b);
        fn sub(a: [f32; 4], b: [f32; 4]) -> [f32; 4] = Portable::each(a, b, |a, b| a - b);
        fn mul(a: [f32; 4], b: [f32; 4]) -> [f32; 4] = Portable::each(a, b, |a, b| a * b);
        fn div(a: [f32; 4], b: [f32; 4]) -> [f32; 4] = Portable::each(a, b, |a, b| a / b);
        fn max(a: [f32; 4], b: [f32; 4]) -> [f32; 4] = Portable::each(a, b, |a, b| if a > b { a } else { b });
        fn min(a: [f32; 4], b: [f32; 4]) -> [f32; 4] = Portable::each(a, b, |a, b| if a < b { a } else { b });
        fn sqrt(a: [f32; 4]) -> [f32; 4] = a.map(f32::sqrt);
        fn mul_add(a: [f32; 4], b: [f32; 4], c: [f32; 4]) -> [f32; 4] =
            Portable::each(Portable::each(a, b, |a, b| a * b), c, |ab, c| ab + c);
    }
}

/// Four float16 numbers, where the machine has no instruction for it.
#[allow(dead_code, reason = "not where there is one")]
#[inline(always)]
unsafe fn widened(from: *const u16) -> [f32; 4] {
    // SAFETY: the caller has made sure that there are four numbers.
    unsafe { from.cast::<[u16; 4]>().read_unaligned() }.map(super::half::widen)
}
