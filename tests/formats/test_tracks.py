"""Which audio track is read, and how its packets were encoded."""

import struct
import zlib

import enhancer
import numpy as np
import pytest
import zoo
from test_lengths import codes, decoded

RATE = 48_000
TONES = (440, 880, 1320)


def tracks(path, codecs, *options):
    """A file whose tracks are tones of different pitch."""
    inputs, maps = [], []
    for n, codec in enumerate(codecs):
        inputs += ["-f", "lavfi", "-i", f"sine={TONES[n]}:r={RATE}:d=2"]
        maps += ["-map", n, f"-c:a:{n}", codec]
    zoo.ffmpeg(*inputs, *maps, *options, "-strict", "-2", path)
    return path.read_bytes()


def pitch(samples):
    return int(round(np.abs(np.fft.rfft(samples[:, 0])).argmax() * RATE / len(samples) / 10) * 10)


def disposition(n, count):
    flags = []
    for other in range(count):
        flags += [f"-disposition:a:{other}", "default" if other == n else "0"]
    return flags


@pytest.mark.parametrize("extension", ["mkv", "mp4", "mov"])
@pytest.mark.parametrize("default", [0, 1, 2])
def test_the_default_track_is_read(extension, default, tmp_path):
    content = tracks(tmp_path / f"t.{extension}", ["aac"] * 3, *disposition(default, 3))
    samples, report = decoded(content, extension, tmp_path, "--strict")
    assert pitch(samples) == TONES[default]
    (text,) = [w["text"] for w in report["warnings"] if w["code"] == "track"]
    assert f"track {default + 1} of 3" in text and "default" in text


@pytest.mark.parametrize("extension", ["mkv", "mp4"])
def test_a_track_can_be_chosen(extension, tmp_path):
    content = tracks(tmp_path / f"t.{extension}", ["aac", "aac"])
    for n in (1, 2):
        samples, report = decoded(content, extension, tmp_path, "--track", n)
        assert pitch(samples) == TONES[n - 1] and codes(report) == []
    path = tmp_path / f"source.{extension}"
    _, run = enhancer.decode(path, tmp_path, "--track", 3)
    code, message = run.error
    assert code == "invalid_value" and "the track is 3, expected 1 to 2" in message


@pytest.mark.parametrize("extension", ["mkv", "mp4"])
@pytest.mark.parametrize("codec, name", [("ac3", "AC-3"), ("eac3", "E-AC-3")])
def test_the_second_track_is_read_if_the_first_cannot_be(extension, codec, name, tmp_path):
    content = tracks(tmp_path / f"t.{extension}", [codec, "aac"], *disposition(0, 2))
    samples, report = decoded(content, extension, tmp_path)
    assert pitch(samples) == TONES[1]
    (text,) = [w["text"] for w in report["warnings"] if w["code"] == "track"]
    assert "track 2 of 2" in text and name in text
    path = tmp_path / f"source.{extension}"
    _, run = enhancer.decode(path, tmp_path, "--track", 1)
    assert run.error[0] == "unsupported_audio" and name in run.error[1]


def test_a_source_of_one_track_has_no_second(tmp_path):
    for extension, codec in (("wav", "pcm_s16le"), ("flac", "flac"), ("m4a", "aac")):
        content = tracks(tmp_path / f"t.{extension}", [codec])
        decoded(content, extension, tmp_path, "--track", 1)
        _, run = enhancer.decode(tmp_path / f"source.{extension}", tmp_path, "--track", 2)
        assert run.error[0] == "invalid_value", extension
        assert "the track is 2, expected 1" in run.error[1]


def vint(number):
    return struct.pack(">Q", 1 << 56 | number)


def element(name, body):
    return bytes.fromhex(name) + vint(len(body)) + body


MASTERS = {b"\x18\x53\x80\x67", b"\x16\x54\xae\x6b", b"\xae", b"\x1f\x43\xb6\x75", b"\xa0"}
# Elements with places of other parts, which are no longer right, and checksums.
DROPPED = {b"\x11\x4d\x9b\x74", b"\x1c\x53\xbb\x6b", b"\xbf", b"\xec"}


def header(content, at):
    length = 9 - content[at].bit_length()
    name = content[at : at + length]
    at += length
    length = 9 - content[at].bit_length()
    size = int.from_bytes(content[at : at + length], "big") ^ 1 << 7 * length
    return name, at + length, size


def encoded(content, encodings, encode):
    """A Matroska file whose packets are encoded once more."""
    result, at = b"", 0
    while at < len(content):
        name, body, size = header(content, at)
        at = body + size
        part = content[body:at]
        if name in DROPPED:
            continue
        if name in MASTERS:
            part = encoded(part, encodings, encode)
        if name == b"\xae":
            part += element("6d80", encodings)
        if name in (b"\xa3", b"\xa1"):
            part = part[:4] + encode(part[4:])
        result += name + vint(len(part)) + part
    return result


def encoding(algorithm, settings=b"", order=0):
    compression = element("4254", bytes([algorithm])) + element("4255", settings)
    return element("6240", element("5031", bytes([order])) + element("5034", compression))


@pytest.mark.parametrize("codec", ["pcm_s16le", "flac", "aac", "libopus"])
def test_encodings_of_matroska_are_undone(codec, tmp_path):
    content = tracks(tmp_path / "t.mka", [codec])
    expected, _ = decoded(content, "mka", tmp_path, "--strict")
    steps = [(encoding(0), zlib.compress)]
    if codec == "flac":
        # All of its packets begin with these bytes.
        steps.append((encoding(3, b"\xff"), lambda packet: packet[1:]))
        both = encoding(3, b"\xff", 0) + encoding(0, b"", 1)
        steps.append((both, lambda packet: zlib.compress(packet[1:])))
    for encodings, encode in steps:
        changed = encoded(content, encodings, encode)
        samples, report = decoded(changed, "mka", tmp_path, "--strict")
        np.testing.assert_array_equal(samples, expected)
        assert codes(report) == []


@pytest.mark.parametrize(
    "encodings, name",
    [
        (encoding(1), "bzlib"),
        (encoding(2), "LZO"),
        (element("6240", element("5033", b"\x01")), "encrypted"),
    ],
)
def test_other_encodings_are_refused_by_name(encodings, name, tmp_path):
    content = encoded(tracks(tmp_path / "t.mka", ["flac"]), encodings, bytes)
    path = tmp_path / "source.mka"
    path.write_bytes(content)
    _, run = enhancer.decode(path, tmp_path)
    assert run.error[0] == "unsupported_audio" and name in run.error[1]
