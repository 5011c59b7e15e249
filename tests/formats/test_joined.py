"""Files that recorders or people joined end to end are read one after the other."""

import struct

import numpy as np
import pytest
import zoo
from formats import BY_NAME
from test_lengths import codes, decoded, specimen, whole

RATE = 48_000

# Formats whose files can be joined end to end.
LOSSLESS = ["wav-s16", "rf64", "aiff-s16", "caf-s16", "flac", "m4a-alac", "mkv-flac", "mkv-s16"]
LOSSY = ["m4a", "mp4", "mov", "webm-opus", "webm-vorbis", "mkv-aac"]


def extension(name):
    return BY_NAME[name].extension


def live(codec, container, rate, channels, seconds):
    """A recording as sent over a network: it does not state its length or that of its parts."""
    source = zoo.recording(rate, channels, seconds)
    how = ["-c:a", codec, "-strict", "-2", "-f", container, "-live", 1]
    return zoo.ffmpeg("-i", source, *how, "-cluster_time_limit", 500, "-")


@pytest.mark.parametrize("name", LOSSLESS)
def test_each_sample_of_all_files_is_read(name, tmp_path):
    files = [specimen(name, seconds) for seconds in (3, 1, 2)]
    expected = np.concatenate([whole(file, extension(name), tmp_path) for file in files])
    samples = whole(b"".join(files), extension(name), tmp_path)
    np.testing.assert_array_equal(samples, expected)


@pytest.mark.parametrize("name", LOSSY)
def test_the_sound_of_all_files_is_read(name, tmp_path):
    files = [specimen(name, seconds) for seconds in (3, 2)]
    first, second = [whole(file, extension(name), tmp_path) for file in files]
    samples = whole(b"".join(files), extension(name), tmp_path)
    assert len(samples) == len(first) + len(second)
    for expected, found in ((first, samples[: len(first)]), (second, samples[len(first) :])):
        # The decoder of AAC makes noise, which differs each time.
        assert np.std(found - expected) < 0.06 * np.std(expected)


@pytest.mark.parametrize("name", [*LOSSLESS, "adts", "m4a", "webm-vorbis"])
def test_files_of_another_rate_are_converted(name, tmp_path):
    first, second = specimen(name, 3), specimen(name, 2, 44_100, 2)
    samples, report = decoded(first + second, extension(name), tmp_path, "--strict")
    assert samples.shape[1] == 1 and abs(len(samples) - 5 * RATE) <= RATE // 10
    (change,) = report["warnings"]
    assert change["code"] == "format_changes"
    assert "from 3.0" in change["text"] and "2 channels at 44100 Hz" in change["text"]
    # Both parts have speech as loud as in the source.
    ours, theirs = samples[-2 * RATE :, 0], zoo.speech(2, 2).mean(axis=1)
    assert 0.8 < np.std(ours) / np.std(theirs) < 1.25


@pytest.mark.parametrize("codec", ["libopus", "libvorbis", "aac", "flac", "pcm_s16le"])
def test_live_recordings_are_read_one_after_the_other(codec, tmp_path):
    other = RATE if codec == "libopus" else 44_100
    first, second = live(codec, "matroska", RATE, 1, 3), live(codec, "matroska", other, 2, 2)
    samples, report = decoded(first + second, "mkv", tmp_path, "--strict")
    assert abs(len(samples) - 5 * RATE) <= RATE // 10
    assert codes(report) == ["format_changes"]
    ours, theirs = samples[-2 * RATE :, 0], zoo.speech(2, 2).mean(axis=1)
    assert 0.8 < np.std(ours) / np.std(theirs) < 1.25


def test_flac_that_counts_no_samples_ends_where_another_begins(tmp_path):
    first, second = bytearray(specimen("flac", 3)), specimen("flac", 2)
    # The count takes the last 36 bits of these 8 bytes.
    (fields,) = struct.unpack_from(">Q", first, 18)
    struct.pack_into(">Q", first, 18, fields >> 36 << 36)
    expected = [whole(bytes(file), "flac", tmp_path) for file in (first, second)]
    samples = whole(bytes(first) + second, "flac", tmp_path)
    np.testing.assert_array_equal(samples, np.concatenate(expected))


def test_a_file_that_cannot_be_read_is_damage_where_it_begins(tmp_path):
    first, second = specimen("wav-s16", 3), specimen("wav-s16", 2)
    broken = second[:20] + b"\x99\x99" + second[22:]
    samples, report = decoded(first + broken, "wav", tmp_path)
    assert len(samples) == 3 * RATE
    assert report["damage"]["at_seconds"] == 3.0
    assert "another recording begins here" in report["damage"]["reason"]


