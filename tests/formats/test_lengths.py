"""The sound in a file counts, not what the file declares about it."""

import struct
from functools import cache

import enhancer
import numpy as np
import pytest
import zoo
from formats import BY_NAME, Format

RATE = 48_000
MP3_FRAME = 1152


@cache
def specimen(name, seconds=6, rate=RATE, channels=1):
    return zoo.specimen(BY_NAME[name], rate, channels, seconds=seconds).read_bytes()


def decoded(content, extension, folder, *options):
    path = folder / f"source.{extension}"
    path.write_bytes(content)
    samples, run = enhancer.decode(path, folder, *options)
    return samples, run.succeeded()


def codes(report):
    return [warning["code"] for warning in report["warnings"]]


def whole(content, extension, folder):
    """The samples of a file that has no faults, not even for `--strict`."""
    samples, report = decoded(content, extension, folder, "--strict")
    assert report["damage"] is None and codes(report) == []
    return samples


@pytest.fixture(scope="module", name="vbr")
def vbr_mp3():
    """Five loud seconds and forty quiet ones, so that the first frames are by far the largest. ffmpeg
    writes to a pipe, without the frame that counts the others."""
    loud = "anoisesrc=r=44100:a=0.5:seed=1:d=5"
    quiet = "sine=220:r=44100:d=40,volume=0.03"
    graph = f"{loud}[a];{quiet}[b];[a][b]concat=v=0:a=1"
    return zoo.ffmpeg("-filter_complex", graph, "-c:a", "libmp3lame", "-q:a", 2, "-f", "mp3", "-")


def test_mp3_without_a_count_is_read_to_its_end(vbr, tmp_path):
    samples = whole(vbr, "mp3", tmp_path)
    assert abs(len(samples) - 45 * 44_100) <= 3 * MP3_FRAME
    assert np.abs(samples[-44_100:-2000]).max() > 0.003, "the quiet end is there"


def count_place(content):
    return (content.index(b"Info") if b"Info" in content else content.index(b"Xing")) + 8


@pytest.mark.parametrize("share", [0, 0.1, 0.5, 0.99])
def test_mp3_that_counts_too_few_frames_is_read_to_its_end(share, tmp_path):
    content = bytearray(specimen("mp3"))
    expected = whole(bytes(content), "mp3", tmp_path)
    (count,) = struct.unpack_from(">I", content, count_place(content))
    struct.pack_into(">I", content, count_place(content), int(count * share))
    samples, report = decoded(content, "mp3", tmp_path, "--strict")
    assert len(expected) <= len(samples) <= len(expected) + 3 * MP3_FRAME
    np.testing.assert_array_equal(samples[: len(expected)], expected)
    if share == 0:
        # A count of 0 was never filled in, and claims nothing.
        assert codes(report) == []
    elif share < 0.9:
        assert codes(report) == ["length_differs"]
        assert f"has {len(samples) / RATE:.2f} s" in report["warnings"][0]["text"]


def test_joined_mp3_files_are_read_one_after_the_other(tmp_path):
    first, second = specimen("mp3", 3), specimen("mp3", 2)
    expected = [whole(content, "mp3", tmp_path) for content in (first, second)]
    tag = b"TAG" + bytes(125)
    for between in (b"", tag, b"ID3\x04\0\0\0\0\0\x0aTIT2\0\0\0\0\0\0"):
        samples, report = decoded(first + between + second, "mp3", tmp_path, "--strict")
        missing = sum(map(len, expected)) - len(samples)
        assert -4 * MP3_FRAME <= missing <= 0, missing
        np.testing.assert_array_equal(samples[: len(expected[0])], expected[0])
        assert report["damage"] is None


@pytest.mark.parametrize("name", ["mp3", "mp2", "adts", "ogg-vorbis", "ogg-flac"])
def test_frames_of_another_rate_are_converted(name, tmp_path):
    first, second = specimen(name, 3), specimen(name, 2, 44_100, 2)
    samples, report = decoded(first + second, name[:3], tmp_path, "--strict")
    assert samples.shape[1] == 1
    assert abs(len(samples) - 5 * RATE) <= 5 * MP3_FRAME
    (change,) = [w["text"] for w in report["warnings"] if w["code"] == "format_changes"]
    assert "2 channels at 44100 Hz" in change
    # Both parts have speech as loud as in the source.
    theirs = zoo.speech(2, 2).mean(axis=1)
    ours = samples[-2 * RATE :, 0]
    assert 0.8 < np.std(ours) / np.std(theirs) < 1.25


CHAINED = ["ogg-opus", "ogg-vorbis", "ogg-flac"]


