"""The result of a video in MP4, MOV, Matroska or WebM is that video: its other tracks are the same to the bit and at
the same times, and the sound is in step with them."""

import json
import shutil
import struct
import subprocess
import sys
from functools import cache

import enhancer
import numpy as np
import pytest
import reference
import zoo
from formats import BY_NAME
from peers import STRICTLY
from test_lengths import codes
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
# What is made of the pictures, two tracks of sound, subtitles and chapters.
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
    """Pictures with B-frames and the rest, from which all films are made."""

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
    """All of a stream but where it lies."""
    names = ("pts", "dts", "duration", "size", "flags", "data_hash")
    mine = [packet for packet in found["packets"] if packet["stream_index"] == index]
    return [[packet.get(name) for name in names] for packet in mine]


def about(stream):
    """What is said of a stream. Its rate follows from how long the longest one is."""
    return {name: stream[name] for name in stream if name != "nb_read_packets"}


def assert_copied(source, result, replaced, codec="aac"):
    """All but the stream of that index is the same, and of that what does not describe its samples."""
    ours, theirs = probe(result), probe(source)
    assert len(ours["streams"]) == len(theirs["streams"])
    for our, their in zip(ours["streams"], theirs["streams"]):
        if our["index"] == replaced:
            for name in ("codec_type", "id", "disposition", "tags", "channels", "sample_rate"):
                assert our.get(name) == their.get(name), name
            assert our["codec_name"] == codec
            continue
        assert about(our) == about(their)
        # Of chapters ffprobe shows no packets.
        assert packets(ours, our["index"]) == packets(theirs, our["index"])
    assert ours["chapters"] == theirs["chapters"]
    assert ours["format"]["tags"] == theirs["format"]["tags"]


def heard(path, channels, track=0):
    """The samples at their times, with silence between the packets that are apart."""
    raw = ["-map", f"0:a:{track}", "-af", "aresample=async=1:first_pts=0", "-f", "f32le", "-"]
    return np.frombuffer(zoo.ffmpeg(*STRICTLY, "-i", path, *raw), "<f4").reshape(-1, channels)


def kinds(path):
    return [kind for kind, _ in boxes(path.read_bytes())]


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


def test_the_sound_alone_can_be_had(tmp_path):
    for options, suffix in ((["--audio-only"], "m4a"), (["--to", "wav"], "wav")):
        run = enhancer.enhance(film("mp4"), None, "--out-dir", tmp_path, *options)
        (warning,) = [w for w in run.succeeded()["warnings"] if w["code"] == "video"]
        assert "audio" in warning["text"]
        # M4A keeps the chapters, which are a track of text.
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


def test_what_a_camera_leaves_free_behind_a_video_is_left_out(tmp_path):
    source = tmp_path / "source.mp4"
    source.write_bytes(film("mp4").read_bytes() + bytes(4096))
    result = enhanced(source, tmp_path / "result.mp4")
    ours, theirs = probe(result), probe(film("mp4"))
    assert packets(ours, 0) == packets(theirs, 0)


def enhanced(source, result, *options):
    enhancer.enhance(source, result, *options).succeeded()
    return result


# In step ----------------------------------------------------------------------------------------

# Seconds of a flash and of a click, in pictures of 40 ms.
AT = 1.2


@cache
def staged():
    """A flash and a click at the same time."""
    flash = f"color=black:s=64x64:r=25:d=3,drawbox=c=white:t=fill:enable='between(t,{AT},{AT + 0.01})'"
    click = f"aevalsrc='eq(n,{int(AT * RATE)})*0.9':s={RATE}:d=3"
    inputs = ["-f", "lavfi", "-i", flash, "-f", "lavfi", "-i", click]
    how = [*inputs, *H264, "-g", 10, "-pix_fmt", "yuv420p", "-c:a", "pcm_s16le"]
    return zoo.once(zoo.kept("mov", *how), lambda part: zoo.ffmpeg(*how, part))


def distance(path):
    """Samples from the flash to the click."""
    # The start of each is that of its track in the movie.
    sound = np.frombuffer(
        zoo.ffmpeg("-copyts", "-i", path, "-af", "aresample=async=1:first_pts=0", "-f", "f32le", "-"), "<f4"
    )
    scale = ["-vf", "scale=1:1,format=gray", "-fps_mode", "passthrough", "-copyts", "-f", "rawvideo"]
    grey = np.frombuffer(zoo.ffmpeg("-i", path, *scale, "-"), "u1")
    found = probe(path)
    times = sorted(int(packet[0]) for packet in packets(found, 0))
    times = [time for time in times if time >= 0]
    base = found["streams"][0]["time_base"].split("/")
    assert len(times) >= len(grey)
    flash = times[len(times) - len(grey) + grey.argmax()] * int(base[0]) / int(base[1])
    return int(np.abs(sound).argmax()) - round(flash * RATE)


