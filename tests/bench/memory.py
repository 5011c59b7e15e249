"""Prints the peak memory of the command line for 10 and for 60 minutes of 48 kHz
stereo speech with DeepFilterNet 3, and fails if it passes a bar: 250 MB, or growth with the length.

The recordings are 16-bit WAV files in a temporary folder. The peak is that of the resident memory, as
the system counts it. It starts with the memory of the process that starts the command. So this process
must stay small, and does not use NumPy.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
import wave
from array import array
from pathlib import Path

from paths import ROOT, SAMPLES

ENHANCER = ROOT / "target" / "release" / "enhancer"
RATE = 48_000
BAR_MB = 250
# The peaks of two equal runs may differ by this much.
NOISE_MB = 10


def stereo(name):
    """A sample in 16-bit stereo, as bytes; the right channel is the left one, a second off."""
    mono = array("f", (SAMPLES / name).read_bytes())
    left = array("h", (round(32_767 * max(-1, min(1, sample))) for sample in mono))
    both = array("h", bytes(4 * len(left)))
    both[0::2], both[1::2] = left, left[RATE:] + left[:RATE]
    return both.tobytes()


def write_recording(path, minutes):
    """Speech with noise: the samples one after the other, again and again."""
    samples = [stereo("audio_file_48k.raw"), stereo("audio_file_cafe_48k.raw")]
    left = 4 * RATE * 60 * minutes
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, RATE, 0, "NONE", None))
        while left > 0:
            for sample in samples:
                file.writeframesraw(sample[:left])
                left -= len(sample[:left])


def enhance(source, destination):
    """The seconds it took and the peak of its resident memory in MB."""
    command = [ENHANCER, "enhance-file", "--model", "deepfilternet3"]
    command += ["--source-file", source, "--destination-file", destination]
    start = time.perf_counter()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"the command failed: {' '.join(map(str, command))}")
    # The same samples with another length in the header.
    assert 0 <= destination.stat().st_size - source.stat().st_size < 1000
    # macOS counts bytes, the others KiB.
    unit = 1 if sys.platform == "darwin" else 1024
    return seconds, usage.ru_maxrss * unit / 1e6


def measure(minutes):
    with tempfile.TemporaryDirectory() as folder:
        source, destination = Path(folder, "source.wav"), Path(folder, "destination.wav")
        write_recording(source, minutes)
        return enhance(source, destination)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split(",")[0] + ".")
    parser.add_argument("--minutes", type=int, nargs="+", default=[10, 60])
    print("Peak of the command line's resident memory, 48 kHz stereo, DeepFilterNet 3:\n")
    print("| Minutes | Seconds | Peak MB |\n|--:|--:|--:|", flush=True)
    peaks = []
    for minutes in parser.parse_args().minutes:
        seconds, peak = measure(minutes)
        peaks.append(peak)
        print(f"| {minutes} | {seconds:.0f} | {peak:.0f} |", flush=True)
    growth = peaks[-1] - peaks[0]
    print(f"\nBars: {BAR_MB} MB, and {NOISE_MB} MB of growth, which is {growth:.0f} MB.")
    if max(peaks) > BAR_MB or growth > NOISE_MB:
        sys.exit("The command line takes more memory than it may.")


if __name__ == "__main__":
    main()
