"""Chapters are carried from every sound file that has them to every format that supports them."""

import json
import subprocess
from itertools import product

import enhancer
import pytest
import zoo
from mutagen.id3 import ID3
from mutagen.mp4 import MP4

SECONDS = 3
# When they begin, in milliseconds, and their titles. The last one ends with the recording.
CHAPTERS = [(500, "Grüße, 世界"), (1000, "A = B; #"), (2400, "Three")]
ENDS = [1000, 2400, 3000]
CODECS = {
    "mp3": "libmp3lame",
    "m4a": "aac",
    "flac": "flac",
    "oga": "flac",
    "opus": "libopus",
    "mka": "flac",
    "webm": "libopus",
}


def described():
    """The chapters as ffmpeg reads them."""
    text = ";FFMETADATA1\n"
    for (start, title), end in zip(CHAPTERS, ENDS):
        title = "".join(f"\\{letter}" if letter in "=;#" else letter for letter in title)
        text += f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={start}\nEND={end}\ntitle={title}\n"
    return text


def comments():
    words = ["-map_chapters", "-1"]
    for number, (start, title) in enumerate(CHAPTERS, 1):
        words += ["-metadata", f"CHAPTER{number:03}=00:00:{start / 1000:06.3f}"]
        words += ["-metadata", f"CHAPTER{number:03}NAME={title}"]
    return words


def source(extension):
    # In FLAC ffmpeg writes no chapters, in Ogg wrong ones, and in both it writes comments.
    how = comments() if extension in ("flac", "oga", "opus") else ["-map_chapters", 1]
    codec = [*how, "-c:a", CODECS[extension], "-t", SECONDS]

    def make(part):
        texts = part.with_suffix(".txt")
        texts.write_text(described())
        zoo.ffmpeg("-i", zoo.recording(48_000, 1, SECONDS), "-i", texts, "-map", "0:a", *codec, part)
        texts.unlink()

    return zoo.once(zoo.kept(extension, *codec, described()), make)


def chapters(path):
    """Begin and title of each, and the last one's end."""
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_chapters", str(path)]
    ended = subprocess.run(command, capture_output=True, check=True, timeout=zoo.PATIENCE_SECONDS)
    found = json.loads(ended.stdout)["chapters"]
    begins = [(round(1000 * float(one["start_time"])), one.get("tags", {}).get("title")) for one in found]
    return begins, [round(1000 * float(one["end_time"])) for one in found]


def of_source(extension):
    """In M4A ffmpeg has the first one begin with the recording."""
    first, *others = CHAPTERS
    return [(0, first[1]), *others] if extension == "m4a" else CHAPTERS


@pytest.mark.parametrize("theirs, ours", list(product(CODECS, ["mp3", "m4a", "opus", "flac"])))
def test_chapters_are_carried_over(theirs, ours, tmp_path):
    original, result = source(theirs), tmp_path / f"result.{ours}"
    enhancer.enhance(original, result).succeeded()
    begins, ends = chapters(result)
    assert begins == of_source(theirs) and ends[:-1] == ENDS[:-1]
    # An encoder may have made the source longer. In M4A, ffprobe ignores that the first one begins late.
    assert abs(ends[-1] - ENDS[-1]) <= 60 or ours == "m4a"


def test_chapters_are_those_that_players_know(tmp_path):
    """Another reader finds a table of contents in MP3, and Nero's list and Apple's track in M4A."""
    results = [tmp_path / f"result.{extension}" for extension in ("mp3", "m4a")]
    for result in results:
        enhancer.enhance(source("flac"), result).succeeded()
    tags = ID3(results[0])
    (contents,) = tags.getall("CTOC")
    listed = [tags[f"CHAP:{name}"] for name in contents.child_element_ids]
    assert [(one.start_time, str(one.sub_frames["TIT2"])) for one in listed] == CHAPTERS
    assert [one.end_time for one in listed] == ENDS
    nero = MP4(results[1]).chapters
    assert [(round(1000 * one.start), one.title) for one in nero] == CHAPTERS
    # ffprobe reads the track only if there is no list.
    content = results[1].read_bytes()
    track = tmp_path / "track.m4a"
    track.write_bytes(content.replace(b"chpl", b"free"))
    begins, ends = chapters(track)
    assert begins == CHAPTERS and ends[:-1] == ENDS[:-1]


@pytest.mark.parametrize("kind", [b"chap", b"chpl"])
def test_either_kind_of_chapters_of_m4a_is_read(kind, tmp_path):
    original, result = tmp_path / "source.m4a", tmp_path / "result.flac"
    content = source("m4a").read_bytes()
    assert content.count(kind) == 1
    original.write_bytes(content.replace(kind, b"free"))
    enhancer.enhance(original, result).succeeded()
    # Without the track, the list is read, which is right.
    assert chapters(result)[0] == (CHAPTERS if kind == b"chap" else of_source("m4a"))


def test_a_recording_without_chapters_gets_none(tmp_path):
    for extension in ("mp3", "m4a", "opus"):
        result = tmp_path / f"result.{extension}"
        enhancer.enhance(zoo.recording(48_000, 1, 1), result).succeeded()
        assert chapters(result) == ([], [])
