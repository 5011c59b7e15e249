"""What a container declares about the presentation of its sound is applied: edits, late starts, gaps."""

import struct
from functools import cache

import enhancer
import numpy as np
import pytest
import zoo
from formats import BY_NAME
from test_lengths import codes, decoded, specimen

RATE = 48_000
PRIMING = 1024
# An edit list counts milliseconds; ffmpeg ends a part with a whole packet.
PACKET = 1024


def boxes(content):
    at = 0
    while at < len(content):
        size, kind = struct.unpack_from(">I4s", content, at)
        yield kind, content[at + 8 : at + size]
        at += size


def box(kind, body):
    return struct.pack(">I4s", len(body) + 8, kind) + body


def edited(content, entries):
    """The file with this edit list. An entry has the seconds of a part and its first sample."""
    result = b""
    for kind, body in boxes(content):
        if kind in (b"moov", b"trak", b"edts"):
            body = edited(body, entries)
        if kind == b"elst":
            parts = [struct.pack(">IiI", int(s * 1000), at, 1 << 16) for s, at in entries]
            body = struct.pack(">II", 0, len(parts)) + b"".join(parts)
        result += box(kind, body)
    return result


def theirs(path, *options):
    return np.frombuffer(zoo.ffmpeg("-i", path, *options, "-f", "f32le", "-"), "<f4")


def part(start, seconds):
    return (seconds, PRIMING + int(start * RATE))


# The seconds of the track that each edit list presents, none for silence.
EDITS = {
    "a part": ([part(2, 2)], [(2, 4)]),
    "the end cut away": ([part(0, 4)], [(0, 4)]),
    "the middle cut out": ([part(0, 2), part(4, 1.5)], [(0, 2), (4, 5.5)]),
    "the last first": ([part(4, 1.5), part(0, 2)], [(4, 5.5), (0, 2)]),
    "twice": ([part(1, 2), part(1, 2)], [(1, 3), (1, 3)]),
    "an empty start": ([(1, -1), part(0, 3)], [None, (0, 3)]),
    "a gap": ([part(0, 2), (1, -1), part(2, 2)], [(0, 2), None, (2, 4)]),
    "many": ([part(n % 5, 0.25) for n in range(60)], [(n % 5, n % 5 + 0.25) for n in range(60)]),
}


@pytest.mark.parametrize("name", ["m4a", "m4a-alac"])
@pytest.mark.parametrize("edit", EDITS)
def test_edits_are_applied_in_their_order(name, edit, tmp_path):
    entries, expected = EDITS[edit]
    content = specimen(name, 6)
    if name == "m4a-alac":
        entries = [(seconds, max(at - PRIMING, -1)) for seconds, at in entries]
    whole, _ = decoded(content, "m4a", tmp_path)
    samples, report = decoded(edited(content, entries), "m4a", tmp_path, "--strict")
    silence = np.zeros((RATE, 1), "<f4")
    pieces = [silence if p is None else whole[int(p[0] * RATE) : int(p[1] * RATE)] for p in expected]
    pieces = np.concatenate(pieces)
    assert len(samples) == len(pieces)
    if name == "m4a":
        # The decoder of AAC makes noise, which differs each time.
        assert np.std(samples - pieces) < 0.06 * np.std(pieces)
    else:
        np.testing.assert_array_equal(samples, pieces)
    expected = {"an empty start": ["edited", "silence_added"], "a gap": ["edited", "silence_added"]}
    assert codes(report) == expected.get(edit, ["edited"])


def test_no_sound_of_what_was_cut_out_comes_back(tmp_path):
    tones = [f"sine={hz}:r={RATE}:d=2" for hz in (440, 880, 1320)]
    graph = ";".join(f"{tone}[{n}]" for n, tone in enumerate(tones))
    graph += ";[0][1][2]concat=n=3:v=0:a=1"
    source = tmp_path / "tones.m4a"
    zoo.ffmpeg("-filter_complex", graph, "-c:a", "aac", source)
    content = edited(source.read_bytes(), [part(0, 2), part(4, 2)])
    samples, report = decoded(content, "m4a", tmp_path)
    spectrum = np.abs(np.fft.rfft(samples[:, 0] * np.hanning(len(samples))))

    def level(hz):
        return spectrum[int(hz * len(samples) / RATE) - 3 :][:6].max()

    assert level(880) < 0.01 * level(440) and level(1320) > 0.5 * level(440)
    assert "2 parts" in report["warnings"][0]["text"]
    source.write_bytes(content)
    assert abs(len(samples) - len(theirs(source))) <= PACKET


def test_a_part_up_to_the_end_may_come_before_others(tmp_path):
    content = specimen("m4a", 6)
    whole, _ = decoded(content, "m4a", tmp_path)
    samples, report = decoded(edited(content, [part(4, 2.1), part(0, 2)]), "m4a", tmp_path, "--strict")
    assert abs(len(samples) - 4 * RATE) <= PACKET
    assert np.std(samples[-RATE:] - whole[RATE : 2 * RATE]) < 0.06 * np.std(whole)
    assert codes(report) == ["edited"]


