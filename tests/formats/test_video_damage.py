"""The existing part of a damaged video in MP4 or MOV is copied. If a video cannot be copied, this is
reported, and its sound is enhanced."""

import struct

import enhancer
import pytest
import zoo
from peers import STRICTLY
from test_lengths import codes
from video import assert_lies_end_tidily, enhanced, film, material, packets, patched, probe


def cut(name, share, folder):
    whole = film(name).read_bytes()
    path = folder / "cut.mp4"
    path.write_bytes(whole[: int(len(whole) * share)])
    return path


def assert_begins_as(name, result):
    """All pictures of the result equal the first ones of the film."""
    ours, theirs = packets(probe(result), 0), packets(probe(film(name)), 0)
    assert 10 < len(ours) < len(theirs)
    # ffmpeg does not show a picture that is presented after missing ones.
    for our, their in zip(ours[:-1], theirs):
        assert (*our[:4], our[5]) == (*their[:4], their[5])
    zoo.ffmpeg(*STRICTLY, "-i", result, "-map", "0:v", "-map", "0:a:0", "-f", "null", "-")


def test_the_existing_part_of_a_cut_off_file_is_copied(tmp_path):
    source, result = cut("faststart", 0.6, tmp_path), tmp_path / "result.mp4"
    report = enhancer.enhance(source, result).succeeded()
    assert "damaged" in codes(report) and "video_incomplete" in codes(report)
    (text,) = [w["text"] for w in report["warnings"] if "the picture" in w["text"]]
    assert "missing from the file" in text
    assert_begins_as("faststart", result)
    run = enhancer.enhance(source, tmp_path / "strict.mp4", "--strict")
    assert run.error[0] == "corrupt_audio" and not (tmp_path / "strict.mp4").exists()


def test_a_recording_in_fragments_that_never_finished_is_copied(tmp_path):
    assert_begins_as("fragments", enhanced(cut("fragments", 0.6, tmp_path), tmp_path / "result.mp4"))


OBSTACLES = {
    "elsewhere": (b"dref", lambda body: body[:16] + bytes(4) + body[20:], "another file"),
    "encrypted": (b"stsd", lambda body: body.replace(b"avc1", b"encv"), "encrypted"),
    "broken": (b"dref", lambda body: body[:8] + bytes([0, 0, 0, 99]) + body[12:], "broken"),
}  # fmt: skip


@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_a_video_that_cannot_be_copied_is_reported_and_its_sound_enhanced(obstacle, tmp_path):
    kind, change, said = OBSTACLES[obstacle]

    def of_picture(body):
        # The picture is the first track.
        nonlocal left
        left -= 1
        return change(body) if left == 0 else body

    left = 1
    source = tmp_path / "film.mp4"
    source.write_bytes(patched(film("mp4").read_bytes(), kind, of_picture))
    report = enhancer.enhance(source, None, "--out-dir", tmp_path / "out").succeeded()
    (text,) = [w["text"] for w in report["warnings"] if w["code"] == "video_not_copied"]
    assert said in text
    assert report["destination"].endswith(".enhanced.m4a")
    run = enhancer.enhance(source, tmp_path / "asked.mp4")
    assert run.error[0] == "unwritable_audio" and said in run.error[1]


@pytest.mark.parametrize("name, arguments", [
    ("channels", ["-map", "-0:a", "-map", "0:a:0", "-c:a", "pcm_s16le", "-ac", "16"]),
])  # fmt: skip
def test_other_reasons_are_reported_too(name, arguments, tmp_path):
    source = tmp_path / "film.mov"
    zoo.ffmpeg("-i", material(), "-map", "0:v", "-map", "0:a:0", "-c:v", "copy", *arguments, source)
    report = enhancer.enhance(source, None, "--out-dir", tmp_path / "out").succeeded()
    (text,) = [w["text"] for w in report["warnings"] if w["code"] == "video_not_copied"]
    assert name in text
    assert not report["destination"].endswith(".mov")


def test_a_file_does_not_become_many_times_as_long(tmp_path):
    """All chunks of the picture overlap at one place."""
    content = film("mp4").read_bytes()
    place, count = content.index(b"mdat") + 4, [0, 0]

    def lie(kind, body):
        count[kind] += 1
        if count[kind] > 1:
            return body
        (samples,) = struct.unpack_from(">I", body, 4 + 4 * kind)
        if kind == 1:
            return struct.pack(">III", 0, 20_000, samples)
        return body[:8] + struct.pack(">I", place) * samples

    content = patched(content, b"stco", lambda body: lie(0, body))
    source = tmp_path / "film.mp4"
    source.write_bytes(patched(content, b"stsz", lambda body: lie(1, body)))
    report = enhancer.enhance(source, None, "--out-dir", tmp_path / "out").succeeded()
    (text,) = [w["text"] for w in report["warnings"] if w["code"] == "video_not_copied"]
    assert "more bytes than the file" in text


def test_any_bytes_in_the_index_end_properly(tmp_path):
    """Replaces bytes of the index by any others."""
    content = film("faststart").read_bytes()
    start = content.index(b"moov")
    end = start + struct.unpack_from(">I", content, start - 4)[0]
    assert_lies_end_tidily(content, (start + 8, end - 4), 3, b"\0\0\0\1", 200_000, tmp_path, "mp4")
