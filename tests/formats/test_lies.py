"""Headers that lie cost neither memory nor time: sizes are checked against the file."""

import struct

import enhancer
import numpy as np
import pytest
import zoo
from formats import BY_NAME

HUGE = 34_000_000_000
MOST = 0xFFFF_FFFF
PEAK_MB = 200


def content_of(name):
    return bytearray(zoo.specimen(BY_NAME[name]).read_bytes())


def patched(name, mark, offset, form, *values):
    """The file with these values `offset` bytes after the first byte of the mark."""
    content = content_of(name)
    assert mark in content, f"{name} has {mark}"
    struct.pack_into(form, content, content.index(mark) + offset, *values)
    return content


def flac_of_most_samples():
    """The number of samples has 36 bits: four bits here, then four bytes."""
    content = content_of("flac")
    content[21] |= 0x0F
    struct.pack_into(">I", content, 22, MOST)
    return content


def mp4_with_wide_mdat():
    """A size of 1 means that the 64 bits after the mark are the size."""
    content = content_of("m4a")
    place = content.index(b"mdat")
    struct.pack_into(">I", content, place - 4, 1)
    struct.pack_into(">Q", content, place + 4, HUGE)
    return content


def mp3_with_id3_of_256_mb():
    return b"ID3\x04\x00\x00\x7f\x7f\x7f\x7f" + content_of("mp3")


def mp3_with_id3_frame_of_256_mb():
    frame = b"TIT2" + b"\x7f\x7f\x7f\x7f" + bytes(2) + b"\x03Title"
    return b"ID3\x04\x00\x00\x00\x00\x00\x20" + frame.ljust(32, b"\0") + content_of("mp3")


def mp3_of_most_frames():
    content = content_of("mp3")
    place = content.index(b"Xing") if b"Xing" in content else content.index(b"Info")
    struct.pack_into(">I", content, place + 8, MOST)
    return content


def matroska_with_huge(element):
    """The element with the largest size that its bytes can hold."""
    content = content_of("mkv-aac")
    # The first occurrence of a mark may be in the index.
    place = content.rindex(element) + len(element)
    length = 9 - content[place].bit_length()
    content[place : place + length] = ((1 << 7 * length + 1) - 2).to_bytes(length, "big")
    return content


