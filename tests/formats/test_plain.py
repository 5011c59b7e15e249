"""Plain samples in containers in which symphonia does not read them."""

import struct

import numpy as np
import pytest
import zoo
from test_lengths import codes, decoded
from test_presentation import theirs

LAWS = ["pcm_mulaw", "pcm_alaw"]
QUICKTIME = ["pcm_s8", "pcm_u8", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s32be", "pcm_f32le"]
CASES = [(codec, extension) for codec in LAWS for extension in ("mov", "caf", "mka", "aiff", "wav")]
CASES += [(codec, "mov") for codec in QUICKTIME]
CASES += [("pcm_s8", "caf"), ("pcm_s8", "aiff"), ("pcm_u8", "mka")]


@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("codec, extension", CASES)
def test_plain_samples_equal_those_of_ffmpeg(codec, extension, channels, tmp_path):
    path = tmp_path / f"source.{extension}"
    zoo.ffmpeg("-i", zoo.recording(16_000, channels, 1.5), "-c:a", codec, path)
    samples, report = decoded(path.read_bytes(), extension, tmp_path, "--strict")
    assert codes(report) == []
    expected = theirs(path).reshape(-1, channels)
    np.testing.assert_allclose(samples, expected, atol=1e-7)


def wav(bits, width, align, samples):
    body = b"".join(int(sample).to_bytes(width, "little", signed=True) for sample in samples)
    form = struct.pack("<IHHIIHH", 16, 1, 1, 8000, 8000 * align, align, bits)
    chunks = b"fmt " + form + b"data" + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


@pytest.mark.parametrize("bits, width, align", [(16, 2, 0), (24, 3, 0), (24, 4, 4), (20, 3, 3), (12, 2, 2)])
def test_wav_with_an_unusual_alignment_is_read(bits, width, align, tmp_path):
    tone = np.round(np.sin(np.arange(8000) * 0.05) * 2 ** (8 * width - 2))
    samples, report = decoded(wav(bits, width, align, tone), "wav", tmp_path, "--strict")
    np.testing.assert_allclose(samples[:, 0], tone / 2 ** (8 * width - 1), atol=1e-7)
    assert codes(report) == []
