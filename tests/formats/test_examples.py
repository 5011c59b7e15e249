"""The examples of enhancer-core, run as a reader runs them."""

import subprocess
import wave

import numpy as np
import pytest
from command import enhance
from paths import BUILT, MODELS, SAMPLES

RATE = 48_000
MODEL = MODELS / "deepfilternet3"
NOISY = SAMPLES / "audio_file_48k.raw"
# Far more than a run takes: a program that hangs fails the test.
PATIENCE_SECONDS = 60
# The most that samples of 16 bits differ from their source, by rounding and dither.
ONE_STEP = 3 / 2**16


def run(example, *arguments, given=b""):
    """How an example ended, given these bytes as standard input."""
    command = [BUILT / "examples" / example, MODEL, *arguments]
    return subprocess.run(command, input=given, capture_output=True, timeout=PATIENCE_SECONDS)


def succeeded(*arguments, **options):
    ended = run(*arguments, **options)
    assert ended.returncode == 0, ended.stderr.decode()
    return ended


def samples_of_wav(file):
    """The samples of a WAV file of 16 bits, mono."""
    with wave.open(str(file)) as opened:
        return np.frombuffer(opened.readframes(opened.getnframes()), "<i2") / 2**15


@pytest.fixture(scope="module")
def noisy():
    return np.fromfile(NOISY, "<f4")


@pytest.fixture(scope="module")
def expected(noisy):
    """The result of the command line for the sample."""
    clean = enhance(noisy, RATE)
    assert not np.allclose(clean, noisy, atol=0.01)
    return clean


@pytest.fixture(scope="module")
def wav(noisy, tmp_path_factory):
    """The sample as a file of 16 bits."""
    samples = np.round(np.clip(noisy * 2**15, -(2**15), 2**15 - 1)).astype("<i2")
    file = tmp_path_factory.mktemp("source") / "noisy.wav"
    with wave.open(str(file), "wb") as opened:
        opened.setnchannels(1)
        opened.setsampwidth(2)
        opened.setframerate(RATE)
        opened.writeframes(samples.tobytes())
    return file


def test_a_file_is_enhanced(wav, expected, tmp_path):
    ended = succeeded("enhance_file", wav, tmp_path / "clean.wav")
    assert ended.stdout == b"15.5 s of audio enhanced\n"
    assert [file.name for file in tmp_path.iterdir()] == ["clean.wav"]
    clean = samples_of_wav(tmp_path / "clean.wav")
    # The model gets the rounded samples, which changes a little more than the rounding itself.
    assert np.abs(clean - expected).max() < 4 * ONE_STEP


def test_the_extension_decides_the_format(wav, tmp_path):
    succeeded("enhance_file", wav, tmp_path / "clean.flac")
    assert (tmp_path / "clean.flac").read_bytes().startswith(b"fLaC")
    ended = run("enhance_file", wav, tmp_path / "clean.xyz")
    assert ended.returncode == 1 and b"must be one of wav, flac" in ended.stderr
    assert not (tmp_path / "clean.xyz").exists()


@pytest.mark.parametrize("example", ["enhance_file", "progress", "cancel"])
def test_a_failure_leaves_no_file(example, tmp_path):
    destination = tmp_path / "clean.wav"
    ended = run(example, MODEL / "LICENSE", destination)
    assert ended.returncode == 1 and b"this is text, not audio" in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_samples_are_enhanced(expected, tmp_path):
    succeeded("enhance_samples", NOISY, tmp_path / "clean.raw")
    clean = np.fromfile(tmp_path / "clean.raw", "<f4")
    assert np.allclose(clean, expected, atol=1e-5)


def test_samples_that_are_cut_off_are_refused(tmp_path):
    cut = tmp_path / "cut.raw"
    cut.write_bytes(bytes(10))
    ended = run("enhance_samples", cut, tmp_path / "clean.raw")
    assert ended.returncode == 1 and b"the source has 10 bytes" in ended.stderr
    assert not (tmp_path / "clean.raw").exists()


def test_progress_is_shown(wav, tmp_path):
    lines = succeeded("progress", wav, tmp_path / "clean.wav").stdout.decode().splitlines()
    percents = [int(line.removesuffix(" %")) for line in lines[:-1]]
    assert len(percents) > 2 and percents == sorted(set(percents)) and percents[-1] == 100
    assert lines[-1] == "done"


def test_enter_cancels(wav, tmp_path):
    ended = succeeded("cancel", wav, tmp_path / "clean.wav", given=b"\n")
    assert ended.stdout == b"cancelled\n"
    assert list(tmp_path.iterdir()) == []


def test_without_enter_nothing_is_cancelled(wav, expected, tmp_path):
    ended = succeeded("cancel", wav, tmp_path / "clean.wav")
    assert ended.stdout == b"15.5 s of audio enhanced\n"
    assert len(samples_of_wav(tmp_path / "clean.wav")) == len(expected)


def test_a_pipe_is_enhanced(expected):
    ended = succeeded("front_end", given=NOISY.read_bytes())
    assert np.allclose(np.frombuffer(ended.stdout, "<f4"), expected, atol=1e-5)
    assert ended.stderr == b"15.5 s of audio enhanced\n"


def test_a_pipe_of_noise_gets_a_warning():
    noise = np.random.default_rng(1).normal(0, 0.05, 5 * RATE).astype("<f4")
    ended = succeeded("front_end", given=noise.tobytes())
    assert b"warning: almost everything was removed" in ended.stderr
