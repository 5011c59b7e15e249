"""The result of a video in MP4 or MOV is the same video: all other tracks are equal to the bit and have
the same times."""

import enhancer
import numpy as np
import pytest
import reference
import zoo
from formats import BY_NAME
from peers import STRICTLY
from test_lengths import codes
from video import FILMS, assert_copied, enhanced, film, kinds, material, packets, probe


def heard(path, channels, track=0):
    """The samples at their times, with silence in gaps between packets."""
    raw = ["-map", f"0:a:{track}", "-af", "aresample=async=1:first_pts=0", "-f", "f32le", "-"]
    return np.frombuffer(zoo.ffmpeg(*STRICTLY, "-i", path, *raw), "<f4").reshape(-1, channels)


@pytest.mark.parametrize("name", [name for name in FILMS if name != "fragments"])
def test_all_but_the_sound_is_copied(name, tmp_path):
    source, track = film(name), 1 + list(FILMS).index(name) % 2
    result = tmp_path / f"result{source.suffix}"
    report = enhancer.enhance(source, result, "--track", track).succeeded()
    assert report["video"] is True and codes(report) == []
    assert_copied(source, result, replaced=track)
    found = reference.compare(heard(result, track, track - 1), heard(source, track, track - 1))
    assert found.lags == [0] * track and found.agreement > 12
    assert kinds(result)[:2] == [b"ftyp", b"moov"], "the index is in front"


@pytest.mark.parametrize("name", ["mp4", "mov"])
def test_the_name_and_the_kind_of_a_video_stay(name, tmp_path):
    result = enhancer.enhance_into(film(name), tmp_path)
    assert result.suffix == f".{name}"
    kinds = {stream["codec_type"] for stream in reference.probe(result)["streams"]}
    assert kinds >= {"video", "audio", "subtitle"}


def test_audio_with_pictures_keeps_them_and_its_name(tmp_path):
    source = tmp_path / "chapters.m4a"
    how = ["-map", "0:v", "-map", "0:a:0", "-c:v", "copy", "-c:a", "aac", "-brand", "M4A ", "-f", "mp4"]
    zoo.ffmpeg("-i", material(), *how, source)
    result = enhancer.enhance_into(source, tmp_path / "out")
    assert result.suffix == ".m4a" and packets(probe(result), 0) == packets(probe(source), 0) != []


def test_the_result_can_be_the_sound_alone(tmp_path):
    for options, suffix in ((["--audio-only"], "m4a"), (["--to", "wav"], "wav")):
        run = enhancer.enhance(film("mp4"), None, "--out-dir", tmp_path, *options)
        (warning,) = [w for w in run.succeeded()["warnings"] if w["code"] == "video"]
        assert "audio" in warning["text"]
        # M4A keeps the chapters, which are a text track.
        streams = [s["codec_type"] for s in reference.probe(run.report["destination"])["streams"]]
        assert streams == (["audio", "data"] if suffix == "m4a" else ["audio"])
        assert run.report["destination"].endswith(f".{suffix}")


def test_only_a_video_becomes_one(tmp_path):
    source = zoo.specimen(BY_NAME["wav-s16"])
    run = enhancer.enhance(source, tmp_path / "result.mp4")
    assert run.error[0] == "unwritable_audio" and "not a video" in run.error[1]
    run = enhancer.enhance(film("mp4"), tmp_path / "result.mp4", "--audio-only")
    assert run.error[0] == "invalid_value"
    run = enhancer.enhance(film("mov"), tmp_path / "result.mp4")
    assert run.error[0] == "unwritable_audio" and "the source is MOV" in run.error[1]
    assert list(tmp_path.iterdir()) == []
    options = ["--destination-format", "s16le"]
    assert kinds(enhanced(film("mp4"), tmp_path / "result.mp4", *options))[0] == b"ftyp"


def test_free_space_that_a_camera_leaves_after_a_video_is_left_out(tmp_path):
    source = tmp_path / "source.mp4"
    source.write_bytes(film("mp4").read_bytes() + bytes(4096))
    result = enhanced(source, tmp_path / "result.mp4")
    ours, theirs = probe(result), probe(film("mp4"))
    assert packets(ours, 0) == packets(theirs, 0)


def test_the_message_says_that_the_result_is_only_the_audio(tmp_path):
    for name in ("mp4", "mkv"):
        source = film("mp4") if name == "mp4" else material()
        run = enhancer.enhance(source, tmp_path / "result.wav", json_line=False)
        assert run.code == 0
        assert source.name in run.said and "video" in run.said and "audio" in run.said
