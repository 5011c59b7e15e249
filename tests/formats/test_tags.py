"""Title, artist and cover art are carried from all formats that are read to all that are written."""

import base64
import struct

import enhancer
import pytest
import reference
import zoo
from formats import BY_NAME

TAGS = {"title": "Grüße, 世界", "artist": "A. Speaker", "album": "Minutes", "date": "2024"}
SOURCES = ["mp3", "m4a", "m4a-alac", "flac", "ogg-vorbis", "ogg-opus", "ogg-flac"]
METADATA = [word for name, text in TAGS.items() for word in ("-metadata", f"{name}={text}")]
PICTURE_TRACK = ["-map", "0:a", "-map", "1:v", "-c:v", "copy", "-disposition:v:0", "attached_pic"]
FRONT_COVER = 3


def cover():
    arguments = ["-f", "lavfi", "-i", "testsrc=size=64x64:rate=1:duration=1", "-frames:v", "1"]
    return zoo.once(zoo.kept("png", *arguments), lambda part: zoo.ffmpeg(*arguments, part))


def picture_block():
    """A picture block of FLAC, which Ogg files have in base64."""
    kind, description, data = b"image/png", b"", cover().read_bytes()
    block = struct.pack(">II", FRONT_COVER, len(kind)) + kind + struct.pack(">I", len(description))
    block += description + struct.pack(">IIIII", 64, 64, 24, 0, len(data)) + data
    return base64.b64encode(block).decode()


def tagged(name):
    form = BY_NAME[name]
    if form.container == "Ogg":
        picture = ["-metadata", f"METADATA_BLOCK_PICTURE={picture_block()}"]
        return zoo.specimen(form, more=(*METADATA, *picture))
    inputs = ("-i", str(cover()))
    return zoo.specimen(form, inputs=inputs, more=(*PICTURE_TRACK, *METADATA))


def tags_of(path):
    """The tags that ffprobe finds for the file or its audio, with names in lower case."""
    report = reference.probe(path)
    audio = next(stream for stream in report["streams"] if stream["codec_type"] == "audio")
    found = audio.get("tags", {}) | report["format"].get("tags", {})
    return {name.lower(): text for name, text in found.items()}


def cover_of(path):
    return zoo.ffmpeg("-i", path, "-map", "0:v:0", "-c", "copy", "-f", "image2pipe", "-")


def info_of(path):
    """The entries of a WAV file's LIST INFO chunk."""
    content, place, entries = path.read_bytes(), 12, {}
    while place < len(content):
        mark, size = struct.unpack_from("<4sI", content, place)
        body = content[place + 8 : place + 8 + size]
        place += 8 + size + size % 2
        if mark == b"LIST" and body.startswith(b"INFO"):
            at = 4
            while at < len(body):
                name, length = struct.unpack_from("<4sI", body, at)
                entries[name] = body[at + 8 : at + 8 + length].rstrip(b"\0").decode()
                at += 8 + length + length % 2
    return entries


@pytest.mark.parametrize("extension", ["wav", "flac", "opus", "mp3"])
@pytest.mark.parametrize("name", SOURCES)
def test_tags_and_cover_are_carried_over(name, extension, tmp_path):
    source, result = tagged(name), tmp_path / f"result.{extension}"
    assert TAGS.items() <= tags_of(source).items(), "ffmpeg wrote them"
    report = enhancer.enhance(source, result).succeeded()
    assert not report["video"], "a cover is not a video"
    assert TAGS.items() <= tags_of(result).items()
    assert cover_of(result) == cover().read_bytes()


@pytest.mark.parametrize("name", ["mp3", "flac"])
def test_wav_has_tags_for_old_programs_too(name, tmp_path):
    """Old programs read LIST INFO, but not ID3."""
    result = tmp_path / "result.wav"
    enhancer.enhance(tagged(name), result).succeeded()
    info = info_of(result)
    assert info[b"INAM"] == TAGS["title"] and info[b"IART"] == TAGS["artist"]


def test_tags_of_wav_are_kept(tmp_path):
    source = zoo.specimen(BY_NAME["wav-s16"], more=tuple(METADATA))
    result = tmp_path / "result.wav"
    enhancer.enhance(source, result).succeeded()
    assert tags_of(source).items() <= tags_of(result).items()


@pytest.mark.parametrize("extension", ["wav", "flac"])
def test_file_without_tags_gets_none(extension, tmp_path):
    source = zoo.specimen(BY_NAME["flac"], more=("-fflags", "+bitexact", "-flags:a", "+bitexact"))
    result = tmp_path / f"result.{extension}"
    enhancer.enhance(source, result).succeeded()
    assert tags_of(result).keys().isdisjoint(TAGS)
