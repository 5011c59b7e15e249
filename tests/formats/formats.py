"""The list of formats. The zoo and the table in docs/formats.md are made from it."""

from dataclasses import dataclass, field
from itertools import product
from math import inf

RATES = (8_000, 16_000, 44_100, 48_000, 96_000)
CHANNELS = {1: "mono", 2: "stereo", 6: "5.1"}


@dataclass(frozen=True)
class Format:
    """A container with a codec, as ffmpeg writes it."""

    name: str
    # The names in the table in docs/formats.md.
    container: str
    codec: str
    extension: str
    # Arguments for ffmpeg.
    arguments: tuple = field(repr=False)
    # The least signal-to-noise ratio, in dB, of our decoding against ffmpeg's. Lossless codecs are
    # equal to the bit; for others, each decoder rounds in its own way.
    agreement: float = inf
    # What the encoder allows. The tests assert that ffmpeg refuses everything else.
    rates: tuple = RATES
    channels: tuple = tuple(CHANNELS)
    # Arguments for decoding: the decoder, if the default one is not the best.
    decoder: tuple = field(default=(), repr=False)
    # A change to ffmpeg's file: a name in zoo.PATCHES.
    patch: str = ""
    # Rates and channels that ffmpeg writes and we refuse. docs/formats.md names them.
    unread: frozenset = frozenset()

    def combinations(self):
        return set(product(self.rates, self.channels))


def pcm(container, extension, kinds, **more):
    """A format for each kind: (our name, ffmpeg's name of the codec, the name in the table)."""
    return [
        Format(f"{extension}-{name}", container, codec, extension, ("-c:a", encoder), **more)
        for name, encoder, codec in kinds
    ]


MP3 = dict(rates=(8_000, 16_000, 44_100, 48_000), channels=(1, 2), agreement=110)
# Its usual decoder rounds to 16 bits.
MP2 = dict(
    rates=(16_000, 44_100, 48_000), channels=(1, 2), agreement=105, decoder=("-c:a", "mp2float")
)
AAC = dict(agreement=120)
VORBIS = dict(agreement=125)
# After SILK, ffmpeg's own decoder has another filter than the reference implementation. It shifts
# speech by some samples.
OPUS = dict(
    rates=(8_000, 16_000, 48_000),
    agreement=95,
    decoder=("-c:a", "libopus", "-request_sample_fmt", "flt"),
)
# Above 48 kHz ffmpeg writes a header that symphonia does not follow.
ADPCM = dict(channels=(1, 2), unread=frozenset(product([96_000], (1, 2))))

BITS_16, BITS_24 = ("-sample_fmt", "s16"), ("-sample_fmt", "s32")
ALAC_24 = ("-c:a", "alac", "-sample_fmt", "s32p")
ALAC_16 = ("-c:a", "alac", "-sample_fmt", "s16p")

