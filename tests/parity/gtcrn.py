"""GTCRN in NumPy, with its published ONNX file: an oracle for the core's front-end `spectral`.

Windows are square roots of periodic Hann windows, both before the transform and after it; their
squares add up to 1 over two blocks. The states are carried from block to block.
"""

import numpy as np
import onnxruntime
from paths import WEIGHTS

RATE = 16_000
BLOCK, SHIFT = 512, 256
WINDOW = np.sqrt(np.hanning(BLOCK + 1)[:BLOCK])
FILE = WEIGHTS / "gtcrn" / "gtcrn_simple.onnx"


class Network:
    """The ONNX file with its states."""

    def __init__(self):
        self.session = onnxruntime.InferenceSession(FILE, providers=["CPUExecutionProvider"])
        self.inputs = self.session.get_inputs()
        self.states = [np.zeros(tensor.shape, np.float32) for tensor in self.inputs[1:]]

    def step(self, mix):
        """The enhanced frame for one [1, 257, 1, 2]."""
        names = [tensor.name for tensor in self.inputs]
        enhanced, *self.states = self.session.run(None, dict(zip(names, [mix, *self.states])))
        return enhanced


def enhance(samples):
    """The enhanced samples, aligned and of the same length; `samples` are mono at 16 kHz."""
    length = len(samples)
    blocks = -(-length // SHIFT) + 1
    given = np.zeros((blocks + 1) * SHIFT)
    given[SHIFT : SHIFT + length] = samples
    taken = np.zeros_like(given)
    network = Network()
    for at in range(0, blocks * SHIFT, SHIFT):
        spectrum = np.fft.rfft(given[at : at + BLOCK] * WINDOW)
        mix = np.stack([spectrum.real, spectrum.imag], -1).astype(np.float32)
        enhanced = network.step(mix[None, :, None, :])[0, :, 0].astype(np.float64)
        block = np.fft.irfft(enhanced[:, 0] + 1j * enhanced[:, 1])
        taken[at : at + BLOCK] += block * WINDOW
    return taken[SHIFT : SHIFT + length].astype(np.float32)
