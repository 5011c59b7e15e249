"""Speech from espeak-ng, and the rooms it is heard in."""

import subprocess
import tempfile
import wave
from dataclasses import dataclass
from math import gcd
from pathlib import Path

import numpy as np
from scipy.signal import butter, fftconvolve, firwin, resample_poly, sosfilt

from measure import RATE, rms

SPOKEN_BAND_FROM_HZ = 60

# Below espeak-ng's default of 100, at which the loudest vowels come close to clipping.
AMPLITUDE = "80"


class SpeechError(Exception):
    """The speech synthesiser is missing or refused; the message says what to do."""


@dataclass(frozen=True)
class Sentence:
    """One sentence and how it is said: words a minute, pitch (0 to 99), seconds of silence after it."""

    text: str
    speed: int
    pitch: int
    pause: float = 0.0


def espeak(*arguments: str) -> None:
    try:
        subprocess.run(["espeak-ng", *arguments], check=True, capture_output=True, text=True)
    except FileNotFoundError as missing:
        raise SpeechError("espeak-ng is not installed. On Debian: apt-get install espeak-ng") from missing
    except subprocess.CalledProcessError as refused:
        raise SpeechError(f"espeak-ng failed: {' '.join(refused.cmd)}: {refused.stderr.strip()}") from refused


def say(voice: str, sentence: Sentence) -> np.ndarray:
    """One sentence at 48 kHz, without the silence that espeak-ng puts around it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "sentence.wav")
        manner = ["-v", voice, "-s", str(sentence.speed), "-p", str(sentence.pitch), "-a", AMPLITUDE]
        espeak(*manner, "-z", "-w", str(path), sentence.text)
        with wave.open(str(path)) as spoken:
            rate = spoken.getframerate()
            samples = np.frombuffer(spoken.readframes(spoken.getnframes()), "<i2") / 32768
    audible = np.flatnonzero(np.abs(samples) > 1e-3)
    if not audible.size:
        raise SpeechError(f"espeak-ng said nothing for voice {voice!r}: {sentence.text!r}")
    return faded(to_48k(samples[audible[0] : audible[-1] + 1], rate))


def to_48k(samples: np.ndarray, rate: int) -> np.ndarray:
    """The same sound at 48 kHz; scipy's own filter is short enough to let a mirror image above `rate / 2` through."""
    common = gcd(RATE, rate)
    up, down = RATE // common, rate // common
    low_pass = firwin(64 * up + 1, 0.94 / up, window=("kaiser", 8.0))
    return resample_poly(samples, up, down, window=low_pass)


def faded(signal: np.ndarray) -> np.ndarray:
    """The signal with its first and last 5 ms faded, so that no edge clicks."""
    rise = np.sin(np.linspace(0, np.pi / 2, int(0.005 * RATE))) ** 2
    return signal * np.concatenate([rise, np.ones(len(signal) - 2 * len(rise)), rise[::-1]])


def talk(voice: str, sentences: list[Sentence]) -> np.ndarray:
    """Sentences one after another with their pauses, free of DC."""
    parts = [part for s in sentences for part in (say(voice, s), np.zeros(int(s.pause * RATE)))]
    remove_dc = butter(2, SPOKEN_BAND_FROM_HZ, "highpass", fs=RATE, output="sos")
    return sosfilt(remove_dc, np.concatenate(parts))


def room(rng: np.random.Generator, reverberation: float, direct_to_reverberant_db: float) -> np.ndarray:
    """Impulse response of a room: the direct sound, then a diffuse tail that falls 60 dB in `reverberation` seconds."""
    n = int(reverberation * RATE)
    tail = rng.standard_normal(n) * 10 ** (-3 * np.arange(n) / n)
    # Air and furniture swallow the highs first, and the first reflection needs a few milliseconds.
    tail = sosfilt(butter(1, 4000, fs=RATE, output="sos"), tail)
    tail[: int(0.004 * RATE)] = 0
    tail *= 10 ** (-direct_to_reverberant_db / 20) / np.sqrt(np.sum(tail**2))
    tail[0] = 1
    return tail


def heard_in(response: np.ndarray, signal: np.ndarray) -> np.ndarray:
    """The signal as the room gives it back, tail included: longer by the response."""
    return fftconvolve(signal, response)


def babble(rng: np.random.Generator, n: int, voices: list[str], sentences: list[Sentence]) -> np.ndarray:
    """Many people talking at once across a reverberant room: `n` samples, RMS 1, nothing above about 4 kHz."""
    mixed = np.zeros(n)
    for voice in voices:
        order = rng.permutation(len(sentences))
        talker = np.resize(talk(voice, [sentences[i] for i in order]), n)
        distance = rng.uniform(1, 2)
        mixed += np.roll(talker, rng.integers(n)) / (rms(talker) * distance)
    muffled = sosfilt(butter(3, 3400, fs=RATE, output="sos"), mixed)
    distant = heard_in(room(rng, 0.8, -3), muffled)[:n]
    return distant / rms(distant)