# How it is made of that, and by how many samples the click is then later than the flash.
LATE, COPY = 33_600, ["-c", "copy"]
APART = ["-map", "0:v", "-map", "1:a"]
STAGES = {
    "as it is": (0, ["-i", "{}", *COPY]),
    # From a picture that needs earlier ones: an edit list leaves those out.
    "a cut": (0, ["-ss", 0.48, "-i", "{}", *COPY]),
    "late sound": (LATE, ["-i", "{}", "-itsoffset", 0.7, "-i", "{}", *APART, *COPY]),
    "late picture": (-LATE, ["-itsoffset", 0.7, "-i", "{}", "-i", "{}", *APART, *COPY]),
    "both late": (0, ["-itsoffset", 0.7, "-i", "{}", *COPY]),
}


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


# PCM that stays PCM -----------------------------------------------------------------------------

# The codec of the source and that of the result.
PCM = {
    "sowt": ("pcm_s16le", "pcm_s16le"),
    "twos": ("pcm_s16be", "pcm_s16be"),
    "in24": ("pcm_s24le", "pcm_s24le"),
    "fl64": ("pcm_f64be", "pcm_f64be"),
    "8 bits": ("pcm_u8", "pcm_s16le"),
}
KEEP = ("--keep-pcm", "--loudness", -30)


def with_pcm(codec, extension, folder):
    source = folder / f"source.{extension}"
    zoo.ffmpeg("-i", material(), "-map", "0:v", "-map", "0:a", "-c:v", "copy", "-c:a", codec, source)
    return source


@pytest.mark.parametrize("name", PCM)
def test_pcm_stays_pcm_if_that_is_asked_for(name, tmp_path):
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
    """ffmpeg may be too old for it: the file of MOV gets the description that MP4 has."""

    def described(body):
        if b"sowt" not in body:
            return body
        at = body.index(b"sowt") - 4
        entry = body[at + 8 : at + 36] + box(b"pcmC", bytes([0, 0, 0, 0, 1, 16]))
        return body[:at] + box(b"ipcm", entry)

    content = with_pcm("pcm_s16le", "mov", tmp_path).read_bytes()
    content = patched(content, b"stsd", described).replace(b"ftypqt  ", b"ftypisom", 1)
    source, result, again = (tmp_path / f"{name}.mp4" for name in ("source", "result", "again"))
    # Boxes in front of the samples are as long as before, but for what is longer in the index behind them.
    source.write_bytes(content)
    enhanced(source, result, *KEEP)
    assert b"ipcm" in result.read_bytes() and b"mp4a" not in result.read_bytes()
    ours, theirs = tmp_path / "ours.raw", tmp_path / "theirs.raw"
    enhanced(result, ours)
    enhanced(source, theirs, *KEEP[1:], "--destination-format", "s16le")
    assert ours.read_bytes() == theirs.read_bytes()
    enhanced(result, again, "--keep-pcm")
    assert again.read_bytes() == result.read_bytes()


def test_what_is_not_pcm_is_not_kept(tmp_path):
    result = enhanced(film("mp4"), tmp_path / "result.mp4", "--keep-pcm")
    assert probe(result)["streams"][1]["codec_name"] == "aac"
    for options, said in ((["--bitrate", 128], "no bit rate"), (["--destination-format", "s16le"], None)):
        run = enhancer.enhance(film("mov"), tmp_path / "result.mov", "--keep-pcm", *options)
        if said:
            assert run.error[0] == "unwritable_audio" and said in run.error[1]
        else:
            run.succeeded()


# What is missing, and what cannot be copied -----------------------------------------------------


def cut(name, share, folder):
    whole = film(name).read_bytes()
    path = folder / "cut.mp4"
    path.write_bytes(whole[: int(len(whole) * share)])
    return path


def assert_begins_as(name, result):
    """As many pictures as are there are those of the film."""
    ours, theirs = packets(probe(result), 0), packets(probe(film(name)), 0)
    assert 10 < len(ours) < len(theirs)
    # A picture that is shown behind missing ones is one that ffmpeg does not show.
    for our, their in zip(ours[:-1], theirs):
        assert (*our[:4], our[5]) == (*their[:4], their[5])
    zoo.ffmpeg(*STRICTLY, "-i", result, "-map", "0:v", "-map", "0:a:0", "-f", "null", "-")


def test_of_a_file_that_is_cut_off_what_is_there_is_copied(tmp_path):
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


NESTS = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"dinf")


def patched(content, kind, change):
    """The file with another content of the first boxes of that kind that `change` changes."""
    result = b""
    for name, body in boxes(content):
        if name in NESTS:
            body = patched(body, kind, change)
        if name == kind:
            body = change(body)
        result += box(name, body)
    return result


