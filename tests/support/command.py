"""The command line, given samples as arrays."""

import json
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from paths import BUILT

# Another build can be named, such as target/release/enhancer.
ENHANCER = Path(os.environ.get("ENHANCER", BUILT / "enhancer")).absolute()
# Far more than a run takes: a command that hangs is a failure, not a wait.
PATIENCE_SECONDS = 300
# The networks hear the recording as their authors' programs do; else quiet speech is raised.
AS_IT_IS = ["--input-gain", 0]
ALL_MODELS = ["passthrough", "deepfilternet3", "gtcrn"]


def enhance(samples, rate, *options):
    """The enhanced samples, [sample] or [sample, channel] as they were given."""
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
    """How listeners would rate mono samples: what `enhancer score` prints of them."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, "source.raw")
        np.asarray(samples, "<f4").tofile(source)
        command = [ENHANCER, "score", "--json", "--source-format", "f32le"]
        return json.loads(run([*command, "--source-sample-rate", rate, source]))


def run(command):
    """What a command prints; its complaint is shown if it fails."""
    command = [str(word) for word in command]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    assert ended.returncode == 0, f"{' '.join(command)}\n{ended.stdout}{ended.stderr}"
    return ended.stdout
