"""A trial of Hush, a model that keeps only one of several voices: prints the table of docs/models.md.

Hush is the body of DeepFilterNet 3 at 16 kHz without lookahead. `hush.py FOLDER` takes the folder of
its published files, `enc.onnx`, `erb_dec.onnx` and `df_dec.onnx`, which are in the wheel of
livekit-plugins-hush 0.3.3 on PyPI. The files process the whole recording at once, because their
convolutions look back. The package runs them frame by frame, without this history.
"""

import importlib
import sys
import types
from pathlib import Path

import figures
import numpy as np
import onnxruntime
import quality
from audio import RATE, SAMPLE_NAMES, at_rate, clean, noisy
from deepfilternet import running_mean
from scipy.signal import resample_poly

HUSH_RATE, WINDOW, HOP = 16_000, 320, 160
BANDS, FILTERED_BINS, ORDER = 32, 64, 5
VORBIS = np.sin(np.pi / 2 * np.sin(np.pi * (np.arange(WINDOW) + 0.5) / WINDOW) ** 2)
# exp(-hop / (rate * 1 s)), as in the package.
ALPHA = np.exp(-HOP / HUSH_RATE)
MODELS = ["DeepFilterNet 3", "Hush"]
SETS = {"noise": noisy, "two talkers": quality.with_another, "nothing else": clean}
# Seconds of a sample that the package enhances, too.
COMPARED = 5
WIDTHS = np.array([2] * 20 + [3, 6, 7, 7, 8, 8, 10, 12, 12, 14, 16, 18])
STARTS = np.cumsum(WIDTHS) - WIDTHS


class Networks:
    """The published files, with the states that they carry from run to run."""

    def __init__(self, folder):
        providers = ["CPUExecutionProvider"]
        files = [folder / f"{part}.onnx" for part in ["enc", "erb_dec", "df_dec"]]
        self.sessions = [onnxruntime.InferenceSession(file, providers=providers) for file in files]
        given = [given for session in self.sessions for given in session.get_inputs()]
        self.states = {x.name: np.zeros(x.shape, np.float32) for x in given if x.name.startswith("h_")}

    def run(self, erb, low):
        """Gains [t, 32] and complex coefficients [t, 64, 5] for features [t, 32] and complex [t, 64],
        which continue those of the previous run."""
        known = self.states | {
            "feat_erb": erb[None, None].astype(np.float32),
            "feat_spec": np.stack([low.real, low.imag])[None].astype(np.float32),
        }
        for session in self.sessions:
            names = [made.name for made in session.get_outputs()]
            inputs = {given.name: known[given.name] for given in session.get_inputs()}
            known |= dict(zip(names, session.run(names, inputs)))
        self.states = {name: known[name.replace("_in", "_out")] for name in self.states}
        coefficients = known["coefs"][0].reshape(-1, FILTERED_BINS, ORDER, 2).astype(np.float64)
        return known["m"][0, 0], coefficients @ [1, 1j]


def features(spectra):
    energy = np.add.reduceat(np.abs(spectra) ** 2, STARTS, axis=1) / WIDTHS
    level = 10 * np.log10(energy + 1e-10)
    erb = (level - running_mean(level, np.linspace(-60, -90, BANDS), ALPHA)) / 40
    low = spectra[:, :FILTERED_BINS]
    magnitude = running_mean(np.abs(low), np.linspace(1e-3, 1e-4, FILTERED_BINS), ALPHA)
    return erb, low / np.sqrt(magnitude)


def enhanced_at_16_khz(samples, folder, at_once=None):
    """The enhanced samples, aligned and of the same length. The files process the given number of frames
    at once, by default all."""
    padded = np.pad(np.asarray(samples, np.float64), (HOP, -len(samples) % HOP + HOP))
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    spectra = np.fft.rfft(frames * VORBIS) / WINDOW
    networks, at_once = Networks(folder), at_once or len(spectra)
    erb, low = features(spectra)
    made = [networks.run(erb[t : t + at_once], low[t : t + at_once]) for t in range(0, len(erb), at_once)]
    gains, coefficients = (np.concatenate(parts) for parts in zip(*made))
    past = np.pad(spectra[:, :FILTERED_BINS], ((ORDER - 1, 0), (0, 0)))
    enhanced = spectra * np.repeat(gains, WIDTHS, axis=1)
    enhanced[:, :FILTERED_BINS] = sum(
        past[k : k + len(spectra)] * coefficients[:, :, k] for k in range(ORDER)
    )
    frames = np.fft.irfft(enhanced) * WINDOW * VORBIS
    frames[1:, :HOP] += frames[:-1, HOP:]
    return frames[:, :HOP].reshape(-1)[HOP:][: len(samples)]


def enhanced(samples, model, folder):
    if model != "Hush":
        return quality.enhanced(samples, "deepfilternet3")
    made = enhanced_at_16_khz(at_rate(samples, HUSH_RATE), folder)
    return resample_poly(made, RATE // HUSH_RATE, 1)[: len(samples)].astype(np.float32)


def package(folder):
    """The package's own code for the files, without the framework to which the package belongs."""
    found = types.ModuleType("hush_package")
    found.__path__ = [str(folder.parent)]
    sys.modules["hush_package"] = found
    return importlib.import_module("hush_package._hush_model")


def compare(folder):
    """Prints how near this script is to the package, frame by frame and with all frames at once."""
    hush = package(folder)
    for name in SAMPLE_NAMES:
        samples = at_rate(noisy(name), HUSH_RATE)[: COMPARED * HUSH_RATE]
        session = hush.HushSession(hush.HushModel(str(folder)))
        frames = [*samples.reshape(-1, HOP), np.zeros(HOP, np.float32)]
        # The output is one hop late.
        wanted = np.concatenate([session.process_frame(frame) for frame in frames])[HOP:]
        for what, at_once in [("frame by frame", 1), ("all at once", None)]:
            apart = figures.snr(wanted, enhanced_at_16_khz(samples, folder, at_once))
            print(f"`{name}`, {what}: {apart:.0f} dB SNR against the package", flush=True)


def count(found):
    """Prints for each set in how many figures each model is better."""
    for what in SETS:
        pairs = [[found[what, name, model] for model in MODELS] for name in SAMPLE_NAMES]
        ours = sum(a[at] > b[at] for a, b in pairs for at in a)
        theirs = sum(a[at] < b[at] for a, b in pairs for at in a)
        print(f"{what}: {MODELS[0]} is ahead in {ours} figures, {MODELS[1]} in {theirs}")


def main(folder):
    compare(folder)
    count(quality.print_table(lambda samples, model: enhanced(samples, model, folder), MODELS, SETS))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