FORMATS = [
    *pcm(
        "WAV",
        "wav",
        [
            ("u8", "pcm_u8", "PCM 8-bit"),
            ("s16", "pcm_s16le", "PCM 16-bit"),
            ("s24", "pcm_s24le", "PCM 24-bit"),
            ("s32", "pcm_s32le", "PCM 32-bit"),
            ("f32", "pcm_f32le", "PCM 32-bit float"),
            ("f64", "pcm_f64le", "PCM 64-bit float"),
            ("alaw", "pcm_alaw", "A-law"),
            ("mulaw", "pcm_mulaw", "µ-law"),
        ],
    ),
    *pcm("WAV", "wav", [("ima", "adpcm_ima_wav", "IMA ADPCM")], **ADPCM),
    *pcm("WAV", "wav", [("ms", "adpcm_ms", "MS ADPCM")], **ADPCM),
    Format("rf64", "RF64, BW64", "PCM 16-bit", "wav", ("-c:a", "pcm_s16le", "-rf64", "always")),
    Format("rf64-24", "RF64, BW64", "PCM 24-bit", "wav", ("-c:a", "pcm_s24le", "-rf64", "always")),
    Format(
        "bw64", "RF64, BW64", "PCM 24-bit", "wav", ("-c:a", "pcm_s24le", "-rf64", "always"),
        patch="bw64",
    ),
    *pcm(
        "AIFF, AIFF-C",
        "aiff",
        [
            ("s16", "pcm_s16be", "PCM 16-bit"),
            ("s24", "pcm_s24be", "PCM 24-bit"),
            ("f32", "pcm_f32be", "PCM 32-bit float"),
        ],
    ),
    *pcm(
        "CAF",
        "caf",
        [
            ("s16", "pcm_s16be", "PCM 16-bit"),
            ("s24", "pcm_s24le", "PCM 24-bit"),
            ("f32", "pcm_f32le", "PCM 32-bit float"),
        ],
    ),
    Format("caf-alac", "CAF", "ALAC", "caf", ALAC_16),
    Format("flac", "FLAC", "FLAC 16-bit", "flac", ("-c:a", "flac", *BITS_16)),
    Format("flac24", "FLAC", "FLAC 24-bit", "flac", ("-c:a", "flac", *BITS_24)),
    Format("ogg-flac", "Ogg", "FLAC", "ogg", ("-c:a", "flac", *BITS_16)),
    Format("ogg-vorbis", "Ogg", "Vorbis", "ogg", ("-c:a", "libvorbis"), **VORBIS),
    Format("ogg-opus", "Ogg", "Opus", "opus", ("-c:a", "libopus"), **OPUS),
    Format("mp3", "MP3", "MP3", "mp3", ("-c:a", "libmp3lame", "-b:a", "64k"), **MP3),
    Format("mp3-vbr", "MP3", "MP3", "mp3", ("-c:a", "libmp3lame", "-q:a", "4"), **MP3),
    Format("mp2", "MP2", "MP2", "mp2", ("-c:a", "mp2", "-b:a", "128k"), **MP2),
    Format("adts", "AAC (ADTS)", "AAC-LC", "aac", ("-c:a", "aac"), **AAC),
    Format("m4a", "MP4, M4A, MOV", "AAC-LC", "m4a", ("-c:a", "aac"), **AAC),
    Format(
        "mp4", "MP4, M4A, MOV", "AAC-LC", "mp4", ("-c:a", "aac", "-movflags", "faststart"), **AAC
    ),
    Format("mov", "MP4, M4A, MOV", "AAC-LC", "mov", ("-c:a", "aac"), **AAC),
    Format("m4a-alac", "MP4, M4A, MOV", "ALAC", "m4a", ALAC_16),
    Format("m4a-alac24", "MP4, M4A, MOV", "ALAC", "m4a", ALAC_24),
    Format("mov-s16", "MP4, M4A, MOV", "PCM", "mov", ("-c:a", "pcm_s16le")),
    Format("mov-s24", "MP4, M4A, MOV", "PCM", "mov", ("-c:a", "pcm_s24be")),
    Format("mkv-aac", "Matroska, WebM", "AAC-LC", "mkv", ("-c:a", "aac"), **AAC),
    Format("mkv-flac", "Matroska, WebM", "FLAC", "mkv", ("-c:a", "flac", *BITS_16)),
    Format("mkv-s16", "Matroska, WebM", "PCM", "mkv", ("-c:a", "pcm_s16le")),
    Format("mkv-f32", "Matroska, WebM", "PCM", "mkv", ("-c:a", "pcm_f32le")),
    Format("mkv-mp3", "Matroska, WebM", "MP3", "mkv", ("-c:a", "libmp3lame"), **MP3),
    Format("webm-vorbis", "Matroska, WebM", "Vorbis", "webm", ("-c:a", "libvorbis"), **VORBIS),
    Format("webm-opus", "Matroska, WebM", "Opus", "webm", ("-c:a", "libopus"), **OPUS),
    Format("mkv-opus", "Matroska, WebM", "Opus", "mkv", ("-c:a", "libopus"), **OPUS),
]

BY_NAME = {form.name: form for form in FORMATS}