LIES = {
    "WAV data": lambda: patched("wav-s16", b"data", 4, "<I", MOST - 15),
    "WAV fmt": lambda: patched("wav-s16", b"fmt ", 4, "<I", MOST - 15),
    "WAV LIST": lambda: patched("wav-s16", b"LIST", 4, "<I", MOST - 15),
    "WAV channels": lambda: patched("wav-s16", b"fmt ", 10, "<H", 0xFFFF),
    "WAV no channels": lambda: patched("wav-s16", b"fmt ", 10, "<H", 0),
    "WAV rate": lambda: patched("wav-s16", b"fmt ", 12, "<I", MOST),
    "WAV no rate": lambda: patched("wav-s16", b"fmt ", 12, "<I", 0),
    "RF64 ds64": lambda: patched("rf64", b"ds64", 8, "<QQQ", HUGE, HUGE, HUGE // 4),
    "RF64 ds64 to the bit": lambda: patched("rf64", b"ds64", 8, "<QQQ", *[2**64 - 1] * 3),
    "RF64 table": lambda: patched("rf64", b"ds64", 32, "<I", MOST),
    "AIFF samples": lambda: patched("aiff-s16", b"COMM", 10, ">I", MOST),
    "AIFF SSND": lambda: patched("aiff-s16", b"SSND", 4, ">I", MOST - 15),
    "CAF data": lambda: patched("caf-s16", b"data", 4, ">Q", HUGE),
    "CAF packets": lambda: patched("caf-alac", b"pakt", 12, ">QQ", 2**36, 2**36),
    "CAF packet table": lambda: patched("caf-alac", b"pakt", 4, ">Q", HUGE),
    "FLAC samples": flac_of_most_samples,
    "FLAC comment": lambda: patched("flac", b"fLaC", 46, "<I", MOST),
    "Ogg comment": lambda: patched("ogg-vorbis", b"\x03vorbis", 7, "<I", MOST),
    "OpusTags": lambda: patched("ogg-opus", b"OpusTags", 8, "<I", MOST),
    "MP3 frames": mp3_of_most_frames,
    "MP3 ID3": mp3_with_id3_of_256_mb,
    "MP3 ID3 frame": mp3_with_id3_frame_of_256_mb,
    "MP4 mdat": mp4_with_wide_mdat,
    "MP4 sample sizes": lambda: patched("m4a", b"stsz", 12, ">I", MOST),
    "MP4 equal samples": lambda: patched("m4a", b"stsz", 8, ">II", 1 << 30, MOST),
    "MP4 times": lambda: patched("m4a", b"stts", 8, ">I", MOST),
    "MP4 one long time": lambda: patched("m4a", b"stts", 12, ">II", MOST, MOST),
    "MP4 chunks": lambda: patched("m4a", b"stco", 8, ">I", MOST),
    "MP4 samples in chunks": lambda: patched("m4a", b"stsc", 8, ">I", MOST),
    "MP4 samples in a chunk": lambda: patched("m4a", b"stsc", 16, ">I", MOST),
    "MP4 edits": lambda: patched("m4a", b"elst", 8, ">I", MOST),
    "MP4 edit": lambda: patched("m4a", b"elst", 12, ">II", MOST, 0x7FFF_FFFF),
    "MP4 moov": lambda: patched("m4a", b"moov", -4, ">I", MOST),
    "PCM in MOV": lambda: patched("mov-s16", b"stsz", 8, ">II", MOST, MOST),
    "Matroska cluster": lambda: matroska_with_huge(b"\x1f\x43\xb6\x75"),
    "Matroska segment": lambda: matroska_with_huge(b"\x18\x53\x80\x67"),
}


@pytest.mark.parametrize("lie", LIES)
def test_lie_is_refused_or_read_up_to_what_is_there(lie, tmp_path):
    source = tmp_path / "lie"
    source.write_bytes(LIES[lie]())
    run, peak, _ = enhancer.decode_measured(source, tmp_path)
    print(f"{lie}: {peak:.0f} MB, exit code {run.code}")
    assert peak < PEAK_MB
    if run.code == 0:
        # At most one packet or page more than the file has.
        assert run.report["samples"] <= 76_000
    else:
        assert run.code == enhancer.SOURCE_UNREADABLE
        assert run.error[0] in enhancer.REFUSALS


@pytest.mark.parametrize(
    "lie, name", [("WAV data", "wav-s16"), ("RF64 ds64", "rf64"), ("AIFF SSND", "aiff-s16"), ("CAF data", "caf-s16")]
)
def test_a_file_that_declares_thousands_of_times_its_size_is_read_to_its_end(lie, name, tmp_path):
    source = tmp_path / "lie"
    source.write_bytes(LIES[lie]())
    samples, run = enhancer.decode(source, tmp_path)
    expected, _ = enhancer.decode(zoo.specimen(BY_NAME[name]), tmp_path)
    run.succeeded()
    # Bytes after the samples count as samples.
    np.testing.assert_array_equal(samples[: len(expected)], expected)


SIZES = {
    "wav-s16": (b"data", 4, "<I"),
    "rf64": (b"ds64", 16, "<Q"),
    "aiff-s16": (b"SSND", 4, ">I"),
    "caf-s16": (b"data", 4, ">Q"),
}


@pytest.mark.parametrize("name", SIZES)
def test_a_file_that_declares_a_little_more_is_read_and_reported(name, tmp_path):
    """A copy that was cut off is such a file. Its sound can be read up to that place."""
    mark, offset, form = SIZES[name]
    content = content_of(name)
    place = content.index(mark) + offset
    (size,) = struct.unpack_from(form, content, place)
    struct.pack_into(form, content, place, 3 * size)
    source = tmp_path / "lie"
    source.write_bytes(content)
    samples, run = enhancer.decode(source, tmp_path)
    assert len(samples) == 72_000 and run.succeeded()["damage"]["reason"]
    assert enhancer.decode(source, tmp_path, "--strict")[0] is None
