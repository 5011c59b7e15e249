"""Opus results, decoded by libopus: as long as their source, aligned, and as good as those of libopus
at the same bit rate."""

from itertools import product

import enhancer
import figures
import numpy as np
import peers
import pytest
import reference
import zoo
from formats import BY_NAME, CHANNELS, RATES

RATE = 48_000
STRICTLY = ("-xerror", "-err_detect", "explode")
# ffmpeg's own decoder shifts speech by some samples.
LIBOPUS = ("-c:a", "libopus", "-request_sample_fmt", "flt")
# In dB, by number of channels. The encoders may spend their bits differently; libopus distributes the
# bits of several channels by how much each channel masks.
WORSE_AT_MOST = {1: 1.0, 2: 1.5, 6: 2.0}
PESQ_WORSE_AT_MOST = 0.05
NAMES = [
    "audio_file_48k",
    "audio_file_cafe_48k",
    "audio_file_48k.enhanced",
    "audio_file_cafe_48k.enhanced",
]


def decode(path, channels):
    return reference.decode(path, channels, *STRICTLY, *LIBOPUS)


def by_libopus(source, kilobits, folder):
    """A source encoded by ffmpeg."""
    result = folder / "libopus.opus"
    layout = ["-mapping_family", "1"] if channels_of(source) > 2 else []
    zoo.ffmpeg("-i", source, "-c:a", "libopus", "-b:a", f"{kilobits}k", *layout, result)
    return result


def channels_of(path):
    return reference.probe(path)["streams"][0]["channels"]


def bitrate_of(path, seconds):
    return path.stat().st_size * 8 / seconds / 1000


def raw_file(folder, samples):
    """A raw file: mono, 32-bit float, 48 kHz."""
    path = folder / "source.raw"
    np.asarray(samples, "<f4").tofile(path)
    return path


@pytest.mark.parametrize("rate, channels", list(product(RATES, CHANNELS)))
def test_results_are_aligned_and_near_the_source(rate, channels, tmp_path):
    source, result = zoo.specimen(BY_NAME["wav-f32"], rate, channels), tmp_path / "result.opus"
    kilobits = 64 * channels
    report = enhancer.enhance(source, result, "--bitrate", str(kilobits)).succeeded()
    wanted = figures.resampled(reference.decode(source, channels), rate, RATE)
    found = decode(result, channels)
    length = -(-report["samples"] * RATE // rate)
    assert found.shape == (length, channels)
    lags = reference.compare(found, wanted[:length]).lags
    # The fourth of six channels has only low frequencies, for a subwoofer.
    heard = [n for n in range(channels) if not (channels == 6 and n == 3)]
    assert [lags[n] for n in heard] == [0] * len(heard)
    theirs = decode(by_libopus(source, kilobits, tmp_path), channels)
    for n in heard:
        shared = min(len(theirs), len(wanted), length)
        our_snr, their_snr = (
            figures.snr(wanted[:shared, n], one[:shared, n]) for one in (found, theirs)
        )
        assert our_snr > their_snr - WORSE_AT_MOST[channels], (n, our_snr, their_snr)


@pytest.mark.parametrize("length", [0, 1, 647, 648, 649, 959, 960, 961, 1608, 48_000])
def test_any_length_is_kept(length, tmp_path):
    source, result = raw_file(tmp_path, 0.1 * np.sin(np.arange(length) / 10)), tmp_path / "a.opus"
    enhancer.enhance(source, result).succeeded()
    assert len(decode(result, 1)) == length
    # The same with ffmpeg's own decoder, which browsers use too.
    assert len(reference.decode(result, 1, *STRICTLY)) == length


def test_speakers_are_those_of_the_source(tmp_path):
    """Each channel has a tone of its own."""
    times = np.arange(RATE)[:, None] / RATE
    tones = 0.3 * np.sin(2 * np.pi * np.array([300, 400, 500, 60, 700, 800]) * times)
    source, result = tmp_path / "source.wav", tmp_path / "result.opus"
    form = ["-f", "f32le", "-ar", RATE, "-ac", 6, "-channel_layout", "5.1", "-i", "-"]
    zoo.ffmpeg(*form, "-c:a", "pcm_f32le", source, stdin=tones.astype("<f4").tobytes())
    enhancer.enhance(source, result).succeeded()
    found = decode(result, 6)
    for n in range(6):
        nearest = [figures.snr(tones[4800:, other], found[4800:, n]) for other in range(6)]
        assert int(np.argmax(nearest)) == n and max(nearest) > 15, (n, nearest)


@pytest.mark.parametrize("kilobits", [24, 64, 128])
def test_the_bit_rate_is_that_of_libopus(kilobits, tmp_path):
    source, result = zoo.recording(RATE, 1, 1.5), tmp_path / "result.opus"
    enhancer.enhance(source, result, "--bitrate", str(kilobits)).succeeded()
    ours, theirs = bitrate_of(result, 1.5), bitrate_of(by_libopus(source, kilobits, tmp_path), 1.5)
    assert 0.85 * theirs < ours < 1.15 * theirs


@pytest.mark.parametrize("name, kilobits", list(product(NAMES, [64, 128])))
def test_speech_is_as_good_as_that_of_libopus(name, kilobits, tmp_path):
    source, result = peers.speech(name), tmp_path / "result.opus"
    enhancer.enhance(source, result, "--bitrate", str(kilobits)).succeeded()
    wav = tmp_path / "source.wav"
    zoo.ffmpeg("-f", "f32le", "-ar", RATE, "-ac", 1, "-i", source, "-c:a", "pcm_f32le", wav)
    samples = np.fromfile(source, "<f4")
    theirs = decode(by_libopus(wav, kilobits, tmp_path), 1)[: len(samples), 0]
    ours = decode(result, 1)[:, 0]
    scores = [figures.pesq_wb(samples, found, RATE) for found in (ours, theirs)]
    print(name, kilobits, scores)
    assert scores[0] > scores[1] - PESQ_WORSE_AT_MOST, scores


def test_a_bit_rate_needs_opus(tmp_path):
    source = zoo.specimen(BY_NAME["wav-s16"])
    for name, kilobits, said in [
        ("a.flac", "64", "has no bit rate"),
        ("a.opus", "5", "6 to 256 kbit/s for each channel"),
        ("a.opus", "513", "12 to 512 kbit/s here, not 513"),
    ]:
        run = enhancer.enhance(source, tmp_path / name, "--bitrate", kilobits)
        code, message = run.error
        assert code == "unwritable_audio" and said in message
    assert list(tmp_path.iterdir()) == []
