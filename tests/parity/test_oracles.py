"""The NumPy twin of DeepFilterNet 3's front-end equals the official runtime."""

import deepfilternet
import figures
import numpy as np
import official
import pytest
from audio import RATE, SAMPLE_NAMES, noisy

pytestmark = pytest.mark.skipif(official.why_not() is not None, reason=str(official.why_not()))

SAME = 60
SETTINGS = {
    "plain": {},
    "limited": {"attenuation_limit": 12.0},
    "post-filtered": {"post_filter": 0.02},
    "limited and post-filtered": {"attenuation_limit": 12.0, "post_filter": 0.05},
}


def assert_twins(samples, **settings):
    expected, local_snr = official.enhance(samples, **settings)
    found, twin_local_snr = deepfilternet.enhance(samples, **settings)
    agreement = figures.snr(expected, found)
    print(f"{agreement:.1f} dB; local SNR {local_snr.min():.2f} to {local_snr.max():.2f} dB")
    assert -15 < local_snr.min() and local_snr.max() < 35, "no stage was skipped"
    assert agreement >= SAME
    np.testing.assert_allclose(twin_local_snr, local_snr, atol=0.01)


@pytest.mark.parametrize("settings", SETTINGS.values(), ids=SETTINGS.keys())
@pytest.mark.parametrize("name", SAMPLE_NAMES)
def test_twin_equals_the_official_runtime(name, settings):
    assert_twins(noisy(name)[: 5 * RATE], **settings)


def test_twin_equals_the_official_runtime_without_speech():
    speech = noisy(SAMPLE_NAMES[0])[: 2 * RATE]
    pause = np.zeros(RATE, np.float32)
    square = np.sign(np.sin(0.03 * np.arange(RATE))).astype(np.float32)
    for samples in [np.concatenate([speech, pause, speech]), square, np.clip(4 * speech, -1, 1)]:
        assert_twins(samples)


def test_settings_matter():
    samples = noisy(SAMPLE_NAMES[0])[: 2 * RATE]
    plain, _ = official.enhance(samples)
    for settings in [SETTINGS["limited"], SETTINGS["post-filtered"]]:
        changed, _ = official.enhance(samples, **settings)
        assert figures.snr(plain, changed) < SAME
