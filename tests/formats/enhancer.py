"""Runs the command line with the passthrough model, which changes no samples."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from command import ENHANCER
from paths import MODELS

# Far more than a run takes: a command that hangs fails the test.
PATIENCE_SECONDS = 60
SOURCE_UNREADABLE = 3
# Error codes for sources that are wrong in themselves.
REFUSALS = {"corrupt_audio", "unsupported_audio", "limit_exceeded", "invalid_value"}

# The peak memory of a process includes that of its parent at the start, so a small process starts it.
MEASURE = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[2:])
with open(sys.argv[1], "w") as file:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    file.write(f"{used.ru_maxrss} {used.ru_utime + used.ru_stime}")
sys.exit(code)
"""


@dataclass(frozen=True)
class Run:
    """How the command ended."""

    code: int
    # The line of JSON, if it was requested.
    report: dict | None
    # The messages for users.
    said: str

    @property
    def error(self):
        """The code and the message of the error."""
        assert self.report["state"] == "failed", self.report
        return self.report["error"]["code"], self.report["error"]["message"]

    def succeeded(self):
        report = self.report or {}
        assert self.code == 0 and report["state"] == "succeeded", (self.code, report, self.said)
        return self.report


def enhance(source, destination, *options, before=(), json_line=True, model=True):
    command = [*before, ENHANCER, "enhance-file", "--force"]
    command += ["--model-path", MODELS / "passthrough_model_lite.tflite"] if model else []
    command += ["--source-file", source, *options]
    command += ["--destination-file", destination] if destination else []
    command += ["--json"] if json_line else []
    command = [str(word) for word in command]
    ended = subprocess.run(command, capture_output=True, timeout=PATIENCE_SECONDS)
    said = ended.stderr.decode()
    # A panic or a signal must not end the process, whatever the file.
    assert ended.returncode in range(0, 6) and "panicked" not in said, (ended.returncode, said)
    return Run(ended.returncode, json.loads(ended.stdout) if json_line else None, said)


def decode(source, folder: Path, *options):
    """The samples, [sample, channel], and how the run ended; no samples if it failed."""
    destination = folder / f"{source.name}.raw"
    run = enhance(source, destination, "--destination-format", "f32le", *options)
    if run.code != 0:
        assert not destination.exists(), "nothing half-written"
        return None, run
    samples = np.fromfile(destination, "<f4").reshape(-1, run.report["channels"])
    destination.unlink()
    assert len(samples) == run.report["samples"]
    return samples, run


def decode_measured(source, folder: Path, *options):
    """How the run ended, the peak of its resident memory in MB, and its processor time in s."""
    destination, used = folder / "measured.raw", folder / "used"
    before = [sys.executable, "-I", "-S", "-c", MEASURE, used]
    options = ["--destination-format", "f32le", *options]
    run = enhance(source, destination, *options, before=before)
    # macOS counts bytes, the others KiB.
    unit = 1 if sys.platform == "darwin" else 1024
    assert destination.exists() == (run.code == 0), "a result, or nothing half-written"
    peak, seconds = used.read_text().split()
    return run, int(peak) * unit / 1e6, float(seconds)


def enhance_into(source, folder: Path):
    """The path of the result. The command chooses the name and the format."""
    run = enhance(source, None, "--out-dir", folder)
    result = Path(run.succeeded()["destination"])
    assert result.name == f"{source.stem}.enhanced{result.suffix}"
    assert list(folder.iterdir()) == [result]
    return result
