"""Prints how long rating takes: a window of DNSMOS by the command line and by onnxruntime, in processor
time, and `enhancer score` of one minute over enhancing it.
"""

import argparse
import json
import resource
import subprocess
import tempfile
import time
from pathlib import Path

import dnsmos
import numpy as np
from audio import RATE, one_minute
from paths import ROOT

# So few windows in three minutes that they do not overlap and share no work.
MOST = 8
MINUTES = 3


def median_of(runs, timed):
    return sorted(timed() for _ in range(runs))[runs // 2]


def of_process(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([str(word) for word in command], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def windows(enhancer, path):
    """How many windows are rated."""
    command = [enhancer, "score", "--json", "--windows", MOST, path]
    ended = subprocess.run([str(word) for word in command], check=True, capture_output=True)
    return json.loads(ended.stdout)["windows"]


def of_network(network):
    window = dnsmos.windows(one_minute()[: 10 * RATE : 3])[0][None]
    before = time.process_time()
    network.run(None, {"input_1": window})
    return time.process_time() - before


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="of each (default: %(default)s)")
    release = ROOT / "target" / "release" / "enhancer"
    parser.add_argument("--enhancer", type=Path, default=release, help="default: %(default)s")
    arguments = parser.parse_args()
    enhancer, runs = arguments.enhancer, arguments.runs
    with tempfile.TemporaryDirectory() as folder:
        minute, long = Path(folder, "minute.raw"), Path(folder, "long.raw")
        one_minute().astype("<f4").tofile(minute)
        np.tile(one_minute(), MINUTES).astype("<f4").tofile(long)

        def score(path, windows):
            return median_of(runs, lambda: of_process([enhancer, "score", "--windows", windows, path]))

        rest = score(long, 1)
        own = (score(long, MOST) - rest) / (windows(enhancer, long) - 1)
        network = dnsmos.session()
        their = median_of(runs, lambda: of_network(network))
        result = Path(folder, "result.raw")
        command = [enhancer, minute, "-o", result, "--force", "--num-workers", "1"]
        enhanced = median_of(runs, lambda: of_process(command))
        rated = score(minute, MOST)
    print("| | seconds of processor time |\n|---|--:|")
    print(f"| a window | {own:.2f} |")
    print(f"| a window, onnxruntime | {their:.2f} |")
    print(f"| a minute of 48 kHz rated | {rated:.2f} |")
    print(f"| a minute of 48 kHz enhanced | {enhanced:.2f} |")


if __name__ == "__main__":
    main()
