"""The result of a video is its audio, and a note says so."""

import enhancer
import pytest
import reference
import zoo
from formats import BY_NAME, Format

FILM = ("-f", "lavfi", "-i", "testsrc=size=160x120:rate=10:duration=1.5,format=yuv420p")
BOTH = ("-map", "0:a", "-map", "1:v")
WEBM = BY_NAME["webm-opus"]
# The form of the audio, and the arguments for the pictures; they come first in the last file.
FILMS = {
    "mp4": (BY_NAME["mp4"], (*BOTH, "-c:v", "libx264")),
    "mov": (BY_NAME["mov-s16"], (*BOTH, "-c:v", "mpeg4")),
    "webm": (WEBM, (*BOTH, "-c:v", "libvpx")),
    "mkv": (BY_NAME["mkv-flac"], ("-map", "1:v", "-map", "0:a", "-c:v", "mpeg4")),
}


def film(name) -> tuple[Format, object]:
    form, more = FILMS[name]
    return form, zoo.specimen(form, inputs=FILM, more=more)


@pytest.mark.parametrize("name", FILMS)
def test_audio_of_a_video_is_what_ffmpeg_decodes(name, tmp_path):
    form, source = film(name)
    kinds = {stream["codec_type"] for stream in reference.probe(source)["streams"]}
    assert kinds == {"audio", "video"}
    samples, run = enhancer.decode(source, tmp_path)
    assert run.succeeded()["video"] is True and run.report["damage"] is None
    found = reference.compare(samples, reference.decode(source, 2, *form.decoder))
    assert found.our_shape == found.their_shape
    assert found.lags == [0, 0] and found.agreement >= form.agreement


@pytest.mark.parametrize("name", FILMS)
def test_people_are_told_that_the_result_is_the_audio(name, tmp_path):
    source = film(name)[1]
    run = enhancer.enhance(source, tmp_path / "result.wav", json_line=False)
    assert run.code == 0
    assert source.name in run.said and "video" in run.said and "audio" in run.said


def test_result_of_a_video_is_an_audio_file(tmp_path):
    result = enhancer.enhance_into(film("mp4")[1], tmp_path)
    assert result.suffix == ".m4a"
    assert [stream["codec_type"] for stream in reference.probe(result)["streams"]] == ["audio"]