def test_edits_after_the_end_present_nothing(tmp_path):
    content = specimen("m4a", 6)
    samples, _ = decoded(edited(content, [part(60, 2), part(0, 2)]), "m4a", tmp_path, "--strict")
    assert abs(len(samples) - 2 * RATE) <= PACKET
    path = tmp_path / "source.m4a"
    path.write_bytes(edited(content, [part(60, 2)]))
    samples, run = enhancer.decode(path, tmp_path)
    assert samples is None and "show no part of its audio" in run.error[1]


def test_a_start_that_was_cut_away_is_reported(tmp_path):
    content = specimen("m4a", 6)
    samples, report = decoded(edited(content, [part(3, 3)]), "m4a", tmp_path, "--strict")
    assert abs(len(samples) - 3 * RATE) <= PACKET
    assert codes(report) == ["edited"] and "3.0" in report["warnings"][0]["text"]


def test_edits_without_end_or_bottom_are_bounded(tmp_path):
    content = specimen("m4a", 1.5)
    path = tmp_path / "source.m4a"
    for entries, said in (
        ([part(0, 1)] * 4097, "4096 edits"),
        ([part(0, 1)] * 4000, "repeat its audio more than 4 times"),
    ):
        path.write_bytes(edited(content, entries))
        samples, run = enhancer.decode(path, tmp_path)
        assert samples is None and said in run.error[1]
    # A day of silence from a few bytes: only as much as is allowed, and a report of the rest.
    samples, report = decoded(edited(content, [(80_000, -1), part(0, 1)]), "m4a", tmp_path)
    assert len(samples) < 200 * RATE
    assert "left out" in report["warnings"][1]["text"]


CASES = ["mp4", "mov", "mkv-aac", "webm-opus", "webm-vorbis", "mkv-flac", "mkv-s16"]


@cache
def picture():
    return ("-f", "lavfi", "-i", "testsrc=d=6:s=64x64:r=25")


def arguments(name):
    form = BY_NAME[name]
    codec = "libvpx" if form.extension == "webm" else "mpeg4"
    return form.extension, ["-c:v", codec, *form.arguments]


@pytest.mark.parametrize("fragments", [False, True])
@pytest.mark.parametrize("name", CASES)
def test_a_late_start_is_silence(name, fragments, tmp_path):
    extension, how = arguments(name)
    if fragments and extension not in ("mp4", "mov"):
        pytest.skip("only MP4 has fragments")
    if fragments:
        how += ["-movflags", "frag_keyframe+empty_moov", "-frag_duration", "500000"]
    source = tmp_path / f"late.{extension}"
    speech = ["-itsoffset", "2", "-i", zoo.recording(RATE, 1, 3)]
    zoo.ffmpeg(*picture(), *speech, "-map", "0:v", "-map", "1:a", *how, "-strict", "-2", source)
    expected = theirs(source, "-map", "0:a", "-af", "aresample=async=1:first_pts=0")
    samples, report = decoded(source.read_bytes(), extension, tmp_path, "--strict")
    assert abs(len(samples) - len(expected)) <= RATE // 50
    # The first fragment has the packet before the sound.
    assert not samples[2 * PACKET : int(1.9 * RATE)].any()
    assert np.abs(samples[2 * RATE :]).max() > 0.1
    assert "silence_added" in codes(report)
    assert "from 0.0" in report["warnings"][0]["text"]


@pytest.mark.parametrize("name", [*CASES, "fragments"])
def test_packets_that_are_missing_are_silence(name, tmp_path):
    extension, how = arguments("mp4" if name == "fragments" else name)
    if name == "fragments":
        how += ["-movflags", "frag_keyframe+empty_moov", "-frag_duration", "500000"]
    whole, source = tmp_path / f"whole.{extension}", tmp_path / f"gap.{extension}"
    tone = f"sine=440:r={RATE}:d=5"
    # `aselect` leaves the times as they are.
    zoo.ffmpeg("-f", "lavfi", "-i", f"{tone},aselect='not(between(t,2,3))'", *how, "-strict", "-2", source)
    zoo.ffmpeg("-f", "lavfi", "-i", tone, *how, "-strict", "-2", whole)
    expected, before = decoded(whole.read_bytes(), extension, tmp_path, "--strict")
    samples, report = decoded(source.read_bytes(), extension, tmp_path, "--strict")
    assert "silence_added" not in codes(before)
    assert abs(len(samples) - len(expected)) <= 2 * PACKET
    silent = np.flatnonzero(np.abs(samples[:, 0]) < 1e-6)
    inside = silent[(silent > 2 * RATE) & (silent < 3 * RATE)]
    assert len(inside) > 0.8 * RATE, "the gap is where it was"
    (text,) = [w["text"] for w in report["warnings"] if w["code"] == "silence_added"]
    assert text.startswith("the source has no sound from ")


@pytest.mark.parametrize("start", [4, 4000])
def test_a_clock_is_not_a_late_start(start, tmp_path):
    """Streams are recorded from their middle: a start far from 0 is the time of a clock."""
    source = tmp_path / "source.mka"
    speech = ["-itsoffset", start, "-i", zoo.recording(RATE, 1, 3)]
    zoo.ffmpeg(*speech, "-c:a", "flac", source)
    samples, report = decoded(source.read_bytes(), "mka", tmp_path)
    assert len(samples) == (3 + (start if start == 4 else 0)) * RATE
    assert codes(report) == (["silence_added"] if start == 4 else [])
