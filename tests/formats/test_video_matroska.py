"""The result of a video in Matroska or WebM is the same video: all other tracks are equal to the bit and
have the same times, and the sound is in step with them."""

from functools import cache

import enhancer
import numpy as np
import pytest
import reference
import zoo
from test_lengths import codes
from video import KEEP, RATE, about, assert_lies_end_tidily, material, packets, probe, with_pcm
from video_stages import STAGES, distance, staged

# Options for pictures in VP8, for WebM.
VP8 = ("-c:v", "libvpx", "-deadline", "realtime", "-auto-alt-ref", 0)
FILMS = {
    "mkv": ("mkv", "-c:v", "copy", "-c:a", "aac", "-c:s", "copy"),
    "mkv-pcm": ("mkv", "-c:v", "copy", "-c:a", "pcm_s16le", "-c:s", "copy"),
    "webm": ("webm", *VP8, "-c:a", "libopus", "-c:s", "webvtt"),
    "vorbis": ("webm", *VP8, "-c:a", "libvorbis", "-map", "-0:s"),
    "live": ("webm", *VP8, "-c:a", "libopus", "-map", "-0:s", "-live", 1, "-f", "webm"),
}


@cache
def film(name):
    extension, *how = FILMS[name]
    attached = []
    if extension == "mkv":
        attached = ["-attach", __file__, "-metadata:s:t", "mimetype=text/plain"]
    arguments = ["-i", material(), "-map", 0, *how, "-strict", "-2", *attached]
    key = [word for word in arguments if word != __file__]
    return zoo.once(zoo.kept(extension, *key), lambda part: zoo.ffmpeg(*arguments, part))


def pictures(path, number=0):
    return zoo.ffmpeg("-i", path, "-map", f"0:v:{number}", "-c", "copy", "-copyts", "-f", "framemd5", "-")


def heard(path, channels, track):
    """The samples at their times: a track that begins with a delay must not move the others."""
    raw = ["-map", f"0:a:{track}", "-af", "aresample=async=1:first_pts=0", "-f", "f32le", "-"]
    return np.frombuffer(zoo.ffmpeg("-copyts", "-i", path, *raw), "<f4").reshape(-1, channels)


def shifted(found, index):
    """Packets and their times, without the durations, which ffprobe derives from their neighbours."""
    return [packet[:2] + packet[3:] for packet in packets(found, index)]


@pytest.mark.parametrize("name", FILMS)
def test_all_but_the_sound_is_copied(name, tmp_path):
    source, track = film(name), 1 + list(FILMS).index(name) % 2
    result = tmp_path / f"result{source.suffix}"
    report = enhancer.enhance(source, result, "--track", track).succeeded()
    assert report["video"] is True and codes(report) == []
    assert pictures(result) == pictures(source)
    ours, theirs = probe(result), probe(source)
    assert len(ours["streams"]) == len(theirs["streams"])
    for our, their in zip(ours["streams"], theirs["streams"]):
        if our["index"] == track:
            assert our["codec_name"] == "opus" and our["sample_rate"] == "48000"
            for part in ("codec_type", "disposition", "tags", "channels"):
                assert our.get(part) == their.get(part), part
        elif our["codec_type"] == "attachment":
            assert {**about(our), **timeless(our)} == {**about(their), **timeless(our)}
        else:
            assert timeless(about(our), kept=True) == timeless(about(their), kept=True)
            assert shifted(ours, our["index"]) == shifted(theirs, their["index"])
    assert ours["chapters"] == theirs["chapters"]
    assert ours["format"].get("tags") == theirs["format"].get("tags")
    assert ours["format"]["format_name"] == theirs["format"]["format_name"]
    found = reference.compare(heard(result, track, track - 1), heard(source, track, track - 1))
    assert max(abs(lag) for lag in found.lags) <= RATE // 1000 and found.agreement > 12


def timeless(stream, kept=False):
    """The facts about a stream that depend on the times of all streams; with `kept`, all others."""
    names = ("start_pts", "start_time", "duration", "duration_ts")
    return {name: stream[name] for name in stream if (name in names) is not kept}


@pytest.mark.parametrize("theirs, ours", [
    ("pcm_s24be", "pcm_s24be"),
    ("pcm_f64le", "pcm_f64le"),
    ("pcm_u8", "pcm_s16le"),
])  # fmt: skip
def test_pcm_stays_pcm_if_requested(theirs, ours, tmp_path):
    source, result, wav = with_pcm(theirs, "mkv", tmp_path), tmp_path / "result.mkv", tmp_path / "result.wav"
    enhancer.enhance(source, result, "--track", 2, *KEEP).succeeded()
    assert [stream["codec_name"] for stream in probe(result)["streams"]] == ["h264", theirs, ours]
    assert pictures(result) == pictures(source)
    assert shifted(probe(result), 1) == shifted(probe(source), 1)
    enhancer.enhance(source, wav, "--track", 2, *KEEP[1:]).succeeded()
    samples = zoo.ffmpeg("-xerror", "-i", result, "-map", "0:a:1", "-f", "f64le", "-")
    assert samples == zoo.ffmpeg("-i", wav, "-f", "f64le", "-")


def test_pcm_is_in_step_with_the_picture(tmp_path):
    later, how = STAGES["late sound"]
    source, result = tmp_path / "source.mkv", tmp_path / "result.mkv"
    zoo.ffmpeg(*(str(word).format(staged()) for word in how), source)
    enhancer.enhance(source, result, "--keep-pcm").succeeded()
    assert probe(result)["streams"][1]["codec_name"] == "pcm_s16le"
    assert abs(distance(result) - later) <= RATE / 1000


