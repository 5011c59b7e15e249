"""A trial of Hush, which is to leave one voice among others: prints the table of docs/models.md.

Hush is the body of DeepFilterNet 3 at 16 kHz without lookahead. `hush.py FOLDER` takes the folder with
its published files `enc.onnx`, `erb_dec.onnx` and `df_dec.onnx`, which are in the wheel of
livekit-plugins-hush 0.3.3 on PyPI. The whole recording goes through the files at once: their convolutions
look back, which the frame by frame of that package leaves out.
"""

import sys
from pathlib import Path

import numpy as np
import onnxruntime
import quality
from audio import RATE, at_rate
from deepfilternet import running_mean
from scipy.signal import resample_poly

HUSH_RATE, WINDOW, HOP = 16_000, 320, 160
BANDS, FILTERED_BINS, ORDER = 32, 64, 5
VORBIS = np.sin(np.pi / 2 * np.sin(np.pi * (np.arange(WINDOW) + 0.5) / WINDOW) ** 2)
MODELS = ["deepfilternet3", "hush"]
WIDTHS = np.array([2] * 20 + [3, 6, 7, 7, 8, 8, 10, 12, 12, 14, 16, 18])
STARTS = np.cumsum(WIDTHS) - WIDTHS


def networks(folder, erb, low):
    """Gains [t, 32] and complex coefficients [t, 64, 5] for features [t, 32] and complex [t, 64]."""
    known = {
        "feat_erb": erb[None, None].astype(np.float32),
        "feat_spec": np.stack([low.real, low.imag])[None].astype(np.float32),
    }
    for part in ["enc", "erb_dec", "df_dec"]:
        session = onnxruntime.InferenceSession(folder / f"{part}.onnx", providers=["CPUExecutionProvider"])
        for given in session.get_inputs():
            if given.name.startswith("h_"):
                known[given.name] = np.zeros(given.shape, np.float32)
        names = [made.name for made in session.get_outputs()]
        inputs = {given.name: known[given.name] for given in session.get_inputs()}
        known |= dict(zip(names, session.run(names, inputs)))
    coefficients = known["coefs"][0].reshape(-1, FILTERED_BINS, ORDER, 2).astype(np.float64)
    return known["m"][0, 0], coefficients @ [1, 1j]


def features(spectra):
    energy = np.add.reduceat(np.abs(spectra) ** 2, STARTS, axis=1) / WIDTHS
    level = 10 * np.log10(energy + 1e-10)
    erb = (level - running_mean(level, np.linspace(-60, -90, BANDS))) / 40
    low = spectra[:, :FILTERED_BINS]
    magnitude = running_mean(np.abs(low), np.linspace(1e-3, 1e-4, FILTERED_BINS))
    return erb, low / np.sqrt(magnitude)


def enhanced_at_16_khz(samples, folder):
    padded = np.pad(np.asarray(samples, np.float64), (HOP, -len(samples) % HOP + HOP))
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    spectra = np.fft.rfft(frames * VORBIS) / WINDOW
    gains, coefficients = networks(folder, *features(spectra))
    past = np.pad(spectra[:, :FILTERED_BINS], ((ORDER - 1, 0), (0, 0)))
    enhanced = spectra * np.repeat(gains, WIDTHS, axis=1)
    enhanced[:, :FILTERED_BINS] = sum(
        past[k : k + len(spectra)] * coefficients[:, :, k] for k in range(ORDER)
    )
    frames = np.fft.irfft(enhanced) * WINDOW * VORBIS
    frames[1:, :HOP] += frames[:-1, HOP:]
    return frames[:, :HOP].reshape(-1)[HOP:][: len(samples)]


def enhanced(samples, model, folder):
    if model != "hush":
        return quality.enhanced(samples, model)
    made = enhanced_at_16_khz(at_rate(samples, HUSH_RATE), folder)
    return resample_poly(made, RATE // HUSH_RATE, 1)[: len(samples)].astype(np.float32)


def main(folder):
    quality.print_table(lambda samples, model: enhanced(samples, model, folder), MODELS)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
