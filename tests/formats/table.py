"""The table of docs/formats.md, made from the same list as the zoo. Run this file to print the table."""

from formats import FORMATS

# Formats that are read without a zoo, and formats that are written: the container, and the depths.
RAW = ("raw PCM", "16, 24 and 32-bit integer, 32-bit float, if you describe it (`--source-format`)", "16, 24, 32-bit, float")
WRITTEN = {"WAV": "16, 24-bit, float; RF64 beyond 4 GiB", "FLAC": "16, 24-bit", "Ogg": "Opus", "MP3": "MP3", "MP4, M4A, MOV": "AAC-LC; videos", "Matroska, WebM": "videos, with Opus"}
HEAD = "| Container | Read | Written |\n|---|---|---|\n"


def codecs_by_container():
    """In the order of the list, each once."""
    codecs = {}
    for form in FORMATS:
        names = codecs.setdefault(form.container, [])
        if form.codec not in names:
            names.append(form.codec)
    return codecs


def joined(codecs):
    """`PCM 16-bit`, `PCM 24-bit`, `A-law` become `PCM 16-bit, 24-bit, A-law`."""
    names, before = [], None
    for codec in codecs:
        name, _, depth = codec.partition(" ")
        names.append(depth if depth and name == before else codec)
        before = name
    return ", ".join(names)


def table():
    read = codecs_by_container()
    rows = [(name, joined(codecs), WRITTEN.get(name, "")) for name, codecs in read.items()]
    return HEAD + "".join(f"| {' | '.join(row)} |\n" for row in [*rows, RAW]).replace("|  |", "| |")


if __name__ == "__main__":
    print(table(), end="")
