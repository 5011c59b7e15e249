"""The samples improve by every measure, and the measures react to noise."""

import figures
import numpy as np
import pytest
import quality
from audio import RATE, SAMPLE_NAMES, clean, noisy


@pytest.mark.parametrize("model", quality.MODELS)
@pytest.mark.parametrize("name", SAMPLE_NAMES)
def test_sample_improves(name, model):
    before = quality.measured(name, noisy(name))
    after = quality.measured(name, quality.enhanced(noisy(name), model))
    print(quality.row(name, "noise", model, before, after))
    for what in before:
        assert after[what] > before[what], what


def test_measures_fall_with_noise():
    name = SAMPLE_NAMES[0]
    noise = np.random.default_rng(1).standard_normal(len(clean(name)))
    scores = [quality.compared(name, clean(name) + level * noise) for level in [1e-4, 1e-2, 1e-1]]
    for what in quality.MEASURES:
        values = [score[what] for score in scores]
        assert values == sorted(values, reverse=True) and values[0] > values[-1]


def test_scale_does_not_change_si_sdr():
    name = SAMPLE_NAMES[0]
    noise = 0.01 * np.random.default_rng(1).standard_normal(len(clean(name)))
    both = [figures.si_sdr(clean(name), gain * (clean(name) + noise)) for gain in [1, 0.1]]
    assert both[0] == pytest.approx(both[1])


@pytest.mark.parametrize("delay", [-3, 0, 5])
def test_lag_is_found(delay):
    speech = clean(SAMPLE_NAMES[0])[: 2 * RATE]
    assert figures.lag(speech, np.roll(speech, delay)) == delay
