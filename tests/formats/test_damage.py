"""A file that is cut off or overwritten gives everything that can be decoded, and a report of where
it is damaged; with `--strict` an error. Whatever the bytes, the command ends properly."""

from functools import cache
from pathlib import Path

import enhancer
import figures
import numpy as np
import pytest
import zoo
from formats import BY_NAME

RATE = 48_000
SECONDS = 6
# Units such as Ogg pages are lost as a whole, and bytes are not spread evenly over time.
PIECE_SECONDS = 1.6
# More than the frames of any codec reach into each other.
OVERLAP = RATE // 10
# Formats that can be decoded without the end of the file: they describe the audio at the start.
STREAMED = [
    "wav-s16", "rf64", "aiff-s16", "caf-s16", "flac", "ogg-flac", "ogg-vorbis", "ogg-opus",
    "mp3", "mp2", "adts", "mp4", "mkv-aac", "mkv-s16", "webm-vorbis", "webm-opus",
]  # fmt: skip
ALL = [*STREAMED, "wav-ima", "caf-alac", "m4a", "m4a-alac", "mov-s16"]
# Formats that do not state their length: a missing end cannot be noticed.
ENDLESS = {"mp2"}
# Formats in which each piece states its time.
TIMED = ["flac", "ogg-flac", "ogg-vorbis", "ogg-opus", "mp4"]
# A second near the end, and its least agreement with the whole file, in dB: AAC fills bands with noise.
LAST = slice(-RATE - OVERLAP, -OVERLAP)
SOUND = 15
# Formats in which any bytes are valid audio.
UNNOTICED = {"wav-s16", "rf64", "aiff-s16", "caf-s16", "mkv-s16", "webm-opus"}


def whole(name):
    return zoo.specimen(BY_NAME[name], RATE, 2, seconds=SECONDS)


@cache
def whole_decoded(name, folder):
    samples, run = enhancer.decode(whole(name), folder)
    assert run.succeeded()["damage"] is None
    return samples


@pytest.fixture(scope="module", name="kept")
def folder_for_all(tmp_path_factory):
    return tmp_path_factory.mktemp("whole")


def write(folder: Path, name, content):
    path = folder / f"broken{whole(name).suffix}"
    path.write_bytes(content)
    return path


def cut(name, share):
    content = whole(name).read_bytes()
    return content[: int(len(content) * share)]


def overwritten(name, share, length=2_500):
    """With random bytes in the middle."""
    content = bytearray(whole(name).read_bytes())
    start = int(len(content) * share)
    content[start : start + length] = np.random.default_rng(4).bytes(length)
    return bytes(content)


def assert_same_until(seconds, expected, found):
    end = min(int(seconds * RATE), len(found)) - OVERLAP
    assert end > 0
    np.testing.assert_array_equal(found[:end], expected[:end])


@pytest.mark.parametrize("share", [0.353, 0.507, 0.907])
@pytest.mark.parametrize("name", STREAMED)
def test_cut_file_gives_what_is_there(name, share, kept, tmp_path):
    expected = whole_decoded(name, kept)
    found, run = enhancer.decode(write(tmp_path, name, cut(name, share)), tmp_path)
    damage = run.succeeded()["damage"]
    seconds = len(found) / RATE
    assert share * SECONDS - PIECE_SECONDS <= seconds < SECONDS
    assert_same_until(seconds, expected, found)
    if damage is None:
        assert name in ENDLESS
    else:
        assert damage["places"] >= 1 and damage["reason"]
        assert abs(damage["at_seconds"] - seconds) < 0.2, "it broke where it ends"


@pytest.mark.parametrize("name", [name for name in STREAMED if name not in ENDLESS])
def test_strict_makes_damage_an_error(name, tmp_path):
    source = write(tmp_path, name, cut(name, 0.507))
    samples, run = enhancer.decode(source, tmp_path, "--strict")
    code, message = run.error
    assert samples is None and run.code == enhancer.SOURCE_UNREADABLE
    assert code == "corrupt_audio" and source.name in message


