//! Real Fourier transforms of one length, with their scratch memory.

use std::sync::Arc;

use realfft::num_complex::Complex32;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};

/// The magnitude of a bin. Values of audio are far from the limits of floats, so this does not need
/// the slower `norm`, which avoids overflow.
pub(super) fn size(bin: Complex32) -> f32 {
    bin.norm_sqr().sqrt()
}

/// The plans for one length. All streams of a model share them.
#[derive(Clone)]
pub(super) struct Plans {
    forward: Arc<dyn RealToComplex<f32>>,
    inverse: Arc<dyn ComplexToReal<f32>>,
}

impl Plans {
    /// Creates plans for blocks of `len` samples. `len` is even and not 0.
    pub(super) fn new(len: usize) -> Plans {
        let mut planner = RealFftPlanner::new();
        Plans { forward: planner.plan_fft_forward(len), inverse: planner.plan_fft_inverse(len) }
    }

    /// Samples in a block.
    pub(super) fn len(&self) -> usize {
        self.forward.len()
    }

    /// Bins in a spectrum, from 0 Hz to half the sample rate.
    pub(super) fn bins(&self) -> usize {
        self.forward.complex_len()
    }
}

/// The buffers of one stream, which transform one block after the other without allocating.
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

    /// Computes the spectrum of `block`, without scaling. The content of `block` is overwritten.
    pub(super) fn forward(&mut self, block: &mut [f32], spectrum: &mut [Complex32]) {
        self.plans
            .forward
            .process_with_scratch(block, spectrum, &mut self.forward_scratch)
            .expect("all lengths are the plan's");
    }

    /// Computes the block of `spectrum`, without scaling: [`forward`](Self::forward) and this
    /// multiply a block by its length. Imaginary parts at 0 Hz and at half the sample rate, which
    /// no real block has, are ignored.
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
