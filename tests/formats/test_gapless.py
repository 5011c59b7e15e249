"""Files of old iTunes state the encoder's delay in a comment, and have no edit list."""

import struct

import enhancer
import numpy as np
import reference
import zoo
from formats import BY_NAME

# Flags, delay, padding, samples, in hexadecimal, as iTunes writes them.
NOTE = b" 00000000 00000840 000001CA 00000000000115F6" + b" 00000000" * 8


def boxed(kind, *body):
    content = b"".join(body)
    return struct.pack(">I", 8 + len(content)) + kind + content


def with_note(content):
    """An MP4 file with its index at the end, in which the comment replaces the edit list."""
    note = boxed(
        b"----",
        boxed(b"mean", bytes(4), b"com.apple.iTunes"),
        boxed(b"name", bytes(4), b"iTunSMPB"),
        boxed(b"data", struct.pack(">II", 1, 0), NOTE),
    )
    content = content.replace(b"edts", b"free")
    place = content.index(b"ilst")
    for kind in (b"moov", b"udta", b"meta", b"ilst"):
        at = content.rindex(kind, 0, place + 4) - 4
        (size,) = struct.unpack_from(">I", content, at)
        content = content[:at] + struct.pack(">I", size + len(note)) + content[at + 4 :]
    return content[: place + 4] + note + content[place + 4 :]


def test_a_delay_in_the_comment_of_itunes_is_removed(tmp_path):
    source = tmp_path / "old.m4a"
    source.write_bytes(with_note(zoo.specimen(BY_NAME["m4a"], 48_000, 2).read_bytes()))
    ours, run = enhancer.decode(source, tmp_path)
    assert run.succeeded()["damage"] is None
    theirs = reference.decode(source, 2)
    plain, _ = enhancer.decode(zoo.specimen(BY_NAME["m4a"], 48_000, 2), tmp_path)
    # The original edit list removes 1024 samples, the comment 0x840.
    assert len(ours) == len(theirs) == len(plain) + 1024 - 0x840
    np.testing.assert_array_equal(ours, plain[0x840 - 1024 :])
    assert reference.compare(ours, theirs).lags == [0, 0]
