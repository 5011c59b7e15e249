"""Prints how long one step takes, of one lane and of eight lanes together, in our stream and in LiteRT.

Ours is a whole step: window, transforms, network, output. For LiteRT only the invocations of the
networks count, without passing tensors in Python. Both run in turns on one thread; each figure is
the median of the runs' medians over many steps. Build the example first:

    cargo build --release --locked -p enhancer-core --example step_time
"""

import argparse
import subprocess
import time
from statistics import median

import numpy as np
import rows
from networks import Part, description, named
from paths import ROOT

EXAMPLE = ROOT / "target" / "release" / "examples" / "step_time"
CASES = [("deepfilternet3", 1), ("gtcrn", 1), ("dtln", 1), ("deepfilternet3", 8)]
# The rows of the table of bars.
ROWS = {("deepfilternet3", 1): "step", ("deepfilternet3", 8): "step_lanes"}
STEPS = 1000


def ours(folder, lanes=1):
    """The microseconds of a step, and the milliseconds until the model was ready."""
    parts = [folder / part["file"] for part in description(folder)["parts"]]
    command = [EXAMPLE, f"--lanes={lanes}", folder / "model.json", *parts]
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    step, ready = map(float, ended.stdout.split())
    return step, ready


def litert(folder, lanes=1):
    """The microseconds of a step of all networks of a model, the median of many steps."""
    return sum(median(times) for times in invocations(folder, STEPS, lanes)) * 1e6


def litert_in_all(folder, steps):
    """The total seconds of many steps. Everything that slows a step down counts, as in a whole process."""
    return sum(sum(times) for times in invocations(folder, steps))


def invocations(folder, steps, lanes=1):
    """The seconds of each step, for each network of a model."""
    return [invoked(Part(folder, index, lanes), steps, lanes) for index in range(len(description(folder)["parts"]))]


def invoked(part, steps, lanes):
    interpreter, noise = part.interpreter, np.random.default_rng(1)
    details = interpreter.get_input_details()
    for tensor in named(part.inputs):
        value = noise.standard_normal([lanes, *tensor["shape"][1:]]).astype(np.float32)
        interpreter.set_tensor(details[tensor["index"]]["index"], value * np.float32(0.1))
    times = []
    for _ in range(steps):
        start = time.perf_counter()
        interpreter.invoke()
        times.append(time.perf_counter() - start)
    return times


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    print("| one step | lanes | ours, µs | LiteRT, µs | speed against LiteRT | ready after, ms |")
    print("|---|--:|--:|--:|--:|--:|")
    ratios = {}
    for name, lanes in CASES:
        folder = ROOT / "models" / name
        taken = [(*ours(folder, lanes), litert(folder, lanes)) for _ in range(runs)]
        step, ready, peer = (median(column) for column in zip(*taken))
        ratios[name, lanes] = peer / step
        print(f"| {name} | {lanes} | {step:.0f} | {peer:.0f} | {peer / step:.2f} × | {ready:.0f} |", flush=True)
    print()
    rows.show_head()
    for case, row in ROWS.items():
        rows.show(row, ratios[case])


if __name__ == "__main__":
    main()
