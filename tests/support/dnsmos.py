"""DNSMOS P.835 with its published ONNX file: an oracle for `enhancer score`.

Windows of 9.01 s begin each second; a short recording is repeated. A window's raw outputs go through
polynomials, and the scores are means over the windows.
"""

import numpy as np
import onnxruntime
from paths import WEIGHTS

RATE = 16_000
WINDOW = 144_160
SCORES = ["signal", "background", "overall"]
# The highest power comes first.
POLYNOMIALS = [
    [-0.08397278, 1.22083953, 0.0052439],
    [-0.13166888, 1.60915514, -0.39604546],
    [-0.06766283, 1.11546468, 0.04602535],
]
FILE = WEIGHTS / "dnsmos" / "sig_bak_ovr.onnx"


def session():
    options = onnxruntime.SessionOptions()
    # With several threads, each waits for the others in a busy loop.
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(FILE, options, providers=["CPUExecutionProvider"])


def windows(samples):
    """The windows that are rated, mono at 16 kHz."""
    samples = np.asarray(samples, np.float32)
    while len(samples) < WINDOW:
        samples = np.concatenate([samples, samples])
    count = max(1, len(samples) // RATE - 9)
    return [samples[at * RATE :][:WINDOW] for at in range(count)]


def score(samples, network):
    """The scores of `samples`, mono at 16 kHz, by name."""
    raw = [network.run(None, {"input_1": window[None]})[0][0] for window in windows(samples)]
    rated = [[np.polyval(p, x) for p, x in zip(POLYNOMIALS, one)] for one in raw]
    return dict(zip(SCORES, np.mean(rated, axis=0)))
