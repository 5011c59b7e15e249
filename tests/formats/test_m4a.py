"""M4A results, decoded by ffmpeg: as long as their source, aligned, nearly as good as those of ffmpeg's
encoder at the same bit rate, and with the tags of the source, read by mutagen."""

import subprocess
from itertools import product

import enhancer
import figures
import mutagen.mp4
import numpy as np
import peers
import pytest
import reference
import zoo
from formats import BY_NAME, RATES
from peers import STRICTLY

# How much PESQ-WB may be below that of ffmpeg's encoder at 64 and 128 kbit/s. Noisy speech is as good.
# Of two voices without noise, one is worse: the encoder spends no bits on parts 60 dB below the
# rest.
PESQ_WORSE_AT_MOST = {
    "audio_file_48k": 0.05,
    "audio_file_cafe_48k": 0.05,
    "audio_file_cafe_48k.clean": 0.15,
    "audio_file_48k.clean": 0.35,
    "audio_file_48k.enhanced": 0.05,
    "audio_file_cafe_48k.enhanced": 0.05,
}
# In dB: the difference must be the codec's error, not a shift.
LEAST_AGREEMENT = 12


def declared_length(path):
    """Samples up to the end of the last packet. ffmpeg 5.1 also decodes samples after it, even in its
    own files."""
    probe = ["ffprobe", "-v", "error", "-show_entries", "packet=pts,duration", "-of", "csv=p=0"]
    lines = subprocess.run([*probe, path], check=True, capture_output=True, text=True).stdout.split()
    pts, duration = (int(field) for field in lines[-1].split(",")[:2])
    return pts + duration


@pytest.mark.parametrize("rate, channels", list(product(RATES, [1, 2, 6])))
def test_results_are_aligned_and_near_the_source(rate, channels, tmp_path):
    source, result = zoo.specimen(BY_NAME["wav-f32"], rate, channels), tmp_path / "result.m4a"
    report = enhancer.enhance(source, result).succeeded()
    written = min(rate, 48_000)
    wanted = figures.resampled(reference.decode(source, channels), rate, written)
    found = reference.decode(result, channels, *STRICTLY)
    length = -(-report["samples"] * written // rate)
    assert declared_length(result) == length
    found = found[:length]
    assert found.shape == (length, channels)
    # AAC keeps only low frequencies of their speaker, the fourth of six.
    full = [n for n in range(channels) if n != 3]
    compared = reference.compare(found[:, full], wanted[:length, full])
    assert compared.lags == [0] * len(full)
    assert compared.agreement > LEAST_AGREEMENT


@pytest.mark.parametrize("length", [0, 1, 1023, 1024, 1025, 48_000])
def test_any_length_is_kept(length, tmp_path):
    source, result = tmp_path / "source.raw", tmp_path / "result.m4a"
    (0.1 * np.sin(np.arange(length) / 10)).astype("<f4").tofile(source)
    enhancer.enhance(source, result).succeeded()
    if length == 0:
        assert len(reference.decode(result, 1, *STRICTLY)) == 0
    else:
        assert declared_length(result) == length
    again = tmp_path / "again.raw"
    enhancer.enhance(result, again, "--destination-format", "f32le").succeeded()
    # Like ffmpeg, we keep samples of the last packet beyond the end.
    assert 4 * length <= again.stat().st_size < 4 * (length + 1024 if length else 1)


@pytest.mark.parametrize("name, kilobits", list(product(PESQ_WORSE_AT_MOST, [64, 128])))
def test_speech_is_nearly_as_good_as_that_of_ffmpeg(name, kilobits, tmp_path):
    ours, theirs = peers.scores(name, kilobits, "m4a", "aac", tmp_path, tail=1023)
    assert ours > theirs - PESQ_WORSE_AT_MOST[name]


def test_samples_above_full_scale_are_cut_off_and_counted(tmp_path):
    source = tmp_path / "source.raw"
    np.concatenate([np.zeros(4800), np.full(10, 1.5), np.zeros(4800)]).astype("<f4").tofile(source)
    report = enhancer.enhance(source, tmp_path / "result.m4a").succeeded()
    (text,) = [w["text"] for w in report["warnings"] if w["code"] == "clipped"]
    assert "10 samples" in text


def test_tags_and_the_cover_are_carried_over(tmp_path):
    cover, source, result = tmp_path / "cover.png", tmp_path / "s.flac", tmp_path / "r.m4a"
    zoo.ffmpeg("-f", "lavfi", "-i", "color=red:s=16x16", "-frames:v", 1, cover)
    texts = {"title": "Über", "artist": "A", "date": "2026", "track": "3/12", "conductor": "C"}
    tags = [word for name, text in texts.items() for word in ("-metadata", f"{name}={text}")]
    sound = ["-f", "lavfi", "-i", "sine=r=48000:d=1", "-i", cover, "-map", 0, "-map", 1]
    zoo.ffmpeg(*sound, "-disposition:v", "attached_pic", *tags, source)
    enhancer.enhance(source, result).succeeded()
    found = mutagen.mp4.MP4(result)
    assert found["\xa9nam"] == ["Über"] and found["\xa9ART"] == ["A"] and found["\xa9day"] == ["2026"]
    assert found["trkn"] == [(3, 12)]
    assert found["----:com.apple.iTunes:CONDUCTOR"] == [b"C"]
    (picture,) = found["covr"]
    assert bytes(picture) == cover.read_bytes()
    assert picture.imageformat == mutagen.mp4.AtomDataType.PNG
    assert found.info.length == pytest.approx(1, abs=0.05) and found.info.sample_rate == 48_000
