"""Opus in all its modes: speech (SILK), both (hybrid), music (CELT), with frames of any length."""

from formats import OPUS, Format

# Name, application, bit rate per channel in kbit/s, frame length in ms.
MODES = [
    ("silk-narrow", "voip", 7, 20),
    ("silk-narrow", "voip", 7, 60),
    ("silk-wide", "voip", 14, 10),
    ("silk-wide", "voip", 14, 20),
    ("silk-wide", "voip", 14, 40),
    ("hybrid", "voip", 28, 10),
    ("hybrid", "voip", 28, 20),
    ("hybrid", "voip", 28, 60),
    ("celt", "lowdelay", 48, 2.5),
    ("celt", "lowdelay", 48, 5),
    ("celt", "lowdelay", 48, 10),
    ("celt", "audio", 96, 20),
]


def variant(name, application, kilobits, frame, channels):
    arguments = ["-application", application, "-frame_duration", str(frame)]
    arguments += ["-b:a", f"{kilobits * channels}k"]
    return Format(
        f"opus-{name}-{frame}ms",
        "Ogg",
        "Opus",
        "opus",
        ("-c:a", "libopus", *arguments),
        **OPUS | dict(channels=(channels,)),
    )


VARIANTS = [variant(*mode, channels) for mode in MODES for channels in (1, 2)]
