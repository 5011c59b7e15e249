"""Prints how long whole processes take for one minute of 48 kHz speech: the command line with
DeepFilterNet 3, with one worker and two, and the DeepFilterNet project's own C runtime, which knows
one thread alone.

All read the same raw file and write one, in turns, so that a slow spell of the machine meets all of
them; medians are compared. The C runtime is called from Python, which costs it an interpreter's
start that a C program would not have: its own seconds, from loading the library to the written
file, are printed too. What both give is compared as well, so that they are seen to do the same work.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

sys.path.insert(0, str(Path(__file__).parents[1] / "parity"))

import figures  # noqa: E402
import numpy as np  # noqa: E402
import official  # noqa: E402
from audio import RATE, one_minute  # noqa: E402
from paths import ROOT  # noqa: E402

ENHANCER = ROOT / "target" / "release" / "enhancer"
OFFICIAL = "official C runtime"
OWN_SECONDS = f"{OFFICIAL}, without Python's start"


def contestants(folder):
    """What to run, by name; each writes the file of its name's number."""
    source = folder / "source.raw"
    enhance = [ENHANCER, "enhance-file", "--force", "--model", "deepfilternet3"]
    enhance += ["--source-file", source, "--num-workers"]
    commands = {
        "enhancer, one worker": [*enhance, "1", "--destination-file"],
        "enhancer, two workers": [*enhance, "2", "--destination-file"],
    }
    if official.why_not() is None:
        commands[OFFICIAL] = [sys.executable, official.__file__, source]
    return {
        name: [*command, folder / f"{number}.raw"]
        for number, (name, command) in enumerate(commands.items())
    }


def timed(command, environment=None):
    """The seconds of the whole process, and what it printed."""
    start = time.perf_counter()
    ended = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return time.perf_counter() - start, ended.stdout


def measure(commands, runs):
    """Median seconds by name."""
    seconds = {}
    for _ in range(runs):
        for name, command in commands.items():
            elapsed, printed = timed(command)
            seconds.setdefault(name, []).append(elapsed)
            if name == OFFICIAL:
                seconds.setdefault(OWN_SECONDS, []).append(float(printed))
    return {name: median(values) for name, values in seconds.items()}


def print_table(seconds, length):
    references = [name for name in [OFFICIAL, OWN_SECONDS] if name in seconds]
    columns = ["", "Seconds", "Times real time", *(f"Speed against {name}" for name in references)]
    print("| " + " | ".join(columns) + " |")
    print("|---|" + "--:|" * (len(columns) - 1))
    for name, value in seconds.items():
        against = [f"{seconds[reference] / value:.2f} ×" for reference in references]
        print(f"| {name} | {value:.2f} | {length / value:.0f} | {' | '.join(against)} |")


def print_agreement(commands):
    expected = np.fromfile(commands[OFFICIAL][-1], "<f4")
    for name, command in commands.items():
        if name != OFFICIAL:
            agreement = figures.snr(expected, np.fromfile(command[-1], "<f4"))
            print(f"{name}: its file agrees with the official runtime's to {agreement:.0f} dB.")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split(":")[0] + ".")
    parser.add_argument("--runs", type=int, default=5, help="of each (default: %(default)s)")
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        minute = one_minute()
        minute.tofile(Path(folder, "source.raw"))
        commands = contestants(Path(folder))
        print(f"One minute of 48 kHz speech, whole processes, medians of {runs} runs in turns:\n")
        print_table(measure(commands, runs), len(minute) / RATE)
        print()
        if official.why_not() is None:
            print_agreement(commands)
        else:
            print(f"Not compared: {official.why_not()}.")


if __name__ == "__main__":
    main()
