"""Files that cannot be decoded are refused. The error names the format and lists the supported formats;
nothing is written."""

import zipfile

import enhancer
import pytest
import zoo
from formats import BY_NAME, Format

SUPPORTED = [
    "WAV", "AIFF", "CAF", "FLAC", "Ogg", "MP3", "AAC", "MP4", "M4A", "MOV", "Matroska", "WebM",
    "ALAC", "Vorbis", "Opus", "raw PCM",
]  # fmt: skip
TEXT = "Minutes of the meeting.\nThe recording is with the secretary.\n" * 20
PICTURE = ("-f", "lavfi", "-i", "testsrc=size=64x48:rate=1:duration=2")
SILENT_FILM = (*PICTURE, "-an", "-c:v", "mpeg4")
ENCRYPTION = ("-encryption_scheme", "cenc-aes-ctr", "-encryption_key", "00" * 16)
ENCRYPTION += ("-encryption_kid", "11" * 16)


def by_ffmpeg(extension, *arguments):
    path = zoo.kept(extension, *arguments)
    return zoo.once(path, lambda part: zoo.ffmpeg(*arguments, part)).read_bytes()


def coded(extension, encoder, *options):
    form = Format(encoder, "", "", extension, ("-c:a", encoder, *options))
    return zoo.specimen(form).read_bytes()


def zipped():
    path = zoo.FOLDER / "archive.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("talk.wav", TEXT)
    return path.read_bytes()


def renamed_entry(entry):
    """An MP4 file that declares another codec for its audio."""
    content = zoo.specimen(BY_NAME["m4a"]).read_bytes()
    assert content.count(b"mp4a") == 1
    return content.replace(b"mp4a", entry)


def coded_at(extension, encoder, rate):
    form = Format(encoder, "", "", extension, ("-c:a", encoder))
    return zoo.specimen(form, rate, 1).read_bytes()


def phone(encoder, rate):
    return coded_at("wav", encoder, rate)


def free_format():
    """An MP3 file whose frames do not state their bit rate."""
    content = bytearray(zoo.specimen(BY_NAME["mp3"], 44_100, 1).read_bytes())
    start = content.index(b"\xff\xfb")
    mark = bytes(content[start : start + 2])
    at = start
    while (at := content.find(mark, at)) >= 0:
        content[at + 2] &= 0x0F
        at += 2
    return bytes(content[start:])


