"""The repository's samples, mono at 48 kHz, and recordings made from them."""

import figures
import numpy as np
from paths import SAMPLES

RATE = 48_000
SAMPLE_NAMES = ["audio_file_48k", "audio_file_cafe_48k"]


def noisy(name):
    return np.fromfile(SAMPLES / f"{name}.raw", "<f4")


def clean(name):
    return np.fromfile(SAMPLES / f"{name}.clean.raw", "<f4")


def at_rate(samples, rate):
    return figures.resampled(samples, RATE, rate).astype(np.float32)


def one_minute():
    """Speech with noise: the samples one after the other, twice, the last cut."""
    return np.tile(np.concatenate([noisy(name) for name in SAMPLE_NAMES]), 2)[: 60 * RATE]
