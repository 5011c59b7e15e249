"""The loudness and the peak of `enhancer score` equal those of ffmpeg."""

import json
import re
import subprocess

import enhancer
import numpy as np
import pytest
from command import ENHANCER

RATE = 48_000


def swelling_noise(channels):
    """Ten seconds of louder and quieter noise, with a pause that the gate leaves out.

    Without the highest frequencies: their peaks between samples depend on the filter that measures them.
    """
    samples = np.random.default_rng(1).standard_normal((10 * RATE, channels))
    smooth = [np.convolve(channel, np.hanning(12), "same") for channel in samples.T]
    samples = np.stack(smooth, axis=1)
    samples *= 0.1 * np.sin(np.arange(len(samples)) * 2e-5)[:, None] ** 2
    samples[4 * RATE : 6 * RATE] = 0
    return samples.astype("<f4")


def by_ffmpeg(path, channels):
    words = ["ffmpeg", "-hide_banner", "-nostats", "-f", "f32le", "-ar", RATE, "-ac", channels]
    words += ["-i", path, "-af", "ebur128=peak=true", "-f", "null", "-"]
    words = [str(word) for word in words]
    ended = subprocess.run(words, capture_output=True, text=True, check=True)
    summary = ended.stderr[ended.stderr.rindex("Summary:") :]
    found = [re.search(rf"{label}:\s+(-?[\d.]+)", summary) for label in ["I", "Peak"]]
    return [float(number[1]) for number in found]


@pytest.mark.parametrize("channels", [1, 2])
def test_loudness_and_peak_are_those_of_ffmpeg(tmp_path, channels):
    path = tmp_path / "noise.raw"
    swelling_noise(channels).tofile(path)
    command = [ENHANCER, "score", path, "--json", "--windows", 1, "--source-channels", channels]
    command = [str(word) for word in command]
    ended = subprocess.run(command, capture_output=True, timeout=enhancer.PATIENCE_SECONDS)
    found = json.loads(ended.stdout)
    loudness, peak = by_ffmpeg(path, channels)
    # ffmpeg prints one decimal, and oversamples with another filter.
    assert abs(found["loudness"] - loudness) <= 0.1
    assert abs(found["true_peak"] - peak) <= 0.3
