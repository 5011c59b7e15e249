"""Prints the bars of docs/performance.md for whole recordings, each with its measurement: ratios within one
run, with peers in turns. Build first:

    cargo build --release --locked -p enhancer-cli

Rules of fairness: all programs read the same recording from a file and write one. They take turns, so that a slow
spell of the machine affects all of them. Medians are compared. For ours the whole process counts, with its start;
for a peer the start of Python does not count. For LiteRT, passing tensors does not count either, and for
onnxruntime only its network counts. The official C runtime always uses the newest instructions of the machine.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import figures
import first_system
import numpy as np
import official
import rnnoise
import rows
import steps
import utterance
from audio import RATE, one_minute
from paths import MODELS, ROOT
from turns import enhancing, in_turns, process

PASSTHROUGH = MODELS / "passthrough_model_lite.tflite"
SECONDS = 60
LONG_MINUTES = 60
# An hour takes long. It runs this many times, each followed by this many runs of a minute.
LONG_RUNS = 3
MINUTES_BETWEEN = 5
# The hop of DTLN, one step.
DTLN_HOP_SECONDS = 0.008

# The contestants of each row. The ratio is the time of the first over that of the second.
RATIOS = {
    "two_against_one": ("one worker", "two workers"),
    "onnxruntime": ("onnxruntime, its network", "one worker"),
    "rnnoise": ("RNNoise", "one worker"),
    "dtln": ("dtln, LiteRT", "dtln"),
    "passthrough": ("the first system's design", "passthrough"),
    "silence": ("silence", "one worker"),
}
OFFICIAL = {
    "official_one": ("official C runtime", "one worker"),
    "official_two": ("official C runtime", "two workers"),
    "official_one_avx2": ("official C runtime", "one worker, AVX2"),
    "official_two_avx2": ("official C runtime", "two workers, AVX2"),
}
OFFICIAL_WITHOUT_NEWER = {
    "official_one_avx2": ("official C runtime", "one worker"),
    "official_two_avx2": ("official C runtime", "two workers"),
}


def has_newer_than_avx2():
    """Whether this machine has both AVX2 and AVX-512. The newer ones are used unless others are chosen."""
    return {"avx2", "fma", "f16c", "avx512f"} <= rows.processor_words()


def files(folder):
    """A minute of speech, and a minute that is mostly silence."""
    minute = one_minute()
    silent = minute.copy()
    silent[5 * RATE :] = 0
    sources = {"speech": minute, "silence": silent}
    for name, samples in sources.items():
        samples.tofile(folder / f"{name}.raw")
    return {name: folder / f"{name}.raw" for name in sources}


def ours(folder, speech, silence):
    """Our contestants, by name. Each writes a file of its name."""

    def run(name, source=speech, instructions=None, **options):
        return process(enhancing(source, folder / f"{name}.raw", **options), instructions)

    contestants = {
        "one worker": run("one worker"),
        "two workers": run("two workers", workers=2),
        "silence": run("silence enhanced", silence),
        "dtln": run("dtln", model=MODELS / "dtln"),
        "passthrough": run("passthrough", model=PASSTHROUGH, workers=2),
    }
    if has_newer_than_avx2():
        contestants["one worker, AVX2"] = run("one worker, AVX2", instructions="avx2")
        contestants["two workers, AVX2"] = run("two workers, AVX2", instructions="avx2", workers=2)
    return contestants


def peers(folder, speech):
    """The contestants of others that can run here."""

    def run(module, *arguments):
        return process([sys.executable, module.__file__, *arguments])

    def dtln():
        return steps.litert_in_all(MODELS / "dtln", round(SECONDS / DTLN_HOP_SECONDS))

    contestants = {
        "the first system's design": run(first_system, speech, folder / "first system.raw", "2"),
        "onnxruntime, its network": run(utterance, str(SECONDS)),
        "dtln, LiteRT": dtln,
    }
    if official.why_not() is None:
        contestants["official C runtime"] = run(official, speech, folder / "official C runtime.raw")
    if rnnoise.library():
        contestants["RNNoise"] = run(rnnoise, speech, folder / "rnnoise.raw")
    return contestants


def of_processes(folder, runs):
    """Whole processes for a minute of speech."""
    seconds = in_turns({**ours(folder, **files(folder)), **peers(folder, folder / "speech.raw")}, runs)
    ratios = RATIOS | (OFFICIAL if has_newer_than_avx2() else OFFICIAL_WITHOUT_NEWER)
    for row, (slow, fast) in ratios.items():
        if {slow, fast} <= set(seconds):
            rows.show(row, seconds[slow] / seconds[fast])
    return seconds


def print_seconds(seconds):
    print(f"\nA minute of 48 kHz speech:\n\n| | seconds | times real time |\n|---|--:|--:|")
    for name, value in seconds.items():
        print(f"| {name} | {value:.2f} | {SECONDS / value:.0f} |")


def print_agreement(folder):
    """Checks that both do the same work, without the automatic gain, which the runtime does not have."""
    if official.why_not() is not None:
        print(f"\nNot compared with the official C runtime: {official.why_not()}.")
        return
    exact = folder / "exact.raw"
    process([*enhancing(folder / "speech.raw", exact), "--exact"])()
    expected, made = (np.fromfile(path, "<f4") for path in [folder / "official C runtime.raw", exact])
    print(f"\nOurs agrees with the official C runtime to {figures.snr(expected, made):.0f} dB.")


def of_length(folder):
    """The cost of an audio second in an hour against that in a minute, without the fixed costs."""
    samples = one_minute()
    samples[:RATE].tofile(folder / "second.raw")
    samples.tofile(folder / "minute.raw")
    with (folder / "hour.raw").open("wb") as file:
        for _ in range(LONG_MINUTES):
            samples.tofile(file)
    alone = {
        name: process(enhancing(folder / f"{name}.raw", folder / f"{name} enhanced.raw", workers=2))
        for name in ["second", "minute", "hour"]
    }

    def minutes():
        return sum(alone["minute"]() for _ in range(MINUTES_BETWEEN)) / MINUTES_BETWEEN

    seconds = in_turns({**alone, "minute": minutes}, LONG_RUNS)
    of_minute = (seconds["minute"] - seconds["second"]) / (SECONDS - 1)
    of_hour = (seconds["hour"] - seconds["second"]) / (60 * LONG_MINUTES - 1)
    rows.show("hour", of_hour / of_minute)


def of_eight_workers():
    """Simulates the workers by list scheduling over the measured times of units."""
    command = ["cargo", "test", "--release", "--locked", "-p", "enhancer-networks", "--lib", "--"]
    command += ["--ignored", "--nocapture", "list_scheduling"]
    ended = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    lines = dict(line.split(": ") for line in ended.stdout.splitlines() if " workers: " in line)
    rows.show("eight_workers", float(lines["8 workers"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0] + ".")
    parser.add_argument("--runs", type=int, default=5, help="of each (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="leaves out the hour and the eight workers")
    arguments = parser.parse_args()
    rows.show_head()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seconds = of_processes(folder, arguments.runs)
        if not arguments.quick:
            of_length(folder)
            of_eight_workers()
        print_seconds(seconds)
        print_agreement(folder)


if __name__ == "__main__":
    main()