def test_the_name_and_the_kind_of_a_video_stay(tmp_path):
    for name in ("mkv", "webm"):
        result = enhancer.enhance_into(film(name), tmp_path / name)
        assert result.suffix == f".{name}"
        assert result.read_bytes()[:64].find(b"webm" if name == "webm" else b"matroska") > 0


def test_the_result_can_be_the_sound_alone(tmp_path):
    for options, suffix in ((["--audio-only"], "opus"), (["--to", "wav"], "wav")):
        run = enhancer.enhance(film("webm"), None, "--out-dir", tmp_path, *options)
        assert "video" in codes(run.succeeded())
        assert run.report["destination"].endswith(f".{suffix}")


def test_only_a_video_of_its_kind_becomes_one(tmp_path):
    run = enhancer.enhance(film("mkv"), tmp_path / "result.webm")
    assert run.error[0] == "unwritable_audio" and "the source is MKV" in run.error[1]
    run = enhancer.enhance(zoo.recording(RATE, 1, 2), tmp_path / "result.mkv")
    assert run.error[0] == "unwritable_audio" and "not a video" in run.error[1]
    assert list(tmp_path.iterdir()) == []


def test_players_can_seek_in_the_result_of_a_live_recording(tmp_path):
    result = tmp_path / "result.webm"
    enhancer.enhance(film("live"), result).succeeded()
    assert "duration" not in probe(film("live"))["format"]
    assert abs(float(probe(result)["format"]["duration"]) - 2) < 0.1
    assert b"\x1c\x53\xbb\x6b" in result.read_bytes(), "it has an index"
    zoo.ffmpeg("-xerror", "-ss", 1, "-i", result, "-map", "0:v", "-map", "0:a:0", "-f", "null", "-")


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "a cut"])
@pytest.mark.parametrize("codec", ["flac", "libopus"])
def test_sound_is_in_step_with_the_picture(stage, codec, tmp_path):
    later, how = STAGES[stage]
    how = [str(word).format(staged()) for word in how]
    source, result = tmp_path / "source.mkv", tmp_path / "result.mkv"
    zoo.ffmpeg(*how, "-c:a", codec, source)
    enhancer.enhance(source, result).succeeded()
    assert pictures(result) == pictures(source)
    # Times are whole milliseconds. ffmpeg itself writes Opus 7 ms early.
    assert abs(distance(result) - distance(source)) <= RATE / 1000
    if codec == "flac":
        assert abs(distance(result) - later) <= RATE / 1000


def test_many_small_gaps_leave_the_sound_in_step(tmp_path):
    source, result = tmp_path / "source.mkv", tmp_path / "result.mkv"
    # A gap of 5 ms after each packet of 21 ms.
    zoo.ffmpeg("-i", staged(), *("-c", "copy"), "-bsf:a", "setts=ts=TS+N*240", source)
    apart = distance(source)
    assert apart > RATE / 5
    report = enhancer.enhance(source, result).succeeded()
    assert "silence_added" in codes(report)
    assert abs(distance(result) - apart) < 0.045 * RATE


def test_the_existing_part_of_a_cut_off_file_is_copied(tmp_path):
    for name in ("mkv", "live"):
        whole = film(name).read_bytes()
        source = tmp_path / f"cut{film(name).suffix}"
        source.write_bytes(whole[: int(len(whole) * 0.6)])
        result = tmp_path / f"result{source.suffix}"
        report = enhancer.enhance(source, result).succeeded()
        (text,) = [w["text"] for w in report["warnings"] if w["code"] == "video_incomplete"]
        assert "cut off" in text
        ours, theirs = pictures(result).splitlines(), pictures(film(name)).splitlines()
        assert 15 < len(ours) < len(theirs) and ours[:-1] == theirs[: len(ours) - 1]
        run = enhancer.enhance(source, tmp_path / "strict.mkv", "--strict")
        assert run.error[0] == "corrupt_audio"


def test_sound_that_opus_cannot_hold_is_reported(tmp_path):
    source = tmp_path / "film.mkv"
    how = ["-map", "0:v", "-map", "0:a:0", "-c:v", "copy", "-c:a", "pcm_s16le", "-ac", 16]
    zoo.ffmpeg("-i", material(), *how, source)
    report = enhancer.enhance(source, None, "--out-dir", tmp_path / "out").succeeded()
    (text,) = [w["text"] for w in report["warnings"] if w["code"] == "video_not_copied"]
    assert "channels" in text and report["destination"].endswith(".wav")


def test_any_bytes_end_properly(tmp_path):
    """Replaces bytes of the file by any others."""
    content = film("mkv").read_bytes()
    places = (4, len(content) - 4)
    assert_lies_end_tidily(content, places, 5, b"\x01\0\0\0", 1_000_000, tmp_path, "mkv")


@pytest.mark.parametrize("name", ["mkv", "webm", "live"])
def test_joined_videos_give_their_sound_and_say_why(name, tmp_path):
    source = tmp_path / f"twice.{FILMS[name][0]}"
    source.write_bytes(film(name).read_bytes() * 2)
    samples, run = enhancer.decode(source, tmp_path)
    alone, _ = enhancer.decode(film(name), tmp_path)
    assert run.succeeded()["damage"] is None and abs(len(samples) - 2 * len(alone)) < RATE // 20
    named = source.with_name(f"twice.enhanced{source.suffix}")
    run = enhancer.enhance(source, named)
    assert run.code != 0 and "several videos are joined" in run.error[1]
    assert not named.exists()
