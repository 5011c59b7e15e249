"""Sources to enhance, and the command line's results for them."""

import functools
import wave

import crafted
import numpy as np
from command import ENHANCER, run
from paths import SAMPLES

RATE = 48_000


def samples(seconds, rate=RATE):
    """Speech with noise, repeated as often as needed."""
    whole = np.fromfile(SAMPLES / "audio_file_48k.raw", "<f4")
    return np.resize(whole, round(seconds * rate))


def raw(path, seconds=1, rate=RATE):
    """A raw file."""
    samples(seconds, rate).astype("<f4").tofile(path)
    return path


def wav(path, seconds=1, rate=RATE, channels=1):
    """A WAV file of 16 bits."""
    values = (samples(seconds, rate) * 32_000).clip(-32_768, 32_767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.repeat(values, channels).tobytes())
    return path


@functools.cache
def hours():
    """A FLAC file of 60 kB that takes longer to enhance than any test, however fast the machine:
    two hours of eight channels, which is as much as a server accepts."""
    rate, channels = 8000, 8
    frames = 57_600 // channels * rate // crafted.FRAME
    starts = [frame * crafted.FRAME for frame in range(frames)]
    return crafted.flac(starts, channels, rate, total=frames * crafted.FRAME)


def by_command(source, destination, *options):
    """The command line's result for a source, as bytes."""
    names = ["--source-file", source, "--destination-file", destination]
    run([ENHANCER, "enhance-file", *names, *options])
    return destination.read_bytes()