@pytest.mark.parametrize("name", ALL)
def test_strict_takes_a_sound_file(name, kept, tmp_path):
    found, run = enhancer.decode(whole(name), tmp_path, "--strict")
    assert run.succeeded()["damage"] is None
    np.testing.assert_array_equal(found, whole_decoded(name, kept))


@pytest.mark.parametrize("name", STREAMED)
def test_overwritten_file_gives_what_is_sound(name, kept, tmp_path):
    expected = whole_decoded(name, kept)
    found, run = enhancer.decode(write(tmp_path, name, overwritten(name, 0.5)), tmp_path)
    damage = run.succeeded()["damage"]
    assert SECONDS / 2 - PIECE_SECONDS <= len(found) / RATE <= SECONDS + 0.2
    if damage is None:
        assert name in UNNOTICED
        assert_same_until(SECONDS / 2 - PIECE_SECONDS, expected, found)
    else:
        assert SECONDS / 2 - PIECE_SECONDS <= damage["at_seconds"] <= SECONDS
        # After a lost page of Ogg, positions are right again from the next page on.
        page = PIECE_SECONDS if name.startswith("ogg") else 0
        assert_same_until(damage["at_seconds"] - page, expected, found)


@pytest.mark.parametrize("name", TIMED)
def test_what_follows_the_damage_stays_where_it_was(name, kept, tmp_path):
    """The container has the times, so that lost parts become silence."""
    expected = whole_decoded(name, kept)
    found, _ = enhancer.decode(write(tmp_path, name, overwritten(name, 0.3)), tmp_path)
    assert found.shape == expected.shape
    assert figures.snr(expected[LAST], found[LAST]) >= SOUND


@pytest.mark.parametrize("name", ["mp3", "mp2", "adts"])
def test_frames_that_are_lost_leave_their_time(name, kept, tmp_path):
    """Frames have no times: the number of invalid bytes shows how many frames were lost."""
    expected = whole_decoded(name, kept)
    found, run = enhancer.decode(write(tmp_path, name, overwritten(name, 0.3, 8000)), tmp_path)
    assert run.succeeded()["damage"] is not None
    # Up to two frames of AAC, whose sizes differ.
    assert abs(len(found) - len(expected)) <= 2 * 1024
    end = found[-3 * RATE :, 0]
    shift = figures.lag(expected[LAST, 0], end)
    assert figures.snr(expected[LAST, 0], end[shift : shift + len(expected[LAST])]) >= SOUND


def test_the_message_says_where_the_damage_is(tmp_path):
    source, destination = write(tmp_path, "flac", cut("flac", 0.507)), tmp_path / "result.wav"
    run = enhancer.enhance(source, destination, json_line=False)
    assert run.code == 0 and destination.exists()
    assert run.said.startswith("warning: ") and source.name in run.said
    assert "damaged at " in run.said and " s: " in run.said


def test_a_missing_index_after_the_audio_is_named(tmp_path):
    """Without its index, nothing in an MP4 file describes where the audio is."""
    samples, run = enhancer.decode(write(tmp_path, "m4a", cut("m4a", 0.5)), tmp_path)
    code, message = run.error
    assert samples is None and run.code == enhancer.SOURCE_UNREADABLE
    assert code == "corrupt_audio" and "moov" in message


@pytest.mark.parametrize("length", [1, 13, 45, 100, 500])
@pytest.mark.parametrize("name", ALL)
def test_heads_alone_end_tidily(name, length, tmp_path):
    source = write(tmp_path, name, whole(name).read_bytes()[:length])
    samples, run = enhancer.decode(source, tmp_path)
    if samples is None:
        assert run.error[0] in enhancer.REFUSALS
    else:
        assert len(samples) <= RATE


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ALL)
def test_sprinkled_bytes_end_tidily(name, seed, tmp_path):
    content = np.frombuffer(whole(name).read_bytes(), np.uint8).copy()
    random = np.random.default_rng(seed)
    places = random.integers(0, len(content), len(content) // 200)
    content[places] = random.integers(0, 256, len(places))
    samples, run = enhancer.decode(write(tmp_path, name, content.tobytes()), tmp_path)
    if samples is None:
        assert run.error[0] in enhancer.REFUSALS
    else:
        assert np.isfinite(samples).all()
