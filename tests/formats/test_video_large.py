"""A long video takes no more memory than a short one."""

import shutil
import struct
import sys

import enhancer
import zoo
from test_presentation import box, boxes
from video import NESTS, RATE, packets, probe


def moved(content, by):
    """The index of a file whose samples lie that many bytes further on."""
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
    """The same video, with that many empty bytes before its samples and its index."""
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
    """Its 150 MB of pictures lie after 5 GB of empty space."""
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