@pytest.mark.parametrize("name", CHAINED)
def test_chained_ogg_is_read_link_by_link(name, tmp_path):
    links = [specimen(name, seconds) for seconds in (3, 1, 2)]
    expected = np.concatenate([whole(link, "ogg", tmp_path) for link in links])
    samples = whole(b"".join(links), "ogg", tmp_path)
    np.testing.assert_array_equal(samples, expected)


CRC = [0] * 256
for n in range(256):
    value = n << 24
    for _ in range(8):
        value = (value << 1 ^ (0x04C11DB7 if value & 0x80000000 else 0)) & 0xFFFFFFFF
    CRC[n] = value


def pages_of(content):
    at = 0
    while at < len(content):
        segments = content[at + 26]
        length = 27 + segments + sum(content[at + 27 : at + 27 + segments])
        yield bytearray(content[at : at + length])
        at += length


def sealed(page):
    page[22:26] = bytes(4)
    checksum = 0
    for byte in page:
        checksum = (checksum << 8 & 0xFFFFFFFF) ^ CRC[checksum >> 24 ^ byte]
    page[22:26] = struct.pack("<I", checksum)
    return bytes(page)


def with_positions(content, position, *, is_end=True):
    """An Ogg file whose pages of sound have the positions that `position(page, true)` returns."""
    pages = list(pages_of(content))
    for n, page in enumerate(pages):
        (true,) = struct.unpack_from("<q", page, 6)
        # The headers come first.
        if true > 0:
            struct.pack_into("<q", page, 6, position(n - len(pages), true))
        if not is_end:
            page[5] &= ~4
    return b"".join(map(sealed, pages))


@pytest.mark.parametrize(
    "position",
    [
        lambda page, true: true // 3,
        lambda page, true: 0,
        lambda page, true: true if page == -1 else -1,
        lambda page, true: -1 if page == -4 else true,
    ],
    ids=["a third", "zero", "none but the last", "one missing"],
)
@pytest.mark.parametrize("name", ["ogg-opus", "ogg-vorbis"])
def test_wrong_positions_in_ogg_lose_nothing_and_insert_nothing(name, position, tmp_path):
    content = specimen(name)
    expected = whole(content, "ogg", tmp_path)
    samples, report = decoded(with_positions(content, position), "ogg", tmp_path, "--strict")
    # A little of the padding may be decoded.
    assert 0 <= len(samples) - len(expected) < RATE // 10
    np.testing.assert_array_equal(samples[: len(expected)], expected)
    assert report["damage"] is None


@pytest.mark.parametrize("position", [-1, 0], ids=["none", "zero"])
@pytest.mark.parametrize("name", ["ogg-opus", "ogg-vorbis", "ogg-flac"])
def test_a_last_position_that_cannot_be_loses_nothing(name, position, tmp_path):
    content = specimen(name)
    expected = whole(content, "ogg", tmp_path)
    wrong = with_positions(content, lambda page, true: position if page == -1 else true)
    samples = whole(wrong, "ogg", tmp_path)
    assert 0 <= len(samples) - len(expected) < RATE // 10
    np.testing.assert_array_equal(samples[: len(expected)], expected)


@pytest.mark.parametrize("page", [-2, -3, -5])
@pytest.mark.parametrize("name", ["ogg-opus", "ogg-vorbis"])
def test_one_position_that_is_too_large_inserts_nothing(name, page, tmp_path):
    content = specimen(name)
    expected = whole(content, "ogg", tmp_path)
    wrong = with_positions(content, lambda n, true: true + 20 * RATE * (n == page))
    samples, report = decoded(wrong, "ogg", tmp_path, "--strict")
    assert 0 <= len(samples) - len(expected) < RATE // 10
    np.testing.assert_array_equal(samples[: len(expected)], expected)
    assert report["damage"] is None


def test_an_end_at_a_whole_packet_is_an_end(tmp_path):
    content = specimen("ogg-opus")
    expected = whole(content, "ogg", tmp_path)
    no_mark = with_positions(content, lambda page, true: true, is_end=False)
    np.testing.assert_array_equal(whole(no_mark, "ogg", tmp_path), expected)

    live = zoo.ffmpeg(
        "-f", "f32le", "-ar", RATE, "-ac", 1, "-i", "-", "-c:a", "libopus", "-f", "webm",
        "-live", 1, "-cluster_time_limit", 1000, "-",
        stdin=zoo.speech(1, 6).astype("<f4").tobytes(),
    )  # fmt: skip
    samples = whole(live, "webm", tmp_path)
    assert abs(len(samples) - 6 * RATE) < RATE // 10
    # If it is cut inside a packet, it is damaged.
    _, report = decoded(live[:-30], "webm", tmp_path)
    assert codes(report) == ["damaged"]

    flac = specimen("flac")
    with_tag = flac + b"TAG" + b"Talk".ljust(125, b"\0")
    np.testing.assert_array_equal(
        whole(with_tag, "flac", tmp_path), whole(flac, "flac", tmp_path)
    )

    aiff = bytearray(specimen("aiff-s16"))
    struct.pack_into(">I", aiff, 4, len(aiff) + 5000)
    np.testing.assert_array_equal(
        whole(bytes(aiff), "aiff", tmp_path), whole(specimen("aiff-s16"), "aiff", tmp_path)
    )


