"""What the sample files hold: reading, levels, signal-to-noise ratio. Needs numpy only."""

import hashlib
from pathlib import Path

import numpy as np

RATE = 48_000
"""Samples a second of every file here."""

SAMPLE_TYPE = np.dtype("<f4")
"""Little-endian float32, full scale at ±1."""

CONVERTER_STEP = 2.0**-23
"""Every sample is a multiple of this, as if a 24-bit converter had recorded it."""

NAMES = ["audio_file_48k", "audio_file_cafe_48k"]
"""Each name stands for a pair: NAME.raw (noisy) and NAME.clean.raw (speech alone)."""

FRAME = RATE // 50
ACTIVE_RANGE_DB = 30.0


def file_names(name: str) -> tuple[str, str]:
    """The noisy and the clean file of a pair."""
    return f"{name}.raw", f"{name}.clean.raw"


def read_raw(path: Path) -> np.ndarray:
    """The samples of a raw file, as float64 so that sums over them are exact enough."""
    return np.fromfile(path, SAMPLE_TYPE).astype(np.float64)


def rms(signal: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(signal))))


def to_db(ratio: float) -> float:
    return float(20 * np.log10(max(ratio, 1e-12)))


def from_db(db: float) -> float:
    return float(10 ** (db / 20))


def active_samples(speech: np.ndarray) -> np.ndarray:
    """True where somebody speaks: 20 ms frames within 30 dB of the loudest one. A last partial frame is left out."""
    frames = speech[: len(speech) // FRAME * FRAME].reshape(-1, FRAME)
    level = np.sqrt(np.mean(np.square(frames), axis=1))
    active = level > level.max() * from_db(-ACTIVE_RANGE_DB)
    return np.pad(np.repeat(active, FRAME), (0, len(speech) % FRAME))


def active_level(speech: np.ndarray) -> float:
    """RMS of the speech over the time in which somebody speaks, so that pauses do not count."""
    return rms(speech[active_samples(speech)])


def snr_db(noisy: np.ndarray, clean: np.ndarray) -> float:
    """Active speech level over the level of the noise in the whole file."""
    return to_db(active_level(clean) / rms(noisy - clean))


def describe(folder: Path) -> str:
    """Two Markdown tables: one row a file, one row a pair. README.md holds them word for word."""
    files = [row for name in NAMES for row in (file_row(folder / file) for file in file_names(name))]
    pairs = [pair_row(folder, name) for name in NAMES]
    return "\n".join(
        [
            "| File | Samples | Seconds | Peak | RMS (dBFS) | Mean | sha256 |",
            "|---|--:|--:|--:|--:|--:|---|",
            *files,
            "",
            "| Pair | SNR (dB) | Active speech (dBFS) | Noise (dBFS) | Someone speaks | Noise-only lead-in (s) |",
            "|---|--:|--:|--:|--:|--:|",
            *pairs,
        ]
    )


def file_row(path: Path) -> str:
    signal = read_raw(path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    figures = f"{len(signal)} | {len(signal) / RATE:.2f} | {np.abs(signal).max():.3f} | {to_db(rms(signal)):.1f}"
    return f"| `{path.name}` | {figures} | {signal.mean():.0e} | `{digest}` |"


def pair_row(folder: Path, name: str) -> str:
    noisy, clean = (read_raw(folder / file) for file in file_names(name))
    levels = f"{to_db(active_level(clean)):.1f} | {to_db(rms(noisy - clean)):.1f}"
    active = f"{100 * active_samples(clean).mean():.0f} %"
    lead_in = np.flatnonzero(clean)[0] / RATE
    return f"| `{name}` | {snr_db(noisy, clean):.1f} | {levels} | {active} | {lead_in:.2f} |"
