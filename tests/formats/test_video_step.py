"""The sound of a video in MP4 or MOV stays in step with its picture."""

import pytest
import zoo
from video import RATE, enhanced, packets, probe
from video_stages import STAGES, distance, staged


@pytest.mark.parametrize("stage", STAGES)
def test_sound_is_in_step_with_the_picture(stage, tmp_path):
    extension = ("mp4", "mov")[list(STAGES).index(stage) % 2]
    later, how = STAGES[stage]
    how = [str(word).format(staged()) for word in how]
    codec = ["-c:a", "alac"] if extension == "mp4" else []
    source, result = tmp_path / f"source.{extension}", tmp_path / f"result.{extension}"
    zoo.ffmpeg(*how, *codec, source)
    enhanced(source, result)
    assert packets(probe(result), 0) == packets(probe(source), 0) != []
    assert abs(distance(result) - later) <= 1


FRAGMENTS = [
    "frag_keyframe+empty_moov",
    "frag_keyframe+delay_moov",
    "frag_keyframe+dash+delay_moov",
]


@pytest.mark.parametrize("stage", ["as it is", "late sound"])
@pytest.mark.parametrize("flags", FRAGMENTS)
def test_fragments_are_joined(flags, stage, tmp_path):
    later, how = STAGES[stage]
    how = [str(word).format(staged()) for word in how]
    source, result = tmp_path / "source.mp4", tmp_path / "result.mp4"
    zoo.ffmpeg(*how, "-c:a", "aac", "-movflags", flags, source)
    enhanced(source, result)
    assert b"moof" not in result.read_bytes()
    # Without the flag for pictures that an edit leaves out: the source's edit has an unknown end, and
    # may leave out the last picture.
    ours, theirs = ([packet[:4] + packet[5:] for packet in packets(probe(it), 0)] for it in (result, source))
    assert ours == theirs != []
    # The source's edit list counts milliseconds.
    assert abs(distance(result) - later) <= (RATE // 1000 if later else 1)
