"""Noises of everyday places. Each function gives `n` samples at 48 kHz with RMS 1 and no DC."""

from collections.abc import Callable

import numpy as np

from measure import RATE, rms

SPEED_OF_SOUND = 343.0

CROCKERY_HZ = (620, 1870, 2410, 2950, 4300, 5230, 6100, 7450, 8300, 10_900)
"""About where a cup and its saucer ring."""

Rng = np.random.Generator


def unit(signal: np.ndarray) -> np.ndarray:
    """The signal without DC, at RMS 1."""
    signal = signal - signal.mean()
    return signal / rms(signal)


def shaped(rng: Rng, n: int, gain: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    """Gaussian noise whose spectrum follows `gain`, a function of frequency in Hz."""
    spectrum = np.fft.rfft(rng.standard_normal(n))
    return unit(np.fft.irfft(spectrum * gain(np.fft.rfftfreq(n, 1 / RATE)), n))


def swell(rng: Rng, n: int, hz: float, depth_db: float) -> np.ndarray:
    """A gain that wanders around 1, about `hz` times a second, by `depth_db` RMS."""
    return 10 ** (depth_db / 20 * shaped(rng, n, lambda f: np.exp(-((f / hz) ** 2))))


def seconds(n: int) -> np.ndarray:
    return np.arange(n) / RATE


def fan(rng: Rng, n: int) -> np.ndarray:
    """Air-conditioning: a wide rush of air that falls with frequency, and the faint tone of the blades."""
    rush = shaped(rng, n, lambda f: (1 + 2 * np.exp(-(((f - 420) / 160) ** 2))) / (1 + (f / 300) ** 1.3))
    turning = 2 * np.pi * np.cumsum(118 * swell(rng, n, 0.3, 0.03)) / RATE
    blades = sum(np.sin(k * turning) / k**1.5 for k in range(1, 5))
    return unit((rush + 0.15 * blades) * swell(rng, n, 0.25, 1.2))


def mains_hum(n: int) -> np.ndarray:
    """50 Hz and its harmonics; the even ones (rectifiers, transformers) stand out."""
    levels = {1: 1.0, 2: 0.8, 3: 0.35, 4: 0.4, 5: 0.15, 6: 0.2, 8: 0.1, 10: 0.06, 12: 0.04}
    return unit(sum(level * np.sin(2 * np.pi * 50 * k * seconds(n) + k * k) for k, level in levels.items()))


def rumble(rng: Rng, n: int) -> np.ndarray:
    """The building and the street far below: nothing above about 80 Hz."""
    return unit(shaped(rng, n, lambda f: f**2 / (f**2 + 400) * np.exp(-((f / 60) ** 2))) * swell(rng, n, 0.4, 3))


def struck(rng: Rng, modes: list[tuple[float, float, float]]) -> np.ndarray:
    """Something hit once: each mode is (frequency in Hz, seconds to fall by 60 dB, level)."""
    t = seconds(int(max(decay for _, decay, _ in modes) * RATE))
    ring = sum(a * 10 ** (-3 * t / decay) * np.sin(2 * np.pi * f * t + rng.uniform(0, 6)) for f, decay, a in modes)
    # A contact lasts about a millisecond; starting at full swing would be a click of the computer, not of the thing.
    return ring * np.minimum(1, t / 0.0008)


def key_stroke(rng: Rng) -> np.ndarray:
    """A key going down and, softer, coming up: the plastic's bright click over the desk's thump."""
    stroke = np.zeros(int(0.2 * RATE))
    for start, strength in ((0.0, 1.0), (rng.uniform(0.07, 0.11), 0.45)):
        clicks = [(rng.uniform(1400, 9500), rng.uniform(0.012, 0.03), rng.uniform(0.3, 1)) for _ in range(12)]
        thump = [(rng.uniform(170, 260), 0.06, 1.2)]
        add_at(stroke, start, strength * struck(rng, clicks + thump))
    return stroke


def keyboard(rng: Rng, n: int) -> np.ndarray:
    """Somebody typing in bursts of a few words, with pauses to think."""
    typing, time = np.zeros(n), 0.25
    while time < n / RATE:
        for _ in range(rng.integers(6, 16)):
            add_at(typing, time, rng.uniform(0.5, 1) * key_stroke(rng))
            time += rng.uniform(0.09, 0.24)
        time += rng.uniform(0.6, 1.6)
    return unit(typing)


def clatter(rng: Rng, n: int, times: list[float]) -> np.ndarray:
    """Crockery set down at the given seconds: inharmonic ringing, bouncing a few times before it rests."""
    table = np.zeros(n)
    for time in times:
        modes = [(f * rng.uniform(0.95, 1.05), rng.uniform(0.08, 0.3), f**-0.3) for f in CROCKERY_HZ]
        gap, strength = rng.uniform(0.07, 0.11), 1.0
        for _ in range(rng.integers(2, 5)):
            add_at(table, time, strength * struck(rng, modes))
            time, gap, strength = time + gap, gap * 0.6, strength * 0.5
    return unit(table)


def passing_cars(rng: Rng, n: int, times: list[float]) -> np.ndarray:
    """Cars that are nearest at the given seconds: tyres on the road, brighter when close, and a motor with Doppler."""
    road = np.zeros(n)
    for nearest in times:
        speed, side = rng.uniform(9, 14), rng.uniform(6, 9)
        along = speed * (seconds(n) - nearest)
        distance = np.hypot(along, side)
        far = shaped(rng, n, lambda f: f / 150 / (1 + (f / 250) ** 2.6))
        near = shaped(rng, n, lambda f: f / 600 / (1 + (f / 900) ** 2.2))
        doppler = 1 / (1 + speed * along / distance / SPEED_OF_SOUND)
        turning = 2 * np.pi * np.cumsum(rng.uniform(38, 52) * doppler) / RATE
        motor = sum(np.sin(k * turning + k * k) / k for k in range(1, 9))
        road += far * side / distance + 0.9 * near * (side / distance) ** 2 + 0.35 * motor * side / distance
    return unit(road)


def wind(rng: Rng, n: int) -> np.ndarray:
    """Gusts at the microphone: turbulence, strongest at the lowest frequencies, that comes and goes."""
    turbulence = shaped(rng, n, lambda f: f**2 / (f**2 + 900) / (1 + (f / 60) ** 1.8))
    return unit(turbulence * swell(rng, n, 0.5, 6))


def add_at(signal: np.ndarray, second: float, event: np.ndarray) -> None:
    """Adds the event to the signal from that second on; what would stand past the end is dropped."""
    start = int(second * RATE)
    heard = signal[start : start + len(event)]
    heard += event[: len(heard)]
