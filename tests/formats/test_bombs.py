"""Small files that demand much: their results and the work for them must be bounded.

Each has a plain twin without the part that makes it a bomb. Its processor time is compared with the
twin's, so that a slow or busy machine does not matter."""

import struct

import crafted
import enhancer
import pytest
import zoo
from formats import BY_NAME

PEAK_MB = 250
# Without limits, the work was 12 to 1000 times the twin's, or endless.
TIMES_AS_LONG = 6


def content_of(name):
    return bytes(zoo.specimen(BY_NAME[name]).read_bytes())


def gap():
    """Six frames, and four more 60 s later."""
    rate = 655_350
    starts = [n * crafted.FRAME for n in range(10)]
    later = starts[:6] + [60 * rate + start for start in starts[:4]]
    return crafted.flac(later, 8, rate), crafted.flac(starts, 8, rate)


def flac_with(*blocks):
    starts = [n * crafted.FRAME for n in range(4)]
    return crafted.flac(starts, blocks=blocks), crafted.flac(starts)


def seek_table():
    """Seek points in descending order, the slowest case of an insertion sort."""
    points = (struct.pack(">QQH", n, 0, 1) for n in reversed(range(400_000)))
    return flac_with(crafted.flac_block(3, b"".join(points)))


def wav():
    plain = content_of("wav-s16")
    return plain + 2 * crafted.info_list(50_000), plain


def mp3_behind(*tags):
    plain = content_of("mp3")
    return b"".join(tags) + plain, plain


def values(name, count):
    return b"TXXX", b"\3" + name + b"\0" + b"\0".join(crafted.names(count))


def covers():
    """16 pictures of 15 MiB, no two alike."""
    picture = b"\0image/png\0\3\0"
    return mp3_behind(
        *(crafted.id3((b"APIC", picture + bytes([n]) * (15 << 20))) for n in range(16))
    )


def ape():
    plain = content_of("mp3")
    return plain + crafted.ape(400_000), plain


def ogg():
    """Comments between the first and the later pages of a file of one stream."""
    plain = content_of("ogg-opus")
    second = plain.index(b"OggS", 4)
    third = plain.index(b"OggS", second + 4)
    (serial,) = struct.unpack_from("<I", plain, 14)
    entries = crafted.comments(450_000)[8:] * 3
    packet = b"OpusTags" + struct.pack("<II", 0, 1_350_000) + entries
    return plain[:second] + crafted.ogg_pages(serial, [packet], first=1) + plain[third:], plain


def matroska():
    """Tags directly after the header of the segment, whose size is left open."""
    plain = content_of("mkv-aac")
    segment = plain.index(b"\x18\x53\x80\x67") + 4
    length = 9 - plain[segment].bit_length()
    head, rest = plain[:segment] + b"\xff", plain[segment + length :]
    # Hides the index of places in the file, which would now be wrong.
    rest = rest.replace(b"\x11\x4d\x9b\x74", b"\x1f\xff\xff\xf0", 1)
    text = b"\x67\xc8\x88\x45\xa3\x81A\x44\x87\x81B"
    tags = crafted.element(b"\x12\x54\xc3\x67", crafted.element(b"\x73\x73", text * 1_000_000))
    return head + tags + rest, plain


def mp4():
    """Tags in their own box at the end."""
    plain = content_of("m4a")
    (first,) = struct.unpack_from(">I", plain, 0)
    text = crafted.box(b"\xa9cmt", crafted.box(b"data", b"\0\0\0\1\0\0\0\0A"))
    tags = crafted.box(b"meta", bytes(4), crafted.box(b"ilst", text * 600_000))
    # At the end, so that no place in the file changes.
    assert plain[4:8] == b"ftyp" and first < len(plain)
    return plain + tags, plain


def aiff():
    plain = bytearray(content_of("aiff-s16"))
    tag = crafted.id3(values(b"A", 400_000), (b"TIT2", b"\3Talk"))
    tag += bytes(len(tag) % 2)
    bomb = plain + b"ID3 " + struct.pack(">I", len(tag)) + tag
    struct.pack_into(">I", bomb, 4, len(bomb) - 8)
    return bytes(bomb), bytes(plain)


def packets():
    """A table of far more packets than there are."""
    plain = content_of("caf-alac")
    table = struct.pack(">qqii", 30_000_000, 4096 * 30_000_000, 0, 0) + b"\1" * 30_000_000
    chunk = b"pakt" + struct.pack(">Q", len(table)) + table
    place = plain.index(b"pakt")
    (size,) = struct.unpack_from(">Q", plain, place + 4)
    return plain[:place] + chunk + plain[place + 12 + size :], plain


BOMBS = {
    "a gap of 60 s": gap,
    "200 000 comments": lambda: flac_with(crafted.flac_block(4, crafted.comments(200_000))),
    "a descending seek table": seek_table,
    "two lists of 50 000": wav,
    "two frames of 120 000 values": lambda: mp3_behind(
        crafted.id3(values(b"A", 120_000), values(b"B", 120_000))
    ),
    "a text of 15 MB": lambda: mp3_behind(
        crafted.id3((b"TXXX", b"\3A\0" + b"x\0" * (15 << 19)))
    ),
    "16 covers of 15 MiB": covers,
    "5000 empty tags": lambda: mp3_behind(crafted.id3() * 5000),
    "400 000 items of APE": ape,
    "1 350 000 comments in Ogg": ogg,
    "1 000 000 texts in Matroska": matroska,
    "600 000 texts in MP4": mp4,
    "400 000 values in AIFF": aiff,
    "30 000 000 packets in CAF": packets,
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_bomb_takes_little_more_than_its_plain_twin(bomb, tmp_path):
    content, plain = BOMBS[bomb]()
    source, twin = tmp_path / "bomb", tmp_path / "twin"
    source.write_bytes(content)
    twin.write_bytes(plain)
    run, peak, seconds = enhancer.decode_measured(source, tmp_path)
    usual, _, usual_seconds = enhancer.decode_measured(twin, tmp_path)
    print(f"{bomb}: {peak:.0f} MB, {seconds:.2f} s (twin {usual_seconds:.2f} s), exit {run.code}")
    assert usual.code == 0
    assert peak < PEAK_MB
    # The twin takes only a few hundredths of a second, as long as reading 16 MiB.
    assert seconds < TIMES_AS_LONG * max(usual_seconds, 0.1)
    if run.code == 0:
        # All the sound is there, with at most a few seconds of silence for missing parts.
        assert usual.report["samples"] <= run.report["samples"] <= 4 * usual.report["samples"]
    else:
        assert run.code == enhancer.SOURCE_UNREADABLE
        assert run.error[0] in enhancer.REFUSALS


def test_silence_that_is_left_out_is_reported(tmp_path):
    source = tmp_path / "gap.flac"
    source.write_bytes(gap()[0])
    _, run = enhancer.decode(source, tmp_path)
    assert "57.70 s are missing without silence" in run.succeeded()["damage"]["reason"]
    assert enhancer.decode(source, tmp_path, "--strict")[0] is None
