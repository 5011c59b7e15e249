"""Makes recordings with ffmpeg from the repository's samples, and keeps them in target/formats."""

import hashlib
import os
import subprocess
from functools import cache
from pathlib import Path

import numpy as np
from formats import CHANNELS, Format
from paths import ROOT, SAMPLES

FOLDER = ROOT / "target" / "formats"
SAMPLE_RATE = 48_000
# Speech begins after half a second.
FIRST_SAMPLE = 40_000
PATIENCE_SECONDS = 120


class Refused(Exception):
    """ffmpeg's message when it refuses to encode."""


def ffmpeg(*arguments, stdin=None):
    """Runs ffmpeg and returns its standard output."""
    command = ["ffmpeg", "-v", "error", "-nostdin", "-y", *map(str, arguments)]
    ended = subprocess.run(command, input=stdin, capture_output=True, timeout=PATIENCE_SECONDS)
    if ended.returncode != 0:
        raise Refused(ended.stderr.decode(errors="replace").strip())
    return ended.stdout


@cache
def version():
    return ffmpeg("-version").decode().splitlines()[0]


def kept(extension, *recipe):
    """The place for the result of a recipe. It changes with the recipe and the version of ffmpeg."""
    key = repr((version(), FIRST_SAMPLE, recipe)).encode()
    FOLDER.mkdir(parents=True, exist_ok=True)
    return FOLDER / f"{hashlib.sha256(key).hexdigest()[:16]}.{extension}"


def once(path, make):
    """Lets `make` write the file if it does not exist. It appears complete or not at all."""
    if not path.exists():
        part = path.with_name(f"{os.getpid()}-{path.name}")
        try:
            make(part)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    return path


@cache
def speech(channels, seconds):
    """Speech at 48 kHz, [sample, channel]. Each channel is another stretch at another level."""
    names = ("audio_file_48k.raw", "audio_file_cafe_48k.raw")
    samples = [np.fromfile(SAMPLES / name, "<f4") for name in names]
    length = int(seconds * SAMPLE_RATE)
    starts = [FIRST_SAMPLE + 60_000 * channel for channel in range(channels)]
    parts = [samples[n % 2][start : start + length] * 0.9**n for n, start in enumerate(starts)]
    return np.stack(parts, axis=1)


def recording(rate, channels, seconds):
    """Speech at this rate, as a WAV file of 32-bit floats."""
    source = ["-f", "f32le", "-ar", SAMPLE_RATE, "-ac", channels, "-i", "-"]
    layout = f"aresample={rate},aformat=channel_layouts={CHANNELS[channels]}"
    arguments = [*source, "-af", layout, "-c:a", "pcm_f32le"]

    def make(part):
        ffmpeg(*arguments, part, stdin=speech(channels, seconds).astype("<f4").tobytes())

    return once(kept("wav", seconds, *arguments), make)


def specimen(form: Format, rate=48_000, channels=2, *, seconds=1.5, inputs=(), more=()):
    """A file of this format. `inputs` are further inputs, such as a picture; `more` has further options
    for ffmpeg.

    ffmpeg may change how samples are stored, but not their rate or channels: it refuses if the
    encoder does not accept these.
    """
    stay = f"aresample={rate},aformat=channel_layouts={CHANNELS[channels]}"
    arguments = [*form.arguments, *more]

    def make(part):
        source = ["-noauto_conversion_filters", "-i", recording(rate, channels, seconds), *inputs]
        ffmpeg(*source, "-filter:a", stay, "-strict", "-2", *arguments, part)
        if form.patch:
            PATCHES[form.patch](part)

    recipe = (stay, seconds, arguments, inputs, form.patch)
    return once(kept(form.extension, *recipe), make)


def to_bw64(path: Path):
    """BW64 (ITU-R BS.2088) is RF64 under another name."""
    content = path.read_bytes()
    assert content.startswith(b"RF64")
    path.write_bytes(b"BW64" + content[4:])


PATCHES = {"bw64": to_bw64}
