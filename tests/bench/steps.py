"""Prints how long one step of one lane takes, in our stream and in LiteRT.

Ours is a whole step: window, transforms, network, output. Of LiteRT only the invocations of the
networks count, not how Python hands tensors over. Both run in turns on one thread; each figure is
the median of the runs' medians over many steps. Build the example first:

    cargo build --release --locked -p enhancer-core --example step_time
"""

import argparse
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1] / "parity"))

import numpy as np  # noqa: E402
from networks import Part, description, named  # noqa: E402
from paths import ROOT  # noqa: E402

EXAMPLE = ROOT / "target" / "release" / "examples" / "step_time"
MODELS = ["deepfilternet3", "gtcrn", "dtln"]
STEPS = 1000


def ours(folder):
    """The microseconds of a step, and the milliseconds until the model was ready."""
    parts = [folder / part["file"] for part in description(folder)["parts"]]
    command = [EXAMPLE, folder / "model.json", *parts]
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    step, ready = map(float, ended.stdout.split())
    return step, ready


def litert(folder):
    """The microseconds of a step of all networks of a model."""
    return sum(invocation(folder, part) for part in range(len(description(folder)["parts"])))


def invocation(folder, index):
    part = Part(folder, index)
    interpreter, noise = part.interpreter, np.random.default_rng(1)
    details = interpreter.get_input_details()
    for tensor in named(part.inputs):
        value = noise.standard_normal(tensor["shape"]).astype(np.float32)
        interpreter.set_tensor(details[tensor["index"]]["index"], value * np.float32(0.1))
    times = []
    for _ in range(STEPS):
        start = time.perf_counter()
        interpreter.invoke()
        times.append(time.perf_counter() - start)
    return median(times) * 1e6


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    print("| One step of one lane | Ours, µs | LiteRT, µs | Speed against LiteRT | Ready after, ms |")
    print("|---|--:|--:|--:|--:|")
    for name in MODELS:
        folder = ROOT / "models" / name
        taken = [(*ours(folder), litert(folder)) for _ in range(runs)]
        step, ready, peer = (median(column) for column in zip(*taken))
        print(f"| {name} | {step:.0f} | {peer:.0f} | {peer / step:.2f} × | {ready:.0f} |")


if __name__ == "__main__":
    main()
