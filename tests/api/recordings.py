"""Recordings to send, and the command line's results for them."""

import struct
import subprocess
from functools import cache

import numpy as np
from command import ENHANCER
from paths import SAMPLES

SAMPLE = SAMPLES / "audio_file_48k.raw"


def wav(samples, rate=48_000):
    """Samples from -1 to 1, [sample], as a WAV file of 16 bits."""
    data = (np.clip(samples, -1, 1) * 32_767).astype("<i2").tobytes()
    head = struct.pack("<4sI4s4sIHHIIHH", b"RIFF", 36 + len(data), b"WAVE", b"fmt ", 16, 1, 1, rate, 2 * rate, 2, 16)
    return head + struct.pack("<4sI", b"data", len(data)) + data


@cache
def speech(seconds):
    """This many seconds of the noisy sample, repeated as needed, as a WAV file."""
    samples = np.fromfile(SAMPLE, "<f4")
    return wav(np.resize(samples, int(seconds * 48_000)))


def enhanced(recording, folder, *options, destination="expected.wav"):
    """The command line's result for a recording."""
    source, destination = folder / "command-line-source", folder / destination
    source.write_bytes(recording)
    command = [ENHANCER, "enhance-file", "--source-file", source, "--destination-file", destination, "--force"]
    subprocess.run([*command, *map(str, options)], check=True, capture_output=True, timeout=60)
    return destination.read_bytes()
