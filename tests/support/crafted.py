"""Files made by hand, to the byte: FLAC of silence, tags of every kind, Ogg pages."""

import struct
from itertools import islice, product
from string import ascii_uppercase


def crc(content, bits, generator):
    table = []
    for byte in range(256):
        total = byte << bits - 8
        for _ in range(8):
            total = total << 1 ^ (generator if total >> bits - 1 else 0)
            total &= (1 << bits) - 1
        table.append(total)
    total = 0
    for byte in content:
        total = (total << 8 ^ table[total >> bits - 8 ^ byte]) & (1 << bits) - 1
    return total


def coded_number(number):
    """A number in the coding of FLAC (RFC 9639, section 9.1.5)."""
    if number < 0x80:
        return bytes([number])
    length = next(n for n in range(2, 8) if number.bit_length() <= 5 * n + 1)
    parts = [0x80 | number >> 6 * n & 0x3F for n in reversed(range(length - 1))]
    return bytes([0xFF00 >> length & 0xFF | number >> 6 * (length - 1), *parts])


FRAME = 65_535


def flac_frame(start, channels, rate):
    """Silence of 24 bits that begins at that sample."""
    head = bytes([0xFF, 0xF9, 0x7E, channels - 1 << 4 | 0xC]) + coded_number(start)
    head += struct.pack(">HH", FRAME - 1, rate // 10)
    head += bytes([crc(head, 8, 0x07)])
    frame = head + bytes(4) * channels
    return frame + struct.pack(">H", crc(frame, 16, 0x8005))


def flac_block(kind, body):
    return bytes([kind]) + struct.pack(">I", len(body))[1:] + body


def flac(starts, channels=1, rate=48_000, blocks=(), total=0):
    """A file with frames that begin at these samples. `total` is the declared number of samples, or none."""
    info = struct.pack(">HH6x", 16, FRAME)
    info += (rate << 44 | channels - 1 << 41 | 23 << 36 | total).to_bytes(8, "big") + bytes(16)
    head = b"fLaC" + flac_block(0, info) + b"".join(blocks) + flac_block(0x81, b"")
    return head + b"".join(flac_frame(start, channels, rate) for start in starts)


def names(count):
    """This many names of four letters."""
    return [bytes(name) for name in islice(product(ascii_uppercase.encode(), repeat=4), count)]


def comments(count):
    """Vorbis comments, each a few bytes."""
    entries = b"".join(struct.pack("<I", 6) + name + b"=b" for name in names(count))
    return struct.pack("<II", 0, count) + entries


def info_list(count):
    body = b"INFO" + b"".join(name + b"\2\0\0\0b\0" for name in names(count))
    return b"LIST" + struct.pack("<I", len(body)) + body


def syncsafe(number):
    return bytes(number >> shift & 0x7F for shift in (21, 14, 7, 0))


def id3(*frames):
    body = b"".join(id + syncsafe(len(content)) + bytes(2) + content for id, content in frames)
    return b"ID3\4\0\0" + syncsafe(len(body)) + body


def ape(count):
    items = b"".join(struct.pack("<II", 1, 0) + name + b"\0b" for name in names(count))
    footer = b"APETAGEX" + struct.pack("<IIIIQ", 2000, len(items) + 32, count, 0x40000000, 0)
    return items + footer


def ogg_pages(serial, packets, granule=0, first=0):
    """Pages with the packets. Each packet begins on a new page."""
    pages, number = [], first
    for order, packet in enumerate(packets):
        lengths = [255] * (len(packet) // 255) + [len(packet) % 255]
        for at in range(0, len(lengths), 255):
            here = lengths[at : at + 255]
            body = packet[255 * at : 255 * at + sum(here)]
            flags = (at > 0) | (first + order == 0) << 1
            head = b"OggS\0" + struct.pack("<BqII", flags, granule, serial, number)
            head += bytes(4) + bytes([len(here), *here])
            total = crc(head + body, 32, 0x04C11DB7)
            pages.append(head[:22] + struct.pack("<I", total) + head[26:] + body)
            number += 1
    return b"".join(pages)


def box(kind, *bodies):
    body = b"".join(bodies)
    return struct.pack(">I", len(body) + 8) + kind + body


def element(mark, *bodies):
    """An element of Matroska, with a size of eight bytes."""
    body = b"".join(bodies)
    return mark + (1 << 56 | len(body)).to_bytes(8, "big") + body
