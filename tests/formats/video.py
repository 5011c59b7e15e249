"""Videos for the tests, and functions that compare videos."""

import json
import subprocess
from functools import cache

import enhancer
import numpy as np
import zoo
from test_presentation import box, boxes

RATE = 48_000
SUBTITLES = "1\n00:00:00,200 --> 00:00:00,900\nOne\n\n2\n00:00:01,000 --> 00:00:01,800\nTwo\n"
CHAPTERS = ";FFMETADATA1\ntitle=A film\n" + "".join(
    f"[CHAPTER]\nTIMEBASE=1/1000\nSTART={start}\nEND={start + 1000}\ntitle={name}\n"
    for start, name in ((0, "One"), (1000, "Two"))
)
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-bf", 2, "-x264-params", "b-adapt=0")
PICTURE = ("-f", "lavfi", "-i", "testsrc=size=160x120:rate=25:duration=2,format=yuv420p")
TITLES = ("-metadata:s:a:0", "language=deu", "-metadata:s:a:0", "title=Ton", "-metadata", "comment=C")
# Films made from the pictures, two audio tracks, subtitles and chapters.
FILMS = {
    "mp4": ("mp4", "-c:a", "aac", "-c:s", "mov_text"),
    "faststart": ("mp4", "-c:a", "aac", "-c:s", "mov_text", "-movflags", "faststart"),
    "fragments": ("mp4", "-c:a", "aac", "-movflags", "frag_every_frame+empty_moov", "-map", "-0:s"),
    "rotated": ("mp4", "-c:a", "alac", "-metadata:s:v", "rotate=90", "-map", "-0:s"),
    "mov": ("mov", "-c:a", "pcm_s16le", "-c:s", "mov_text", "-timecode", "01:00:00:00"),
    "mov-aac": ("mov", "-c:a", "aac", "-timecode", "01:00:00:00", "-movflags", "faststart", "-map", "-0:s"),
}


@cache
def material():
    """The source of all films: pictures with B-frames, and all other tracks."""

    def make(part):
        texts = [part.with_suffix(".srt"), part.with_suffix(".txt")]
        for path, text in zip(texts, (SUBTITLES, CHAPTERS)):
            path.write_text(text)
        sound = [word for n in (1, 2) for word in ("-i", zoo.recording(RATE, n, 2))]
        maps = ["-map", 0, "-map", 1, "-map", 2, "-map", 3, "-map_metadata", 4]
        zoo.ffmpeg(*PICTURE, *sound, "-i", texts[0], "-i", texts[1], *maps, *H264, *TITLES, "-c:a", "flac", part)
        for path in texts:
            path.unlink()

    return zoo.once(zoo.kept("mkv", "film", *H264, *PICTURE, *TITLES, SUBTITLES, CHAPTERS), make)


@cache
def film(name):
    extension, *how = FILMS[name]
    arguments = ["-i", material(), "-map", 0, "-c:v", "copy", "-strict", "-2", *how]
    return zoo.once(zoo.kept(extension, *arguments), lambda part: zoo.ffmpeg(*arguments, part))


def probe(path):
    command = ["ffprobe", "-v", "error", "-of", "json", "-show_streams", "-show_format", "-show_chapters"]
    command += ["-show_packets", "-show_data_hash", "md5", str(path)]
    ended = subprocess.run(command, capture_output=True, check=True, timeout=zoo.PATIENCE_SECONDS)
    return json.loads(ended.stdout)


def packets(found, index):
    """The packets of a stream, without their places in the file."""
    names = ("pts", "dts", "duration", "size", "flags", "data_hash")
    mine = [packet for packet in found["packets"] if packet["stream_index"] == index]
    return [[packet.get(name) for name in names] for packet in mine]


def about(stream):
    """Facts about a stream, without the number of packets."""
    return {name: stream[name] for name in stream if name != "nb_read_packets"}


def kinds(path):
    return [kind for kind, _ in boxes(path.read_bytes())]


def enhanced(source, result, *options):
    enhancer.enhance(source, result, *options).succeeded()
    return result


def assert_copied(source, result, replaced, codec="aac"):
    """Asserts that all streams but the one with this index are the same, and of this one all facts that
    do not describe its samples."""
    ours, theirs = probe(result), probe(source)
    assert len(ours["streams"]) == len(theirs["streams"])
    for our, their in zip(ours["streams"], theirs["streams"]):
        if our["index"] == replaced:
            for name in ("codec_type", "id", "disposition", "tags", "channels", "sample_rate"):
                assert our.get(name) == their.get(name), name
            assert our["codec_name"] == codec
            continue
        assert about(our) == about(their)
        # ffprobe shows no packets of chapters.
        assert packets(ours, our["index"]) == packets(theirs, our["index"])
    assert ours["chapters"] == theirs["chapters"]
    assert ours["format"]["tags"] == theirs["format"]["tags"]


KEEP = ("--keep-pcm", "--loudness", -30)


def with_pcm(codec, extension, folder):
    source = folder / f"source.{extension}"
    zoo.ffmpeg("-i", material(), "-map", "0:v", "-map", "0:a", "-c:v", "copy", "-c:a", codec, source)
    return source


NESTS = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"dinf")


def patched(content, kind, change):
    """The file in which `change` replaced the content of the first boxes of this kind."""
    result = b""
    for name, body in boxes(content):
        if name in NESTS:
            body = patched(body, kind, change)
        if name == kind:
            body = change(body)
        result += box(name, body)
    return result


def assert_lies_end_tidily(content, places, most, word, spare, folder, extension):
    """Replaces up to `most` words at some of the `places` by zeros, ones, `word` or random bytes. A result
    may be at most `spare` bytes longer than twice the content."""
    random = np.random.default_rng(7)
    source, result = folder / f"lie.{extension}", folder / f"result.{extension}"
    outcomes = set()
    for _ in range(25):
        lie = bytearray(content)
        for _ in range(random.integers(1, most + 1)):
            at = random.integers(*places)
            lie[at : at + 4] = random.choice([bytes(4), b"\xff" * 4, word, random.bytes(4)])
        source.write_bytes(lie)
        run = enhancer.enhance(source, result, "--max-duration", "60")
        outcomes.add(run.code)
        if run.code == 0:
            assert result.stat().st_size < 2 * len(content) + spare
        result.unlink(missing_ok=True)
    assert 0 in outcomes