@pytest.mark.parametrize("size", [0x7FFFF000, 0x7FFFFFFF, 0x7FFFFFDB, 2_000_000_000, 0x80000000, 0xFFFFFFFF, 0])
def test_sizes_from_pipes_are_the_rest_of_the_file(size, tmp_path):
    content = bytearray(specimen("wav-s16"))
    expected = whole(bytes(content), "wav", tmp_path)
    place = content.index(b"data") + 4
    end = place + 4 + len(expected) * 2
    struct.pack_into("<I", content, place, size)
    struct.pack_into("<I", content, 4, min(size + place, 0xFFFFFFFF))
    np.testing.assert_array_equal(whole(bytes(content[:end]), "wav", tmp_path), expected)

    if size in (0x7FFFF000, 0x7FFFFFFF):
        content = bytearray(specimen("aiff-s16"))
        expected = whole(bytes(content), "aiff", tmp_path)
        place = content.index(b"SSND") + 4
        struct.pack_into(">I", content, place, size)
        struct.pack_into(">I", content, 4, min(size + place, 0xFFFFFFFF))
        np.testing.assert_array_equal(whole(bytes(content), "aiff", tmp_path), expected)


def test_caf_of_an_open_size_is_read_to_its_end(tmp_path):
    content = specimen("caf-s16")
    expected = whole(content, "caf", tmp_path)
    place = content.index(b"data") + 4
    still_open = content[:place] + b"\xff" * 8 + content[place + 8 :]
    np.testing.assert_array_equal(whole(still_open, "caf", tmp_path), expected)


def test_the_start_of_a_large_download_is_read(tmp_path):
    content = bytearray(specimen("wav-s16"))
    place = content.index(b"data") + 4
    struct.pack_into("<I", content, place, 1_000_000_000)
    samples, report = decoded(bytes(content[:60_000]), "wav", tmp_path)
    assert len(samples) == (60_000 - place - 4) // 2
    assert codes(report) == ["damaged"]


ADPCM = Format("adpcm", "", "", "wav", ("-c:a", "adpcm_ms"))
PIPES = [0, 0x7FFFF000, 0x7FFFFFFF, 2_000_000_000, 0xFFFFFFFF]


def with_wav_size(content, size):
    """The file up to the end of its samples, with this declared size of the samples in bytes."""
    place = content.index(b"data") + 4
    (true,) = struct.unpack_from("<I", content, place)
    content = bytearray(content[: place + 4 + true])
    struct.pack_into("<I", content, place, size)
    struct.pack_into("<I", content, 4, min(size + place, 0xFFFFFFFF))
    return bytes(content)


@pytest.mark.parametrize("size", PIPES)
def test_coded_samples_of_wav_from_pipes_are_the_rest_of_the_file(size, tmp_path):
    content = zoo.specimen(ADPCM, RATE, 1, seconds=4).read_bytes()
    expected = whole(content, "wav", tmp_path)
    np.testing.assert_array_equal(whole(with_wav_size(content, size), "wav", tmp_path), expected)


@pytest.mark.parametrize("name", ["wav-s16", "wav-adpcm", "aiff-s16", "caf-s16"])
def test_samples_beyond_their_declared_size_are_read(name, tmp_path):
    """A recorder that was switched off could not update the size."""
    kind = name[:4].rstrip("-")
    if name == "wav-adpcm":
        content = zoo.specimen(ADPCM, RATE, 1, seconds=4).read_bytes()
    else:
        content = specimen(name, 4)
    expected = whole(content, kind, tmp_path)
    mark, order = {"wav": (b"data", "<I"), "aiff": (b"SSND", ">I"), "caf": (b"data", ">Q")}[kind]
    place = content.index(mark) + 4
    (true,) = struct.unpack_from(order, content, place)
    half = bytearray(content[: place + struct.calcsize(order) + true])
    struct.pack_into(order, half, place, true // 4)
    if kind != "caf":
        struct.pack_into(order, half, 4, true // 4 + place)
    samples, report = decoded(bytes(half), kind, tmp_path, "--strict")
    np.testing.assert_array_equal(samples, expected)
    assert codes(report) == ["length_differs"]
    # The size may also never have been written.
    struct.pack_into(order, half, place, 0)
    if kind != "caf":
        struct.pack_into(order, half, 4, 0)
    np.testing.assert_array_equal(whole(bytes(half), kind, tmp_path), expected)
