"""Decodes with ffmpeg, and compares our decoding with it."""

import json
import subprocess
from dataclasses import dataclass

import figures
import numpy as np
import zoo

# Enough to find a shift by any codec's delay.
LAG_WINDOW = 24_000


def probe(path):
    """ffprobe's report on a file and its streams."""
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_format", "-show_streams", str(path)]
    ended = subprocess.run(command, capture_output=True, check=True, timeout=zoo.PATIENCE_SECONDS)
    return json.loads(ended.stdout)


def decode(path, channels, *options):
    """The samples of the first audio track, [sample, channel]."""
    raw = ["-map", "0:a:0", "-c:a", "pcm_f32le", "-f", "f32le", "-"]
    return np.frombuffer(zoo.ffmpeg(*options, "-i", path, *raw), "<f4").reshape(-1, channels)


@dataclass(frozen=True)
class Comparison:
    """How our samples compare with ffmpeg's."""

    our_shape: tuple
    their_shape: tuple
    # How many samples each channel is later than ffmpeg's.
    lags: list
    # In dB, the least of all channels; infinite if they are equal to the bit.
    agreement: float


def compare(ours, theirs):
    length = min(len(ours), len(theirs))
    channels = list(zip(theirs[:length].T, ours[:length].T))
    lags = [figures.lag(their[:LAG_WINDOW], our[:LAG_WINDOW]) for their, our in channels]
    agreement = min(float(figures.snr(their, our)) for their, our in channels)
    return Comparison(ours.shape, theirs.shape, lags, agreement)
