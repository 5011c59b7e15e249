"""Prints the bars of docs/performance.md that can be measured without a browser, each with what was
measured: ratios within one run, against peers in turns where there is one. Build first:

    cargo build --release --locked -p enhancer-cli
    cargo build --release --locked -p enhancer-core --example step_time

Rules of fairness: all read the same recording from a file and write one, or compute the same steps; both
sides take turns, so that a slow spell of the machine meets both; medians are compared; a peer does not
pay for the start of Python, nor for handing tensors over; and ours is a whole process, start and all,
unless the row says otherwise.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

TESTS = Path(__file__).parents[1]
sys.path[:0] = [str(TESTS / "parity"), str(TESTS)]

import first_system  # noqa: E402
import numpy as np  # noqa: E402
import official  # noqa: E402
import steps  # noqa: E402
from audio import RATE, one_minute  # noqa: E402
from paths import MODELS, ROOT  # noqa: E402
from whole_process import ENHANCER, timed  # noqa: E402

PASSTHROUGH = MODELS / "passthrough_model_lite.tflite"
# A step of DTLN.
DTLN_HOP_SECONDS = 0.008
LONG_MINUTES = 60


def files(folder):
    """A minute of speech, and one of which the most is silence."""
    minute = one_minute()
    silent = minute.copy()
    silent[5 * RATE :] = 0
    sources = {"speech": minute, "silence": silent}
    for name, samples in sources.items():
        samples.tofile(folder / f"{name}.raw")
    return {name: folder / f"{name}.raw" for name in sources}


def enhancing(source, *options, model="deepfilternet3", workers=1):
    """What enhances a file."""
    command = [ENHANCER, source, "-o", source.with_suffix(".result.raw"), "-y", "--quiet"]
    return [*command, "--model", model, "--num-workers", str(workers), *options]


def median_seconds(commands, runs):
    """Of each command, run in turns; what one prints counts, if it prints something."""
    seconds = {name: [] for name in commands}
    for _ in range(runs):
        for name, (command, instructions) in commands.items():
            environment = dict(os.environ)
            if instructions:
                environment["ENHANCER_INSTRUCTIONS"] = instructions
            elapsed, printed = timed(command, environment)
            seconds[name].append(float(printed) if printed.strip() else elapsed)
    return {name: median(values) for name, values in seconds.items()}


def of_processes(folder, runs):
    """The rows that compare whole processes."""
    sources = files(folder)
    speech = sources["speech"]
    commands = {
        "one": (enhancing(speech), None),
        "two": (enhancing(speech, workers=2), None),
        "silence": (enhancing(sources["silence"]), None),
        "dtln": (enhancing(speech, model=MODELS / "dtln"), None),
        "passthrough": (enhancing(speech, model=PASSTHROUGH, workers=2), None),
        "first system": ([sys.executable, first_system.__file__, speech, folder / "first.raw", "2"], None),
    }
    if has_newer_than_avx2():
        commands["one, avx2"] = (enhancing(speech), "avx2")
        commands["two, avx2"] = (enhancing(speech, workers=2), "avx2")
    if official.why_not() is None:
        commands["official"] = ([sys.executable, official.__file__, speech, folder / "official.raw"], None)
    seconds = median_seconds(commands, runs)
    if "official" in seconds:
        for name, bar in [("one", 16), ("two", 26), ("one, avx2", 12), ("two, avx2", 20)]:
            if name in seconds:
                row = f"DeepFilterNet 3, a minute, {name.replace('one', 'one worker').replace('two', 'two workers')}"
                yield f"{row}, against the official C runtime", seconds["official"] / seconds[name], bar
    yield "two workers against one", seconds["one"] / seconds["two"], 1.7
    dtln = median(steps.litert(MODELS / "dtln") for _ in range(runs)) / 1e6 * 60 / DTLN_HOP_SECONDS
    yield "DTLN, a minute, one worker, against LiteRT hop by hop", dtln / seconds["dtln"], 2
    first = seconds["first system"] / seconds["passthrough"]
    yield "passthrough, a minute, two workers, against the first system's design", first, 20
    yield "speech against silence after speech, of the same length", seconds["one"] / seconds["silence"], 1 / 1.1


def has_newer_than_avx2():
    """Whether this machine has both AVX2 and AVX-512, of which the newer are used unless others are chosen."""
    flags = Path("/proc/cpuinfo")
    words = flags.read_text().split() if flags.exists() else []
    return {"avx2", "fma", "f16c", "avx512f"} <= set(words)


def of_length(folder, runs):
    """An audio second of an hour against one of a minute, without what is the same for any length."""
    minute, hour = folder / "minute.raw", folder / "hour.raw"
    samples = one_minute()
    samples.tofile(minute)
    samples[:RATE].tofile(folder / "second.raw")
    with hour.open("wb") as file:
        for _ in range(LONG_MINUTES):
            samples.tofile(file)
    commands = {name: (enhancing(folder / f"{name}.raw", workers=2), None) for name in ["second", "minute"]}
    short = median_seconds(commands, runs)
    long = median_seconds({"hour": (enhancing(hour, workers=2), None)}, 1)["hour"]
    of_minute = (short["minute"] - short["second"]) / 59
    of_hour = (long - short["second"]) / (60 * LONG_MINUTES - 1)
    return "an audio second of a minute against one of an hour", of_minute / of_hour, 1 / 1.05


def of_step(runs):
    folder = MODELS / "deepfilternet3"
    taken = [(steps.ours(folder)[0], steps.litert(folder)) for _ in range(runs)]
    ours, theirs = (median(column) for column in zip(*taken))
    return "one step of one lane against LiteRT", theirs / ours, 1.5


def eight_workers():
    """By list scheduling over the measured times of units."""
    command = ["cargo", "test", "--release", "--locked", "-p", "enhancer-core", "--lib", "--"]
    command += ["--ignored", "--nocapture", "list_scheduling"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    (line,) = [line for line in ended.stdout.splitlines() if line.startswith("8 workers")]
    return "the network with eight workers, by list scheduling, against one", float(line.split(": ")[1]), 5


def sizes():
    """In MB; less is better."""
    yield "the command with its server, MB", ENHANCER.stat().st_size / 1e6, 35
    for path in sorted((ROOT / "crates" / "enhancer-wasm" / "dist").glob("*.wasm")):
        yield f"{path.name}, MB", path.stat().st_size / 1e6, 8


def main():
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0] + ".")
    parser.add_argument("--runs", type=int, default=5, help="of each (default: %(default)s)")
    parser.add_argument("--quick", action="store_true", help="leaves out the hour and the eight workers")
    arguments = parser.parse_args()
    print("| ratio | measured | bar | |\n|---|--:|--:|---|", flush=True)

    def show(rows, at_least=True):
        for name, value, bar in rows:
            holds = value >= bar if at_least else value <= bar
            print(f"| {name} | {value:.2f} | {bar:.2f} | {'' if holds else 'missed'} |", flush=True)

    with tempfile.TemporaryDirectory() as folder:
        show(of_processes(Path(folder), arguments.runs))
        show([of_step(arguments.runs)])
        if not arguments.quick:
            show([of_length(Path(folder), arguments.runs), eight_workers()])
    show(sizes(), at_least=False)


if __name__ == "__main__":
    main()
