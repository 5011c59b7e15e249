"""The command line, given samples as arrays."""

import json
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from paths import BUILT

# The variable can name another build, such as target/release/enhancer.
ENHANCER = Path(os.environ.get("ENHANCER", BUILT / "enhancer")).absolute()
# Far longer than a run takes, so that a hanging command is a failure.
PATIENCE_SECONDS = 300
# Without the automatic gain, the networks get the same input as in their authors' programs.
AS_IT_IS = ["--input-gain", 0]
ALL_MODELS = ["passthrough", "deepfilternet3", "gtcrn"]


def enhance(samples, rate, *options):
    """The enhanced samples, [sample] or [sample, channel] like the input."""
    samples = np.asarray(samples, "<f4")
    with tempfile.TemporaryDirectory() as folder:
        source, destination = Path(folder, "source.raw"), Path(folder, "destination.raw")
        samples.tofile(source)
        channels = 1 if samples.ndim == 1 else samples.shape[1]
        command = [ENHANCER, "enhance-file"]
        command += ["--source-file", source, "--destination-file", destination]
        command += ["--source-format", "f32le", "--source-sample-rate", rate]
        command += ["--source-channels", channels, *options]
        run(command)
        taken = np.fromfile(destination, "<f4")
    return taken if samples.ndim == 1 else taken.reshape(-1, channels)


def score(samples, rate):
    """The ratings that `enhancer score` prints for mono samples."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "source.raw")
        np.asarray(samples, "<f4").tofile(source)
        command = [ENHANCER, "score", "--json", "--source-format", "f32le"]
        return json.loads(run([*command, "--source-sample-rate", rate, source]))


def run(command):
    """The output of a command. If it fails, its error is shown."""
    command = [str(word) for word in command]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    assert ended.returncode == 0, f"{' '.join(command)}\n{ended.stdout}{ended.stderr}"
    return ended.stdout
