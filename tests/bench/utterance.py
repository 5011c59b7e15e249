"""The published parts of DeepFilterNet 3 in onnxruntime, over a whole utterance: `utterance.py SECONDS` prints
the seconds that the network takes for a recording of this length, on one thread.

Only the network runs, on features that are noise, after one run that does not count.
"""

import sys
import time

import numpy as np
import onnxruntime
from paths import WEIGHTS

HOPS_IN_SECOND = 100


def session(part):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    file = WEIGHTS / "deepfilternet3" / f"{part}.onnx"
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])


def run(encoder, erb, filter, features):
    names = [output.name for output in encoder.get_outputs()]
    made = dict(zip(names, encoder.run(None, features)))
    (mask,) = erb.run(["m"], {name: made[name] for name in ["emb", "e3", "e2", "e1", "e0"]})
    (coefficients,) = filter.run(["coefs"], {name: made[name] for name in ["emb", "c0"]})
    assert np.isfinite(mask).all() and np.isfinite(coefficients).all()


def main():
    hops = round(float(sys.argv[1]) * HOPS_IN_SECOND)
    noise = np.random.default_rng(1)
    shapes = {"feat_erb": [1, 1, hops, 32], "feat_spec": [1, 2, hops, 96]}
    features = {name: 0.7 * noise.standard_normal(shape, np.float32) for name, shape in shapes.items()}
    features = {name: values.astype(np.float32) for name, values in features.items()}
    sessions = [session(part) for part in ["enc", "erb_dec", "df_dec"]]
    run(*sessions, features)
    start = time.perf_counter()
    run(*sessions, features)
    print(time.perf_counter() - start)


if __name__ == "__main__":
    main()
