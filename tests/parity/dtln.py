"""DTLN in NumPy, with its two published ONNX stages: an oracle for the core's front-end.

It follows Westhausen and Meyer, "Dual-Signal Transformation LSTM Network for Real-Time Noise
Suppression" (Interspeech 2020): blocks without a window, the first stage's mask on the magnitude
with the noisy phase, the second stage's blocks overlap-added as they are. The states are carried
from block to block.
"""

import numpy as np
import onnxruntime
from paths import WEIGHTS

RATE = 16_000
BLOCK, SHIFT = 512, 128


class Stage:
    """One ONNX file with its states."""

    def __init__(self, file):
        path = WEIGHTS / "dtln" / file
        self.session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        self.input, self.state = (tensor.name for tensor in self.session.get_inputs())
        self.states = np.zeros((1, 2, 128, 2), np.float32)

    def step(self, values):
        given = {self.input: values.astype(np.float32)[None, None], self.state: self.states}
        output, self.states = self.session.run(None, given)
        return output[0, 0].astype(np.float64)


def enhance(samples):
    """The enhanced samples, aligned and of the same length; `samples` are mono at 16 kHz."""
    return driven(samples, Stage("model_1.onnx"), Stage("model_2.onnx"), BLOCK, SHIFT)


def driven(samples, first, second, block, shift):
    """The result of two stages for blocks of this length. The `step` of a stage takes and returns an array."""
    delay = block - shift
    length = len(samples)
    end = -(-length // shift) * shift + delay
    # The first block ends with the first shift.
    given = np.concatenate([np.zeros(delay), samples, np.zeros(end - length)])
    taken = np.zeros(end + delay)
    for at in range(0, end, shift):
        spectrum = np.fft.rfft(given[at : at + block])
        masked = np.fft.irfft(spectrum * first.step(np.abs(spectrum)))
        taken[at : at + block] += second.step(masked)
    return taken[delay:][:length]
