"""The table of bars: the last measurements of `make bench`, compared with our goals. With `--write` it also
replaces the table in docs/performance.md.

The benchmarks store their figures in target/bench/figures.json, by the names of the rows.
"""

import argparse
import json
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
FIGURES = ROOT / "target" / "bench" / "figures.json"
PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- tests/bench/rows.py writes this table. -->", "<!-- The end of the table. -->"
# The flags in /proc/cpuinfo for the widest instructions, newest first.
INSTRUCTIONS = {"avx512f": "AVX-512", "avx2": "AVX2", "asimd": "NEON"}


@dataclass
class Row:
    """A figure with its bar, which it must reach, or stay below if less is better."""

    name: str
    what: str
    bar: float | None = None
    stretch: float | None = None
    unit: str = "×"
    less: bool = False

    def holds(self, value: float, bar: float) -> bool:
        return value <= bar if self.less else value >= bar

    def verdict(self, value: float) -> str:
        """Whether the figure meets the bar or the stretch, or how far it is from the bar."""
        if self.bar is None:
            return ""
        if self.stretch is not None and self.holds(value, self.stretch):
            return "met, the stretch too"
        if self.holds(value, self.bar):
            return "met"
        return f"missed by {abs(value - self.bar) / self.bar:.0%}".replace("%", " %")

    def shown(self, value: float | None) -> str:
        return "–" if value is None else f"{value:.2f} {self.unit}"

    def line(self, value: float | None) -> str:
        least = "at most " if self.less else ""
        bar = least + self.shown(self.bar) if self.bar is not None else "–"
        verdict = "not measured" if value is None else self.verdict(value)
        return f"| {self.what} | {self.shown(value)} | {bar} | {self.shown(self.stretch)} | {verdict} |"


def less(*arguments, **others) -> Row:
    return Row(*arguments, **others, less=True)


RUNTIME = "whole process, against the official C runtime"
ROWS = [
    Row("official_one", f"DeepFilterNet 3, a minute, one worker, {RUNTIME}, both with AVX-512", 16, 20),
    Row("official_two", "the same, two workers", 26, 32),
    Row("official_one_avx2", f"DeepFilterNet 3, a minute, one worker, AVX2 alone, {RUNTIME}", 12, 15),
    Row("official_two_avx2", "the same, two workers", 20, 24),
    Row("two_against_one", "two workers against one, one mono recording", 1.7, 1.85),
    Row("eight_workers", "eight workers against one, by list scheduling over measured unit times", 5, 7),
    Row("step", "one step of one lane, against LiteRT on the same file", 1.5, 3),
    Row("step_lanes", "one step of eight lanes together, against LiteRT with eight lanes"),
    Row("onnxruntime", "DeepFilterNet 3, a minute, one worker, against onnxruntime's network alone"),
    Row("rnnoise", "for scale: DeepFilterNet 3, a minute, one worker, against RNNoise"),
    Row("dtln", "DTLN, a minute, one worker, against LiteRT hop by hop", 2, 4),
    Row("passthrough", "passthrough, a minute, two workers, against the first system's design", 20),
    Row("chromium_one_thread", "Chromium, a whole recording, one thread, against onnxruntime-web on the whole", 1.6, 2),
    Row("chromium_two_threads", "the same, two threads against two", 1.8, 2.3),
    Row("chromium_two_against_one", "Chromium, two threads against our one", 1.65, 1.8),
    Row("chromium_litert", "Chromium, a whole recording, one thread, against LiteRT.js step by step"),
    less("first_second", "Chromium, first enhanced second, warm page", 1.2, 0.7, unit="s"),
    less("wasm", "wasm module", 8, 5, unit="MB"),
    less("wasm_brotli", "wasm module, compressed by brotli", 1.9, 1.4, unit="MB"),
    less("binary", "the command with its server", 35, 25, unit="MB"),
    less("silence", "silence after speech, time against speech of the same length", 1.1),
    less("hour", "cost of an audio second, 60 minutes against 1 minute", 1.05),
]
BY_NAME = {row.name: row for row in ROWS}
HEAD = "| what | measured | bar | stretch | |\n|---|--:|--:|--:|---|"


def kept() -> dict[str, float]:
    return json.loads(FIGURES.read_text()) if FIGURES.exists() else {}


def show_head() -> None:
    print(HEAD, flush=True)


def show(name: str, value: float) -> None:
    """Prints a row and stores its figure."""
    print(BY_NAME[name].line(value), flush=True)
    FIGURES.parent.mkdir(parents=True, exist_ok=True)
    FIGURES.write_text(json.dumps({**kept(), name: value}, indent=1))


def table() -> str:
    figures = kept()
    return "\n".join([HEAD, *(row.line(figures.get(row.name)) for row in ROWS)])


def processor() -> str:
    """The content of /proc/cpuinfo; empty on systems other than Linux."""
    file = Path("/proc/cpuinfo")
    return file.read_text() if file.exists() else ""


def processor_words() -> set[str]:
    return set(processor().split())


def machine() -> str:
    """The machine of the measurements."""
    model = re.search(r"^model name\s*: (.*)$", processor(), re.MULTILINE)
    words = processor_words()
    newest = next((name for word, name in INSTRUCTIONS.items() if word in words), "no wide instructions known")
    return f"{model[1] if model else 'a processor without a name'}, {os.cpu_count()} cores, {newest}"


def write() -> None:
    before, found, rest = PAGE.read_text().partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not found or not ended:
        sys.exit(f"{PAGE} lacks the lines between which the table goes: {BEGIN} and {END}")
    PAGE.write_text(f"{before}{BEGIN}\n\n{table()}\n\nMeasured on: {machine()}.\n\n{END}{after}")


def main():
    parser = argparse.ArgumentParser(description="Prints what was measured last against the bars.")
    parser.add_argument("--write", action="store_true", help="writes it into docs/performance.md too")
    asked = parser.parse_args()
    print(table())
    print(f"\nMeasured on: {machine()}.")
    if asked.write:
        write()


if __name__ == "__main__":
    main()
