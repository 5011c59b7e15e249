//! Functions of one number, on vectors.

use serde::{Deserialize, Serialize};

use super::simd::Simd;

/// A function applied to each result of a product or a convolution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Activation {
    #[default]
    None,
    /// `max(x, 0)`.
    Relu,
    Sigmoid,
    Tanh,
}

impl Activation {
    #[inline(always)]
    pub(super) unsafe fn of<S: Simd>(self, x: S::V) -> S::V {
        // SAFETY: as this function.
        unsafe {
            match self {
                Activation::None => x,
                Activation::Relu => S::max(x, S::splat(0.0)),
                Activation::Sigmoid => sigmoid::<S>(x),
                Activation::Tanh => tanh::<S>(x),
            }
        }
    }
}

/// The hyperbolic tangent, within 3e-7: Eigen's quotient of two polynomials, which
/// equals 1 from 7.9 on.
#[inline(always)]
pub(super) unsafe fn tanh<S: Simd>(x: S::V) -> S::V {
    const BOUND: f32 = 7.905_311;
    const OVER: [f32; 7] = [
        -2.760_768_5e-16,
        2.000_188e-13,
        -8.604_672e-11,
        5.122_297_1e-8,
        1.485_722_4e-5,
        6.372_619_3e-4,
        4.893_524_6e-3,
    ];
    const UNDER: [f32; 4] = [1.198_258_4e-6, 1.185_347_1e-4, 2.268_434_6e-3, 4.893_525e-3];
    // SAFETY: as this function.
    unsafe {
        let x = S::min(S::max(x, S::splat(-BOUND)), S::splat(BOUND));
        let square = S::mul(x, x);
        let over = S::mul(x, polynomial::<S, 7>(OVER, square));
        S::div(over, polynomial::<S, 4>(UNDER, square))
    }
}

/// `1 / (1 + exp(-x))`, within 3e-7.
#[inline(always)]
pub(super) unsafe fn sigmoid<S: Simd>(x: S::V) -> S::V {
    // SAFETY: as this function.
    unsafe {
        let half = S::splat(0.5);
        S::mul_add(tanh::<S>(S::mul(x, half)), half, half)
    }
}

/// The natural logarithm, computed number by number: built-in networks use few of them.
#[inline(always)]
pub(super) unsafe fn logarithm<S: Simd>(x: S::V) -> S::V {
    let mut part = [0.0f32; 16];
    // SAFETY: as this function; no vector has more than 16 numbers.
    unsafe {
        S::store(part.as_mut_ptr(), x);
        part[..S::LANES].iter_mut().for_each(|x| *x = x.ln());
        S::load(part.as_ptr())
    }
}

/// Evaluates a polynomial. The coefficient of the highest power comes first.
#[inline(always)]
unsafe fn polynomial<S: Simd, const N: usize>(coefficients: [f32; N], x: S::V) -> S::V {
    // SAFETY: as this function.
    unsafe {
        let mut sum = S::splat(coefficients[0]);
        let mut at = 1;
        while at < N {
            sum = S::mul_add(sum, x, S::splat(coefficients[at]));
            at += 1;
        }
        sum
    }
}