# The file's name, a function that makes its bytes, and the name of the format in the message.
FILES = {
    "empty": ("empty.wav", lambda: b"", "empty"),
    "text": ("minutes.wav", lambda: TEXT.encode(), "text"),
    "UTF-16 text": ("minutes.mp3", lambda: TEXT.encode("utf-16"), "text"),
    "web page": ("talk.mp3", lambda: b"<!DOCTYPE html><html><body>404</body></html>", "text"),
    "zeros": ("zeros.wav", lambda: bytes(100_000), "not a known"),
    "PNG": ("cover.png", lambda: by_ffmpeg("png", *PICTURE, "-frames:v", "1"), "PNG"),
    "JPEG": ("cover.jpg", lambda: by_ffmpeg("jpg", *PICTURE, "-frames:v", "1"), "JPEG"),
    "PDF": ("talk.pdf", lambda: b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n", "PDF"),
    "ZIP": ("talk.zip", zipped, "ZIP"),
    "silent MP4": ("film.mp4", lambda: by_ffmpeg("mp4", *SILENT_FILM), "without any audio"),
    "silent Matroska": ("film.mkv", lambda: by_ffmpeg("mkv", *SILENT_FILM), "without any audio"),
    "encrypted MP4": ("bought.mp4", lambda: coded("mp4", "aac", *ENCRYPTION), "encrypted"),
    "enca": ("bought.m4a", lambda: renamed_entry(b"enca"), "encrypted"),
    "FairPlay": ("bought.m4p", lambda: renamed_entry(b"drms"), "encrypted"),
    "AC-3": ("film.ac3", lambda: coded("ac3", "ac3"), "AC-3"),
    "AC-3 in MP4": ("film.mp4", lambda: coded("mp4", "ac3"), "AC-3"),
    "AC-3 in Matroska": ("film.mkv", lambda: coded("mkv", "ac3"), "AC-3"),
    "E-AC-3 in MP4": ("film.mp4", lambda: coded("mp4", "eac3"), "E-AC-3"),
    "DTS in Matroska": ("film.mkv", lambda: coded("mkv", "dca"), "DTS"),
    "WMA": ("talk.wma", lambda: coded("wma", "wmav2"), "WMA"),
    "AMR": ("memo.amr", lambda: b"#!AMR\n" + 50 * (b"\x3c" + bytes(31)), "AMR"),
    "AMR-WB": ("memo.awb", lambda: b"#!AMR-WB\n" + 50 * (b"\x44" + bytes(60)), "AMR"),
    "WavPack": ("talk.wv", lambda: coded("wv", "wavpack"), "WavPack"),
    "Speex in Ogg": ("talk.spx", lambda: zoo.specimen(SPEEX, 16_000, 1).read_bytes(), "Speex"),
    "GSM": ("call.wav", lambda: phone("libgsm_ms", 8000), "GSM 6.10"),
    "G.722": ("call.wav", lambda: phone("g722", 16_000), "G.722"),
    "AMR in 3GP": ("memo.3gp", lambda: renamed_entry(b"samr"), "AMR"),
    "transport stream": ("tv.ts", lambda: coded("ts", "aac"), "transport stream"),
    "free-format MP3": ("free.mp3", lambda: free_format(), "free format"),
    "MP2 at 384 kbit/s": ("mono.mp2", lambda: zoo.specimen(MP2_384, 48_000, 1).read_bytes(), "MP2"),
    "DS2": ("memo.ds2", lambda: b"\x03ds2\x02\0" + bytes(range(1, 200)) * 20, "DS2"),
    "GSM in CAF": ("call.caf", lambda: coded_at("caf", "libgsm", 8000), "GSM 6.10"),
    "Vorbis in MP4": ("talk.mp4", lambda: coded("mp4", "libvorbis"), "neither AAC nor MP3"),
    "VOC": ("game.voc", lambda: coded_at("voc", "pcm_u8", 8000), "VOC"),
    "AVI": ("film.avi", lambda: coded("avi", "libmp3lame"), "AVI"),
}
MP2_384 = Format("mp2-384", "", "", "mp2", ("-c:a", "mp2", "-b:a", "384k"))
# Formats that ffmpeg reads, so that the message can say how to convert them.
CONVERTIBLE = ["AC-3", "AC-3 in MP4", "DTS in Matroska", "GSM", "G.722", "AMR in 3GP"]
CONVERTIBLE += ["transport stream", "free-format MP3", "MP2 at 384 kbit/s"]
SPEEX = Format("speex", "", "", "spx", ("-c:a", "libspeex"))


@pytest.fixture(name="refused", params=FILES.values(), ids=FILES.keys())
def refused_file(request, tmp_path):
    """The file, and the word that names its format."""
    name, make, word = request.param
    path = tmp_path / name
    path.write_bytes(make())
    return path, word


def assert_says_it_all(message, source, word):
    assert source.name in message and word in message
    # An empty file has no format: a list of formats does not help.
    listed = [] if word == "empty" else SUPPORTED
    assert [name for name in SUPPORTED if name in message] == listed
    assert "\n" not in message.strip() and len(message) < 700


def test_the_error_names_the_format_and_those_that_are_supported(refused, tmp_path):
    source, word = refused
    samples, run = enhancer.decode(source, tmp_path)
    assert samples is None and run.code == enhancer.SOURCE_UNREADABLE and not run.said
    code, message = run.error
    assert code == "unsupported_audio"
    assert_says_it_all(message, source, word)
    assert list(tmp_path.iterdir()) == [source]


def test_the_message_is_one_short_line(tmp_path):
    source = tmp_path / "minutes.wav"
    source.write_text(TEXT)
    run = enhancer.enhance(source, tmp_path / "result.wav", json_line=False)
    assert run.code == enhancer.SOURCE_UNREADABLE and run.said.startswith("error: ")
    error, note = run.said.splitlines()
    assert source.name in error and "text" in error and len(error) < 200
    assert "enhancer formats" in note


@pytest.mark.parametrize("name", CONVERTIBLE)
def test_the_message_says_how_to_convert(name, tmp_path):
    source = tmp_path / FILES[name][0]
    source.write_bytes(FILES[name][1]())
    _, run = enhancer.decode(source, tmp_path)
    assert "`ffmpeg -i IN OUT.wav` converts it" in run.error[1]
    run = enhancer.enhance(source, tmp_path / "result.wav", json_line=False)
    assert "`ffmpeg -i IN OUT.wav` converts it" in run.said


def test_frames_of_a_kind_that_is_not_read_before_others_are_damage(tmp_path):
    rest = zoo.specimen(BY_NAME["mp3"], 44_100, 1).read_bytes()
    source = tmp_path / "both.mp3"
    source.write_bytes(free_format() + rest)
    samples, run = enhancer.decode(source, tmp_path)
    assert "begins with MP3 of a free format" in run.succeeded()["damage"]["reason"]
    assert abs(len(samples) - 1.5 * 44_100) < 4000


def test_each_message_has_words_of_its_own(tmp_path):
    """An empty file, a text and a picture have different messages."""
    messages = set()
    for name in ["empty", "text", "PNG", "silent MP4", "FairPlay", "AC-3 in MP4"]:
        source = tmp_path / "file"
        source.write_bytes(FILES[name][1]())
        messages.add(enhancer.decode(source, tmp_path)[1].error[1])
    assert len(messages) == 6
