"""`enhancer score` gives the scores of the published network."""

import json

import command
import dnsmos
import numpy as np
import pytest
from audio import RATE, SAMPLE_NAMES, at_rate, clean, noisy
from scipy.signal import firwin, resample_poly

# The largest difference, in MOS.
NEAR = 0.01
# The network reacts to differences of two rate converters just below 8 kHz.
NEAR_CONVERTED = 0.1


@pytest.fixture(scope="module", name="network")
def published_network():
    return dnsmos.session()


def scored(tmp_path, samples, rate, *options):
    """The output line of `enhancer score` for samples."""
    path = tmp_path / "samples.raw"
    np.asarray(samples, "<f4").tofile(path)
    words = ["score", path, "--json", "--source-sample-rate", rate, *options]
    return json.loads(command.run([command.ENHANCER, *words]))


def assert_near(what, expected, found, bound=NEAR):
    apart = {name: abs(found[name] - expected[name]) for name in dnsmos.SCORES}
    values = ", ".join(f"{name} {expected[name]:.3f}" for name in dnsmos.SCORES)
    print(f"{what}: {values}; at most {max(apart.values()):.4f} apart")
    assert max(apart.values()) <= bound, (expected, found)


def recordings(name):
    """The versions of a sample."""
    yield "noisy", noisy(name)
    yield "clean", clean(name)
    for model in ["deepfilternet3", "gtcrn"]:
        yield model, command.enhance(noisy(name), RATE, "--model", model)


@pytest.mark.parametrize("name", SAMPLE_NAMES)
def test_scores_are_those_of_the_published_network(tmp_path, network, name):
    for version, samples in recordings(name):
        samples = at_rate(samples, dnsmos.RATE)
        found = scored(tmp_path, samples, dnsmos.RATE)
        assert found["windows"] == len(dnsmos.windows(samples))
        assert_near(f"{name}, {version}", dnsmos.score(samples, network), found)


def test_scores_at_48_khz(tmp_path, network):
    samples = noisy(SAMPLE_NAMES[0])
    sharp = firwin(6001, 7800, fs=RATE, window=("kaiser", 12))
    converted = resample_poly(samples, 1, RATE // dnsmos.RATE, window=sharp)
    expected = dnsmos.score(converted, network)
    assert_near("at 48 kHz", expected, scored(tmp_path, samples, RATE), NEAR_CONVERTED)


CRAFTED = {
    "silence": np.zeros(10 * dnsmos.RATE),
    "3 s": at_rate(noisy(SAMPLE_NAMES[0]), dnsmos.RATE)[: 3 * dnsmos.RATE],
    "loud noise": np.random.default_rng(1).standard_normal(10 * dnsmos.RATE),
    "a sine": 0.5 * np.sin(np.arange(10 * dnsmos.RATE) * 0.2),
    "very quiet": 1e-4 * at_rate(clean(SAMPLE_NAMES[0]), dnsmos.RATE),
}


@pytest.mark.parametrize("what", CRAFTED)
def test_scores_of_crafted_signals(tmp_path, network, what):
    samples = CRAFTED[what]
    expected = dnsmos.score(samples, network)
    assert_near(what, expected, scored(tmp_path, samples, dnsmos.RATE, "--windows", 16))


def test_long_recordings_are_sampled_evenly(tmp_path, network):
    samples = np.tile(at_rate(noisy(SAMPLE_NAMES[0]), dnsmos.RATE), 3)
    found = scored(tmp_path, samples, dnsmos.RATE, "--windows", 4)
    # Of 37 windows, those at 0, 16 and 32 s.
    chosen = dnsmos.windows(samples)[::16]
    assert (len(dnsmos.windows(samples)), found["windows"]) == (37, len(chosen))
    each = [dnsmos.score(window, network) for window in chosen]
    expected = {name: np.mean([one[name] for one in each]) for name in dnsmos.SCORES}
    assert_near("3 windows of 37", expected, found)
