"""What `enhancer enhance-file` promises for every recording: length, alignment, no harm from odd
samples, and controls that work as described."""

import command
import figures
import numpy as np
import pytest
from audio import RATE, SAMPLE_NAMES, at_rate, clean, noisy
from command import ALL_MODELS

REAL_MODELS = ["deepfilternet3", "gtcrn"]
RATES = [8_000, 16_000, 22_050, 44_100, 48_000, 96_000]
# The rounding of two sums in float32.
ROUNDING = 1e-6
# In dB: the same network on the same samples, except for rounding before it.
SAME = 80


def excerpt(samples, seconds=5):
    return samples[: seconds * RATE]


SPEECH = excerpt(noisy(SAMPLE_NAMES[0]))


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("model", ALL_MODELS)
def test_output_is_as_long_as_the_input_and_aligned(model, rate, channels):
    """Each channel is another recording, so that swapped channels are found too."""
    names = SAMPLE_NAMES[:channels]
    given = np.stack([at_rate(excerpt(noisy(name)), rate) for name in names], axis=1)
    # Not a whole number of hops.
    given = given[:-101]
    taken = command.enhance(given if channels > 1 else given[:, 0], rate, "--model", model)
    taken = taken.reshape(len(taken), channels)
    assert taken.shape == given.shape
    for name, channel in zip(names, taken.T):
        assert figures.lag(at_rate(excerpt(clean(name)), rate)[:-101], channel) == 0


def spoilt(value):
    """Speech with `value` in single samples, and in a stretch longer than any hop."""
    samples = SPEECH.copy()
    samples[[0, 30_000, -1]] = value
    samples[60_000:62_000] = value
    return samples


ODD = {
    "full-scale square": np.sign(np.sin(0.03 * np.arange(RATE) + 0.01)),
    "DC": np.full(RATE, 0.5),
    "NaN": spoilt(np.nan),
    "infinity": spoilt(np.inf),
    "negative infinity": spoilt(-np.inf),
    "largest number": spoilt(np.finfo(np.float32).max),
    "denormals": np.full(RATE, 1e-40),
    "NaN alone": np.full(RATE, np.nan),
}


@pytest.mark.parametrize("exact", [False, True])
@pytest.mark.parametrize("samples", ODD.values(), ids=ODD.keys())
@pytest.mark.parametrize("model", REAL_MODELS)
def test_odd_samples_give_finite_ones(model, samples, exact):
    options = ["--exact"] if exact else []
    taken = command.enhance(samples, RATE, "--model", model, *options)
    assert taken.shape == samples.shape
    assert np.isfinite(taken).all()


@pytest.mark.parametrize("model", REAL_MODELS)
def test_nan_does_no_more_harm_than_a_gap(model):
    samples = spoilt(np.nan)
    taken = command.enhance(samples, RATE, "--model", model)
    expected = command.enhance(np.nan_to_num(samples), RATE, "--model", model)
    assert figures.snr(expected, taken) >= SAME


@pytest.mark.parametrize("rate", [RATE, 44_100])
@pytest.mark.parametrize("model", ALL_MODELS)
def test_silence_stays_silence(model, rate):
    taken = command.enhance(np.zeros(2 * rate), rate, "--model", model)
    np.testing.assert_array_equal(taken, np.zeros(2 * rate, np.float32))


@pytest.mark.parametrize("length", [1, 127, 128, 479, 480, 481, 1023])
@pytest.mark.parametrize("model", ALL_MODELS)
def test_short_recordings_keep_their_length(model, length):
    for rate in [16_000, RATE]:
        samples = SPEECH[RATE : RATE + length]
        taken = command.enhance(samples, rate, "--model", model)
        assert taken.shape == samples.shape
        assert np.isfinite(taken).all()


@pytest.mark.parametrize("rate", [44_100, RATE])
@pytest.mark.parametrize("model", ALL_MODELS)
def test_mix_0_returns_the_input(model, rate):
    samples = at_rate(SPEECH, rate)
    taken = command.enhance(samples, rate, "--model", model, "--mix", 0)
    np.testing.assert_array_equal(taken, samples)


@pytest.mark.parametrize("rate", [44_100, RATE])
@pytest.mark.parametrize("model", REAL_MODELS)
def test_controls_mix_the_input_and_the_output_of_the_model(model, rate):
    samples = at_rate(SPEECH, rate)
    enhanced = command.enhance(samples, rate, "--model", model)
    assert figures.snr(samples, enhanced) < 20, "the model did something"
    kept = 10 ** (-12 / 20)
    for options, share in [
        (["--mix", 0.5], 0.5),
        (["--attenuation-limit", 12], 1 - kept),
        (["--mix", 0.5, "--attenuation-limit", 12], 0.5 * (1 - kept)),
    ]:
        expected = share * enhanced + (1 - share) * samples
        taken = command.enhance(samples, rate, "--model", model, *options)
        np.testing.assert_allclose(taken, expected, atol=ROUNDING)
        removed = command.enhance(samples, rate, "--model", model, "--output", "removed", *options)
        np.testing.assert_allclose(taken + removed, samples, atol=ROUNDING)


@pytest.mark.parametrize("model", REAL_MODELS)
def test_input_gain_is_undone_after_the_model(model):
    loud = command.enhance(SPEECH, RATE, "--model", model, *command.AS_IT_IS)
    quiet = command.enhance(SPEECH / 10, RATE, "--model", model, "--input-gain", 20)
    assert figures.snr(loud, 10 * quiet) >= SAME


@pytest.mark.parametrize("model", REAL_MODELS)
def test_automatic_gain_saves_quiet_speech(model):
    """At 55 dB below the sample's level the networks find less of the speech."""
    quiet, wanted = SPEECH * 10 ** (-55 / 20), excerpt(clean(SAMPLE_NAMES[0]))
    plain, helped = (
        figures.si_sdr(wanted, command.enhance(quiet, RATE, "--model", model, "--input-gain", gain))
        for gain in [0, "auto"]
    )
    print(f"{model}: SI-SDR {plain:.1f} dB, with automatic gain {helped:.1f} dB")
    assert helped > plain + 1
