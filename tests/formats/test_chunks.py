"""The chunks that field recorders and broadcasters write into WAV files are carried over."""

import json
import struct
import subprocess

import enhancer
import numpy as np
import pytest
import zoo
from test_lengths import codes
from test_levels import float_wav, hot
from test_presentation import theirs

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
    # The result can be a source like the first one.
    again = enhancer.enhance(result, tmp_path / "again.wav").succeeded()
    assert codes(again) == []
    assert chunks((tmp_path / "again.wav").read_bytes())[b"bext"].count(b"T=Enhancer") == 2


def test_ffmpeg_reads_the_description_and_the_history(tmp_path):
    source, result = tmp_path / "source.wav", tmp_path / "result.wav"
    source.write_bytes(with_chunks(CHUNKS, {}))
    enhancer.enhance(source, result, "--destination-format", "s24le").succeeded()
    entries = "format_tags"
    command = ["ffprobe", "-v", "error", "-show_entries", entries, "-of", "json", result]
    tags = json.loads(subprocess.check_output(command, timeout=60))["format"]["tags"]
    # What ffprobe calls a comment is the description.
    assert tags["comment"] == "A scene" and tags["encoded_by"] == "Recorder"
    assert tags["date"] == "2026-11-28" and tags["time_reference"] == "123456789"
    assert tags["coding_history"].startswith("A=ANALOGUE") and "T=Enhancer" in tags["coding_history"]
    np.testing.assert_allclose(theirs(result), hot() / 8, atol=2e-7)


@pytest.mark.parametrize("options", [("-rf64", "always"), ("-c:a", "adpcm_ima_wav")])
def test_chunks_of_what_ffmpeg_writes_are_carried_over(options, tmp_path):
    source, result = tmp_path / "source.wav", tmp_path / "result.wav"
    wav = tmp_path / "plain.wav"
    wav.write_bytes(with_chunks({}, {}))
    said = ["-write_bext", "1", "-metadata", "description=A scene", "-metadata", "originator=Me"]
    zoo.ffmpeg("-i", wav, *said, *options, source)
    report = enhancer.enhance(source, result, "--destination-format", "s16le").succeeded()
    assert codes(report) == []
    theirs_bext, ours = (chunks(path.read_bytes())[b"bext"] for path in (source, result))
    assert ours[:602] == theirs_bext[:602] and b"A scene" in ours
    assert ours.endswith(b"T=Enhancer;noise removed\r\n")


@pytest.mark.parametrize("extension", ["flac", "raw"])
def test_chunks_that_a_container_cannot_hold_are_named(extension, tmp_path):
    source = tmp_path / "source.wav"
    source.write_bytes(with_chunks(CHUNKS, {}))
    options = ["--destination-format", "s24le"]
    report = enhancer.enhance(source, tmp_path / f"result.{extension}", *options).succeeded()
    (warning,) = report["warnings"]
    assert warning["code"] == "chunks_lost"
    assert "bext, iXML, cue, smpl, LIST adtl" in warning["text"]
    assert "A WAV result keeps" in warning["text"]


def test_unknown_chunks_and_those_that_are_cut_off_are_named(tmp_path):
    source, result = tmp_path / "source.wav", tmp_path / "result.wav"
    own = {b"fact": bytes(4), b"JUNK": bytes(9), b"PEAK": bytes(16), b"elm1": bytes(7)}
    content = with_chunks(own, {b"bext": bext()})
    source.write_bytes(content[:-300])
    report = enhancer.enhance(source, result).succeeded()
    (warning,) = report["warnings"]
    assert warning["code"] == "chunks_lost"
    assert warning["text"].endswith("chunks of the source: elm1, bext")
    assert not {b"elm1", b"bext"} & chunks(result.read_bytes()).keys()


def test_markers_of_aiff_are_named(tmp_path):
    source, result = tmp_path / "source.aiff", tmp_path / "result.wav"
    wav = tmp_path / "plain.wav"
    wav.write_bytes(with_chunks({}, {}))
    zoo.ffmpeg("-i", wav, source)
    marker = b"MARK" + struct.pack(">IHHIBx", 10, 1, 1, 4800, 0)
    content = source.read_bytes() + marker
    source.write_bytes(content[:4] + struct.pack(">I", len(content) - 8) + content[8:])
    (warning,) = enhancer.enhance(source, result).succeeded()["warnings"]
    assert warning["code"] == "chunks_lost" and warning["text"].endswith("source: MARK")


def test_large_and_many_chunks_are_bounded(tmp_path):
    source, result = tmp_path / "source.wav", tmp_path / "result.wav"
    large = b"<BWFXML/>".ljust(17 << 20)
    source.write_bytes(with_chunks({b"iXML": large, b"bext": bext()}, {}))
    report = enhancer.enhance(source, result).succeeded()
    (warning,) = report["warnings"]
    assert warning["code"] == "chunks_lost" and warning["text"].endswith("source: iXML")
    found = chunks(result.read_bytes())
    assert b"iXML" not in found and b"bext" in found
    many = with_chunks({}, {}) + chunk(b"cue ", bytes(4)) * 2000
    source.write_bytes(many)
    (warning,) = enhancer.enhance(source, result).succeeded()["warnings"]
    assert warning["text"].endswith("source: cue")
    assert result.read_bytes().count(b"cue \4\0\0\0") == 64


@pytest.mark.parametrize("size", [0, 1, 601, 0x7FFFFFFF, 0xFFFFFFFF])
@pytest.mark.parametrize("name", [b"bext", b"iXML", b"LIST", b"elm1"])
def test_hostile_sizes(name, size, tmp_path):
    source, result = tmp_path / "source.wav", tmp_path / "result.wav"
    body = bytes(min(size, 601) + size % 2 if size < 602 else 20)
    source.write_bytes(with_chunks({}, {}) + name + struct.pack("<I", size) + body)
    report = enhancer.enhance(source, result).succeeded()
    assert report["samples"] == 2 * RATE
    assert name not in chunks(result.read_bytes()) or size <= 601