OBSTACLES = {
    "elsewhere": (b"dref", lambda body: body[:16] + bytes(4) + body[20:], "another file"),
    "encrypted": (b"stsd", lambda body: body.replace(b"avc1", b"encv"), "encrypted"),
    "broken": (b"dref", lambda body: body[:8] + bytes([0, 0, 0, 99]) + body[12:], "broken"),
}  # fmt: skip


@pytest.mark.parametrize("obstacle", OBSTACLES)
def test_what_cannot_be_copied_is_said_and_its_sound_enhanced(obstacle, tmp_path):
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


def test_a_file_does_not_become_many_times_as_long(tmp_path):
    """All chunks of the picture lie at one place, and are larger than it is."""
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
    # All but whether an edit of the source, whose end nobody knew, leaves the last picture out.
    ours, theirs = ([packet[:4] + packet[5:] for packet in packets(probe(it), 0)] for it in (result, source))
    assert ours == theirs != []
    # The source's list of edits counts milliseconds.
    assert abs(distance(result) - later) <= (RATE // 1000 if later else 1)


@pytest.mark.parametrize("name, arguments", [
    ("channels", ["-map", "-0:a", "-map", "0:a:0", "-c:a", "pcm_s16le", "-ac", "16"]),
])  # fmt: skip
def test_other_reasons_are_said_too(name, arguments, tmp_path):
    source = tmp_path / "film.mov"
    zoo.ffmpeg("-i", material(), "-map", "0:v", "-map", "0:a:0", "-c:v", "copy", *arguments, source)
    report = enhancer.enhance(source, None, "--out-dir", tmp_path / "out").succeeded()
    (text,) = [w["text"] for w in report["warnings"] if w["code"] == "video_not_copied"]
    assert name in text
    assert not report["destination"].endswith(".mov")


def test_people_are_told_that_the_result_is_the_audio(tmp_path):
    for name in ("mp4", "mkv"):
        source = film("mp4") if name == "mp4" else material()
        run = enhancer.enhance(source, tmp_path / "result.wav", json_line=False)
        assert run.code == 0
        assert source.name in run.said and "video" in run.said and "audio" in run.said


def assert_lies_end_tidily(content, places, most, word, spare, folder, extension):
    """Up to `most` words at some of the `places` are zeros, ones, `word` or anything. A result is at
    most `spare` bytes longer than twice the content."""
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


def test_an_index_of_lies_ends_tidily(tmp_path):
    """Bytes of the index that are anything."""
    content = film("faststart").read_bytes()
    start = content.index(b"moov")
    end = start + struct.unpack_from(">I", content, start - 4)[0]
    assert_lies_end_tidily(content, (start + 8, end - 4), 3, b"\0\0\0\1", 200_000, tmp_path, "mp4")


def moved(content, by):
    """The index of a file whose samples lie so many bytes further."""
    result = b""
    for name, body in boxes(content):
        if name in NESTS:
            body = moved(body, by)
        if name == b"stco":
            places = struct.unpack_from(f">{len(body) // 4 - 2}I", body, 8)
            name, body = b"co64", body[:8] + struct.pack(f">{len(places)}Q", *(at + by for at in places))
        result += box(name, body)
    return result


def far_away(source, result, hole=5 << 30):
    """The same video, with its samples and its index behind so many bytes of nothing."""
    with source.open("rb") as old, result.open("wb") as new:
        places, at = {}, 0
        while header := old.read(16):
            size, kind, long = struct.unpack(">I4sQ", header)
            places[kind] = (at, long if size == 1 else size)
            at += places[kind][1]
            old.seek(at)
        start, size = places[b"moov"]
        old.seek(0)
        first = old.read(places[b"ftyp"][1])
        new.write(first + struct.pack(">I4sQ", 1, b"free", hole))
        new.seek(len(first) + hole)
        shutil.copyfileobj(old, new, 1 << 20)
        new.seek(hole + start)
        new.truncate()
        old.seek(start)
        new.write(moved(old.read(size), hole))


def test_a_long_video_takes_no_more_memory(tmp_path):
    """Its 150 MB of pictures lie behind 5 GB of nothing."""
    large, source, result = (tmp_path / f"{name}.mov" for name in ("large", "source", "result"))
    pictures = ["-f", "lavfi", "-i", "color=red:s=1920x1080:r=25:d=1.08"]
    zoo.ffmpeg(*pictures, "-i", zoo.recording(RATE, 1, 2), "-c:v", "v210", "-c:a", "pcm_s16le", large)
    far_away(large, source)
    used = tmp_path / "used"
    before = [sys.executable, "-I", "-S", "-c", enhancer.MEASURE, used]
    enhancer.enhance(source, result, before=before).succeeded()
    peak = int(used.read_text().split()[0]) * (1 if sys.platform == "darwin" else 1024)
    assert 140e6 < result.stat().st_size < 160e6
    assert peak < 100e6, peak
    assert packets(probe(result), 0) == packets(probe(large), 0)
