//! Real Fourier transforms of one length, with their scratch space.

use std::sync::Arc;

use realfft::num_complex::Complex32;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

/// The size of a bin. Those of audio are far from the ends of the range of floats,
/// which a slower way than this would heed.
pub(super) fn size(bin: Complex32) -> f32 {
    bin.norm_sqr().sqrt()
}

/// The plans of a length, shared by all streams of a model.
#[derive(Clone)]
pub(super) struct Plans {
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
}

impl Plans {
    /// For blocks of `len` samples, which is even and not 0.
    pub(super) fn new(len: usize) -> Plans {
        let mut planner = RealFftPlanner::new();
        Plans { forward: planner.plan_fft_forward(len), inverse: planner.plan_fft_inverse(len) }
    }

    /// Samples of a block.
    pub(super) fn len(&self) -> usize {
        self.forward.len()
    }

    /// Bins of a spectrum, from 0 Hz to half the sample rate.
    pub(super) fn bins(&self) -> usize {
        self.forward.complex_len()
    }
}

/// What one stream needs to transform blocks, one after the other, without
/// allocating.
pub(super) struct Transform {
    plans: Plans,
    spectrum: Vec<Complex32>,
    forward_scratch: Vec<Complex32>,
    inverse_scratch: Vec<Complex32>,
}

impl Transform {
    pub(super) fn new(plans: &Plans) -> Transform {
        Transform {
            spectrum: plans.forward.make_output_vec(),
            forward_scratch: plans.forward.make_scratch_vec(),
            inverse_scratch: plans.inverse.make_scratch_vec(),
            plans: plans.clone(),
        }
    }

    /// The spectrum of `block`, which is used up, not scaled.
    pub(super) fn forward(&mut self, block: &mut [f32], spectrum: &mut [Complex32]) {
        self.plans
            .forward
            .process_with_scratch(block, spectrum, &mut self.forward_scratch)
            .expect("all lengths are the plan's");
    }

    /// The block of `spectrum`, not scaled: as many times the block that
    /// [`forward`](Self::forward) took as it has samples. Imaginary parts at 0 Hz
    /// and at half the sample rate, which no real block has, are dropped.
    pub(super) fn inverse(&mut self, spectrum: &[Complex32], block: &mut [f32]) {
        self.spectrum.copy_from_slice(spectrum);
        let last = self.spectrum.len() - 1;
        self.spectrum[0].im = 0.0;
        self.spectrum[last].im = 0.0;
        self.plans
            .inverse
            .process_with_scratch(&mut self.spectrum, block, &mut self.inverse_scratch)
            .expect("all lengths are the plan's, and the ends are real");
    }
}
