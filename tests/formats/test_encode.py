"""ffmpeg reads our results, checks every checksum, and decodes the same samples."""

from itertools import product

import enhancer
import numpy as np
import pytest
import reference
import zoo
from formats import BY_NAME, CHANNELS

# Stops at the first fault, checksums included.
STRICTLY = ("-xerror", "-err_detect", "explode")
SHAPES = [(8_000, 1), (44_100, 2), (96_000, 6)]
# The default result for each source: the suffix, and ffprobe's name of the codec and its bits.
USUALLY = {
    "wav-s16": (".wav", "pcm_s16le", 16),
    "wav-s24": (".wav", "pcm_s24le", 24),
    "wav-f32": (".wav", "pcm_f32le", 32),
    "rf64-24": (".wav", "pcm_s24le", 24),
    "flac": (".flac", "flac", 16),
    "flac24": (".flac", "flac", 24),
    "aiff-s16": (".wav", "pcm_s16le", 16),
    "aiff-s24": (".wav", "pcm_s24le", 24),
    "aiff-f32": (".wav", "pcm_f32le", 32),
    "caf-s24": (".wav", "pcm_s24le", 24),
    "caf-alac": (".wav", "pcm_s16le", 16),
    "ogg-flac": (".wav", "pcm_s16le", 16),
    "m4a-alac": (".wav", "pcm_s16le", 16),
    "m4a-alac24": (".wav", "pcm_s24le", 24),
    "mov-s24": (".wav", "pcm_s24le", 24),
    "mkv-flac": (".wav", "pcm_s16le", 16),
}
# Sources compressed with loss become the usual format of their container.
LOSSY = {
    "mp3": (".mp3", "mp3"),
    "adts": (".m4a", "aac"),
    "m4a": (".m4a", "aac"),
    "ogg-vorbis": (".opus", "opus"),
    "ogg-opus": (".opus", "opus"),
    "webm-opus": (".opus", "opus"),
}


def depth_of(path):
    """ffprobe's name of the codec, and its bits."""
    (stream,) = reference.probe(path)["streams"]
    return stream["codec_name"], int(stream.get("bits_per_raw_sample") or stream["bits_per_sample"])


@pytest.mark.parametrize("rate, channels", SHAPES)
@pytest.mark.parametrize("extension, name", product(["wav", "flac"], ["wav-s16", "wav-s24"]))
def test_integers_are_written_as_they_are(extension, name, rate, channels, tmp_path):
    source, result = zoo.specimen(BY_NAME[name], rate, channels), tmp_path / f"result.{extension}"
    enhancer.enhance(source, result).succeeded()
    written = reference.decode(result, channels, *STRICTLY)
    np.testing.assert_array_equal(written, reference.decode(source, channels))
    assert depth_of(result)[1] == depth_of(source)[1]


@pytest.mark.parametrize("rate, channels", SHAPES)
def test_floats_are_written_as_they_are(rate, channels, tmp_path):
    source, result = zoo.specimen(BY_NAME["wav-f32"], rate, channels), tmp_path / "result.wav"
    enhancer.enhance(source, result).succeeded()
    written = reference.decode(result, channels, *STRICTLY)
    np.testing.assert_array_equal(written, reference.decode(source, channels))


@pytest.mark.parametrize("extension, name", product(["wav", "flac", "opus"], ["wav-s16", "flac", "m4a"]))
def test_speakers_are_kept(extension, name, tmp_path):
    result = tmp_path / f"result.{extension}"
    enhancer.enhance(zoo.specimen(BY_NAME[name], 48_000, 6), result).succeeded()
    (stream,) = reference.probe(result)["streams"]
    assert stream["channel_layout"].startswith(CHANNELS[6])


@pytest.mark.parametrize("name", USUALLY)
def test_container_and_depth_are_kept_where_they_can_be(name, tmp_path):
    suffix, codec, bits = USUALLY[name]
    source = zoo.specimen(BY_NAME[name])
    result = enhancer.enhance_into(source, tmp_path)
    assert (result.suffix, *depth_of(result)) == (suffix, codec, bits)
    written = reference.decode(result, 2, *STRICTLY)
    np.testing.assert_array_equal(written, reference.decode(source, 2))


@pytest.mark.parametrize("name", LOSSY)
def test_lossy_audio_keeps_its_container(name, tmp_path):
    result = enhancer.enhance_into(zoo.specimen(BY_NAME[name]), tmp_path)
    assert (result.suffix, depth_of(result)[0]) == LOSSY[name]


def step_error(source, result, step):
    """The difference of the result from its source, in steps of the result."""
    expected = reference.decode(source, 2).astype(np.float64)
    return (reference.decode(result, 2, *STRICTLY) - expected) / step


@pytest.mark.parametrize("extension", ["wav", "flac"])
def test_fewer_bits_are_dithered(extension, tmp_path):
    """Triangular dither, two steps wide, and rounding add up to an error of half a step (RMS), the
    same in soft and loud stretches, never beyond a step and a half (Vanderkooy and Lipshitz)."""
    source, result = zoo.specimen(BY_NAME["wav-s24"]), tmp_path / f"result.{extension}"
    enhancer.enhance(source, result, "--destination-format", "s16le").succeeded()
    assert depth_of(result)[1] == 16
    error = step_error(source, result, 2.0**-15)
    assert np.abs(error).max() <= 1.5
    assert abs(error.mean()) < 0.02
    for stretch in np.array_split(error, 4):
        assert abs(np.sqrt(np.mean(stretch**2)) - 0.5) < 0.03
    # The errors do not depend on the previous ones, nor on those of the other channel.
    assert abs(np.corrcoef(error[1:, 0], error[:-1, 0])[0, 1]) < 0.03
    assert abs(np.corrcoef(error[:, 0], error[:, 1])[0, 1]) < 0.03


def test_as_many_bits_are_not_dithered(tmp_path):
    source, result = zoo.specimen(BY_NAME["wav-u8"]), tmp_path / "result.flac"
    enhancer.enhance(source, result, "--destination-format", "s16le").succeeded()
    assert not step_error(source, result, 2.0**-15).any()


def test_flac_takes_no_floats(tmp_path):
    """They become 24 bits, as the file itself declares."""
    source, result = zoo.specimen(BY_NAME["wav-f32"]), tmp_path / "result.flac"
    enhancer.enhance(source, result).succeeded()
    assert depth_of(result) == ("flac", 24)
    assert np.abs(step_error(source, result, 2.0**-23)).max() <= 1.5


@pytest.mark.parametrize("extension", ["mka", "caf", "aiff"])
def test_formats_that_cannot_be_written_are_refused_before_any_work(extension, tmp_path):
    result = tmp_path / f"result.{extension}"
    run = enhancer.enhance(zoo.specimen(BY_NAME["wav-s16"]), result)
    assert run.code in {2, 4} and ".wav" in run.error[1] and ".flac" in run.error[1]
    assert list(tmp_path.iterdir()) == []