def test_damage_of_a_later_file_has_its_place(tmp_path):
    first, second = specimen("flac", 3), bytearray(specimen("flac", 3))
    middle = len(second) // 2
    second[middle : middle + 2000] = bytes(2000)
    _, report = decoded(first + bytes(second), "flac", tmp_path)
    assert 3.5 < report["damage"]["at_seconds"] < 6


TAGS = {
    "ID3v1": b"TAG" + bytes(125),
    "APE": b"APETAGEX" + struct.pack("<IIII", 2000, 32, 0, 0) + bytes(8),
    "zeros": bytes(300),
}
TAGGED = ["flac", "caf-s16", "aiff-s16", "wav-s16", "m4a", "mkv-flac", "ogg-vorbis", "mp3", "adts"]


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("name", TAGGED)
def test_tags_and_zeros_behind_a_file_are_no_damage(name, tag, tmp_path):
    content = specimen(name, 2)
    expected = whole(content, extension(name), tmp_path)
    samples = whole(content + TAGS[tag], extension(name), tmp_path)
    assert samples.shape == expected.shape
    assert np.std(samples - expected) < 0.06 * np.std(expected)


def test_zeros_behind_a_live_recording_are_no_damage(tmp_path):
    content = live("libopus", "webm", RATE, 1, 2)
    expected = whole(content, "webm", tmp_path)
    np.testing.assert_array_equal(whole(content + bytes(300), "webm", tmp_path), expected)


ID3 = b"ID3\x04\0\0\0\0\x01\0" + bytes(128)


def test_flac_behind_tags_is_read_too(tmp_path):
    files = [ID3 + specimen("flac", 3), ID3 + specimen("flac", 2)]
    expected = np.concatenate([whole(file, "flac", tmp_path) for file in files])
    np.testing.assert_array_equal(whole(b"".join(files), "flac", tmp_path), expected)


@pytest.mark.parametrize("first, second", [("m4a-alac", "wav-s16"), ("mkv-flac", "m4a-alac")])
def test_files_of_other_formats_are_read_too(first, second, tmp_path):
    files = [(specimen(first, 3), first), (specimen(second, 2), second)]
    expected = [whole(file, extension(name), tmp_path) for file, name in files]
    samples = whole(files[0][0] + files[1][0], extension(first), tmp_path)
    np.testing.assert_array_equal(samples, np.concatenate(expected))


def test_more_files_than_are_read_are_reported(tmp_path):
    file = specimen("wav-s16", 0.01)
    samples, report = decoded(file * 1001, "wav", tmp_path)
    assert len(samples) == 1000 * 480
    assert "more than 1000 files" in report["damage"]["reason"]


TRACKS = ("-f", "lavfi", "-i", f"sine=440:r={RATE}:d=3")


def test_a_later_file_without_the_track_is_damage(tmp_path):
    two = zoo.specimen(BY_NAME["m4a"], RATE, 1, seconds=3, inputs=TRACKS, more=("-map", "0", "-map", "1"))
    _, report = decoded(two.read_bytes() + specimen("m4a", 2), "m4a", tmp_path, "--track", "2")
    assert report["damage"]["at_seconds"] > 2.9 and "track" in report["damage"]["reason"]


def test_wrong_sizes_of_tags_between_frames_lose_nothing(tmp_path):
    for name in ("mp3", "adts"):
        first, second = specimen(name, 3), specimen(name, 2)
        expected, _ = decoded(first + second, extension(name), tmp_path, "--strict")
        for tag in (
            b"ID3\x04\0\0\x7f\x7f\x7f\x7f",
            ID3[:60],
            b"APETAGEX" + struct.pack("<IIII", 2000, 0xFFFFFFF0, 1, 1 << 29) + bytes(8),
        ):
            samples, _ = decoded(first + tag + second, extension(name), tmp_path, "--strict")
            assert abs(len(samples) - len(expected)) <= 2 * 1152, (name, tag)


def test_tags_whose_size_cannot_be_cut_nothing_off(tmp_path):
    content = specimen("flac", 2)
    expected = whole(content, "flac", tmp_path)
    for size, flags in ((20_000, 0), (0x70000000, 0), (20_000, 1 << 31)):
        footer = b"APETAGEX" + struct.pack("<IIII", 2000, size, 1, flags) + bytes(8)
        np.testing.assert_array_equal(whole(content + footer, "flac", tmp_path), expected)


def test_a_mark_inside_a_head_begins_no_file(tmp_path):
    content = specimen("flac", 2)
    block = b"app " + b"fLaC\0\0\0\x22" + bytes(40)
    # After the first block of 34 bytes. A block of kind 2 holds data of an application.
    own = b"\x02" + len(block).to_bytes(3, "big") + block
    samples = whole(content[:42] + own + content[42:], "flac", tmp_path)
    np.testing.assert_array_equal(samples, whole(content, "flac", tmp_path))
