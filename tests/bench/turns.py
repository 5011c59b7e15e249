"""Lets contestants take turns, so that a slow spell of the machine affects all of them."""

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

ENHANCER = Path(__file__).parents[2] / "target" / "release" / "enhancer"

# Does its work once and returns the seconds that count.
Contestant = Callable[[], float]


def in_turns(contestants: dict[str, Contestant], runs: int) -> dict[str, float]:
    """The median seconds of each contestant. They run in the order A B A B and so on."""
    seconds = {name: [] for name in contestants}
    for _ in range(runs):
        for name, contestant in contestants.items():
            seconds[name].append(contestant())
    return {name: median(values) for name, values in seconds.items()}


def process(command: list, instructions: str | None = None) -> Contestant:
    """A process. Its whole time counts, with its start, unless it prints the seconds that count."""
    environment = dict(os.environ)
    if instructions:
        environment["ENHANCER_INSTRUCTIONS"] = instructions

    def run():
        start = time.perf_counter()
        ended = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
        elapsed = time.perf_counter() - start
        return float(ended.stdout) if ended.stdout.strip() else elapsed

    return run


def enhancing(source: Path, result: Path, model="deepfilternet3", workers=1) -> list:
    """The command that enhances a file."""
    command = [ENHANCER, source, "-o", result, "-y", "--quiet"]
    return [*command, "--model", model, "--num-workers", str(workers)]
