"""Checks of the committed sample files. Run: python3 -m pytest audio_samples (needs numpy and pytest)."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from measure import CONVERTER_STEP, NAMES, RATE, active_samples, describe, file_names, read_raw, rms, snr_db, to_db

HERE = Path(__file__).resolve().parent
FILES = [file for name in NAMES for file in file_names(name)]
SNR_DB = dict(zip(NAMES, [8.0, 5.0]))


def load_pair(name: str) -> tuple[np.ndarray, np.ndarray]:
    noisy, clean = (read_raw(HERE / file) for file in file_names(name))
    return noisy, clean


@pytest.mark.parametrize("file", FILES)
def test_file_is_whole_float32_of_10_to_20_seconds(file):
    size = (HERE / file).stat().st_size
    assert size % 4 == 0
    assert 10 <= size / 4 / RATE <= 20


@pytest.mark.parametrize("file", FILES)
def test_samples_are_finite_unclipped_and_free_of_dc(file):
    samples = read_raw(HERE / file)
    assert np.all(np.isfinite(samples))
    assert 0.1 < np.abs(samples).max() < 0.9
    assert abs(samples.mean()) < 1e-5


@pytest.mark.parametrize("name", NAMES)
def test_noise_is_as_far_below_the_speech_as_promised(name):
    noisy, clean = load_pair(name)
    assert len(noisy) == len(clean)
    assert snr_db(noisy, clean) == pytest.approx(SNR_DB[name], abs=0.05)


@pytest.mark.parametrize("file", FILES)
def test_samples_are_24_bit_steps_so_that_sums_of_them_are_exact(file):
    steps = read_raw(HERE / file) / CONVERTER_STEP
    assert np.all(steps == np.round(steps))


@pytest.mark.parametrize("name", NAMES)
def test_pair_is_aligned_to_the_sample(name):
    noisy, clean = load_pair(name)
    length = 2 * len(clean)
    cross = np.fft.irfft(np.fft.rfft(noisy, length) * np.conj(np.fft.rfft(clean, length)), length)
    assert np.argmax(np.abs(cross)) == 0
    # The noise holds nothing of the speech: the clean file fits into the noisy one at gain 1.
    assert cross[0] / np.sum(clean**2) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("name", NAMES)
def test_speech_follows_a_lead_in_of_noise_alone(name):
    noisy, clean = load_pair(name)
    lead_in = slice(0, int(0.5 * RATE))
    assert np.all(clean[lead_in] == 0)
    assert to_db(rms(noisy[lead_in])) > -50
    assert 0.5 < active_samples(clean).mean() < 0.95


def test_files_stay_small_enough_for_the_repository():
    assert sum((HERE / file).stat().st_size for file in FILES) < 14_000_000


def test_readme_shows_the_figures_and_hashes_of_these_files():
    assert describe(HERE) in (HERE / "README.md").read_text(encoding="utf-8")


def test_missing_espeak_is_named_and_leaves_no_file(tmp_path):
    pytest.importorskip("scipy")
    run = subprocess.run(
        [sys.executable, HERE / "make_samples.py", "--out-dir", tmp_path / "made"],
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert run.returncode == 1
    assert "espeak-ng is not installed" in run.stderr
    assert "Traceback" not in run.stderr
    assert list((tmp_path / "made").iterdir()) == []
