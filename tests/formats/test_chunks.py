"""What field recorders and broadcasters write into WAV files is carried over."""

import struct

import enhancer
import pytest
from test_levels import float_wav, hot
from test_lengths import codes

RATE = 48_000
HISTORY = b"A=ANALOGUE,M=mono,T=tape\r\n"


def bext(history=HISTORY):
    fixed = b"A scene".ljust(256, b"\0") + b"Recorder".ljust(32, b"\0") + bytes(32)
    fixed += b"2026-11-2810:00:00" + struct.pack("<QH", 123_456_789, 1)
    return fixed.ljust(602, b"\0") + history


def adtl():
    label = b"labl" + struct.pack("<II", 9, 1) + b"Take\0\0"
    return b"adtl" + label


CHUNKS = {
    b"bext": bext(),
    b"iXML": b"<BWFXML><SCENE>12</SCENE><TAKE>3</TAKE></BWFXML>",
    b"cue ": struct.pack("<IIIIIII", 1, 1, 4800, 0, 0, 0, 4800),
    b"smpl": bytes(36),
    b"LIST": adtl(),
}


def chunk(name, body):
    return name + struct.pack("<I", len(body)) + body + bytes(len(body) % 2)


def chunks(content):
    found, at = {}, 12
    while at < len(content):
        name, size = struct.unpack_from("<4sI", content, at)
        found[name] = content[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    return found


def with_chunks(before, behind):
    content = float_wav(hot() / 8)
    at = content.index(b"data")
    join = lambda some: b"".join(chunk(*part) for part in some.items())  # noqa: E731
    content = content[:at] + join(before) + content[at:] + join(behind)
    return content[:4] + struct.pack("<I", len(content) - 8) + content[8:]


@pytest.mark.parametrize("place", ["before", "behind"])
def test_chunks_are_carried_over(place, tmp_path):
    source, result = tmp_path / "source.wav", tmp_path / "result.wav"
    parts = ({}, CHUNKS) if place == "behind" else (CHUNKS, {})
    source.write_bytes(with_chunks(*parts))
    report = enhancer.enhance(source, result, "--destination-format", "s24le").succeeded()
    assert codes(report) == []
    found = chunks(result.read_bytes())
    for name in CHUNKS.keys() - {b"bext"}:
        assert found[name] == CHUNKS[name], name
    line = b"A=PCM,F=48000,W=24,M=mono,T=Enhancer;noise removed\r\n"
    assert found[b"bext"] == CHUNKS[b"bext"] + line
    # The result is a source like the first.
    again = enhancer.enhance(result, tmp_path / "again.wav").succeeded()
    assert codes(again) == []
    assert chunks((tmp_path / "again.wav").read_bytes())[b"bext"].count(b"T=Enhancer") == 2


@pytest.mark.parametrize("extension", ["flac", "raw"])
def test_chunks_that_a_container_cannot_hold_are_named(extension, tmp_path):
    source = tmp_path / "source.wav"
    source.write_bytes(with_chunks(CHUNKS, {}))
    options = ["--destination-format", "s24le"]
    report = enhancer.enhance(source, tmp_path / f"result.{extension}", *options).succeeded()
    (warning,) = report["warnings"]
    assert warning["code"] == "chunks_lost"
    assert "bext, iXML, cue, smpl, LIST" in warning["text"]


def test_large_and_many_chunks_are_bounded(tmp_path):
    source, result = tmp_path / "source.wav", tmp_path / "result.wav"
    large = b"<BWFXML/>".ljust(17 << 20)
    source.write_bytes(with_chunks({b"iXML": large, b"bext": bext()}, {}))
    report = enhancer.enhance(source, result).succeeded()
    (warning,) = report["warnings"]
    assert warning["code"] == "chunks_lost" and "iXML" in warning["text"]
    assert "bext" not in warning["text"]
    assert b"iXML" not in chunks(result.read_bytes())
    many = with_chunks({}, {}) + chunk(b"cue ", bytes(4)) * 5000
    source.write_bytes(many)
    enhancer.enhance(source, result).succeeded()
    assert result.stat().st_size < len(many) - 4000 * 12
