"""PCM in a video in MP4 or MOV stays PCM if requested."""

import enhancer
import pytest
import zoo
from peers import STRICTLY
from test_lengths import codes
from test_presentation import box
from video import KEEP, assert_copied, enhanced, film, kinds, packets, patched, probe, with_pcm
from video_stages import STAGES, distance, staged

# The codec of the source and that of the result.
PCM = {
    "sowt": ("pcm_s16le", "pcm_s16le"),
    "twos": ("pcm_s16be", "pcm_s16be"),
    "in24": ("pcm_s24le", "pcm_s24le"),
    "fl64": ("pcm_f64be", "pcm_f64be"),
    "8 bits": ("pcm_u8", "pcm_s16le"),
}


@pytest.mark.parametrize("name", PCM)
def test_pcm_stays_pcm_if_requested(name, tmp_path):
    theirs, ours = PCM[name]
    source, result, wav = with_pcm(theirs, "mov", tmp_path), tmp_path / "result.mov", tmp_path / "result.wav"
    report = enhancer.enhance(source, result, "--track", 2, *KEEP).succeeded()
    assert "video_not_copied" not in codes(report)
    assert_copied(source, result, replaced=2, codec=ours)
    assert kinds(result)[:2] == [b"ftyp", b"moov"], "the index is in front"
    enhanced(source, wav, "--track", 2, *KEEP[1:])
    samples = zoo.ffmpeg(*STRICTLY, "-i", result, "-map", "0:a:1", "-f", "f64le", "-")
    assert samples == zoo.ffmpeg("-i", wav, "-f", "f64le", "-")


@pytest.mark.parametrize("stage", ["a cut", "late sound", "late picture"])
def test_pcm_is_in_step_with_the_picture(stage, tmp_path):
    later, how = STAGES[stage]
    source, result = tmp_path / "source.mov", tmp_path / "result.mov"
    zoo.ffmpeg(*(str(word).format(staged()) for word in how), source)
    enhanced(source, result, "--keep-pcm")
    assert probe(result)["streams"][1]["codec_name"] == "pcm_s16le"
    assert packets(probe(result), 0) == packets(probe(source), 0) != []
    assert distance(result) == later


def test_pcm_in_mp4_stays_so(tmp_path):
    """ffmpeg may be too old to write PCM in MP4: the test gives a MOV file the description of MP4."""

    def described(body):
        if b"sowt" not in body:
            return body
        at = body.index(b"sowt") - 4
        entry = body[at + 8 : at + 36] + box(b"pcmC", bytes([0, 0, 0, 0, 1, 16]))
        return body[:at] + box(b"ipcm", entry)

    content = with_pcm("pcm_s16le", "mov", tmp_path).read_bytes()
    content = patched(content, b"stsd", described).replace(b"ftypqt  ", b"ftypisom", 1)
    source, result, again = (tmp_path / f"{name}.mp4" for name in ("source", "result", "again"))
    # The boxes before the samples keep their length. Only the index after the samples gets longer.
    source.write_bytes(content)
    enhanced(source, result, *KEEP)
    assert b"ipcm" in result.read_bytes() and b"mp4a" not in result.read_bytes()
    ours, theirs = tmp_path / "ours.raw", tmp_path / "theirs.raw"
    enhanced(result, ours)
    enhanced(source, theirs, *KEEP[1:], "--destination-format", "s16le")
    assert ours.read_bytes() == theirs.read_bytes()
    enhanced(result, again, "--keep-pcm")
    assert again.read_bytes() == result.read_bytes()


def test_sound_that_is_not_pcm_is_not_kept(tmp_path):
    result = enhanced(film("mp4"), tmp_path / "result.mp4", "--keep-pcm")
    assert probe(result)["streams"][1]["codec_name"] == "aac"
    for options, said in ((["--bitrate", 128], "no bit rate"), (["--destination-format", "s16le"], None)):
        run = enhancer.enhance(film("mov"), tmp_path / "result.mov", "--keep-pcm", *options)
        if said:
            assert run.error[0] == "unwritable_audio" and said in run.error[1]
        else:
            run.succeeded()
