"""DeepFilterNet 3 in NumPy, with its three published ONNX parts: a twin of the core's front-end.

It follows Schröter et al., "DeepFilterNet: Perceptually Motivated Real-Time Speech Enhancement"
(2023), and the published configuration. Everything except the networks is computed in float64. The
parts are causal, so they process the whole sequence at once.
"""

from functools import cache

import numpy as np
import onnxruntime
from paths import WEIGHTS

WINDOW, HOP = 960, 480
BINS = WINDOW // 2 + 1
BAND_WIDTHS = np.array(
    [2] * 13 + [5, 5, 7, 7, 8, 10, 12, 13, 15, 18, 20, 24, 28, 31, 37, 42, 50, 56, 67]
)
BAND_STARTS = np.cumsum(BAND_WIDTHS) - BAND_WIDTHS
FILTERED_BINS, ORDER, LOOKAHEAD = 96, 5, 2
# exp(-hop / (rate * 1 s)), which the project rounds to three digits.
ALPHA = 0.99
# The Vorbis window: its square overlap-adds to 1.
VORBIS = np.sin(np.pi / 2 * np.sin(np.pi * (np.arange(WINDOW) + 0.5) / WINDOW) ** 2)


@cache
def session(part):
    file = WEIGHTS / "deepfilternet3" / f"{part}.onnx"
    return onnxruntime.InferenceSession(file, providers=["CPUExecutionProvider"])


def networks(erb, spec):
    """Gains [t, 32], complex coefficients [t, 96, 5] and local SNR [t] in dB, for features
    [t, 32] and complex [t, 96]."""
    names = ["e0", "e1", "e2", "e3", "emb", "c0", "lsnr"]
    spec = np.stack([spec.real, spec.imag])[None].astype(np.float32)
    given = {"feat_erb": erb[None, None].astype(np.float32), "feat_spec": spec}
    encoded = dict(zip(names, session("enc").run(names, given)))
    given = {name: encoded[name] for name in ["emb", "e3", "e2", "e1", "e0"]}
    [gains] = session("erb_dec").run(["m"], given)
    given = {name: encoded[name] for name in ["emb", "c0"]}
    [coefficients] = session("df_dec").run(["coefs"], given)
    coefficients = coefficients[0].reshape(-1, FILTERED_BINS, ORDER, 2).astype(np.float64)
    return gains[0, 0], coefficients @ [1, 1j], encoded["lsnr"][0, :, 0]


def analyse(samples):
    """The spectra [t, bin], each of a hop with the previous hop."""
    padded = np.concatenate([np.zeros(HOP), samples])
    frames = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::HOP]
    return np.fft.rfft(frames * VORBIS) / WINDOW


def synthesise(spectra):
    """The samples of all hops, without the second half of the last block."""
    frames = np.fft.irfft(spectra) * WINDOW * VORBIS
    frames[1:, :HOP] += frames[:-1, HOP:]
    return frames[:, :HOP].reshape(-1)


def running_mean(values, mean, alpha=ALPHA):
    """The running mean after each value. `mean` is the mean before the first value."""
    means = np.empty_like(values)
    for t, value in enumerate(values):
        mean = (1 - alpha) * value + alpha * mean
        means[t] = mean
    return means


def features(spectra):
    energy = np.add.reduceat(np.abs(spectra) ** 2, BAND_STARTS, axis=1) / BAND_WIDTHS
    level = 10 * np.log10(energy + 1e-10)
    erb = (level - running_mean(level, np.linspace(-60, -90, len(BAND_WIDTHS)))) / 40
    low = spectra[:, :FILTERED_BINS]
    magnitude = running_mean(np.abs(low), np.linspace(1e-3, 1e-4, FILTERED_BINS))
    return erb, low / np.sqrt(magnitude)


def post_filtered(enhanced, noisy, beta):
    """Attenuates noisy bins a little more. The project filters groups of four bins, so the last bin
    stays as it is."""
    gain = np.clip(np.abs(enhanced) / (np.abs(noisy) + 1e-12), 1e-12, 1)
    factor = (1 + beta) / (1 + beta / np.sin(np.pi / 2 * gain) ** 2)
    factor[:, -1] = 1
    return enhanced * factor


def enhance(samples, attenuation_limit=None, post_filter=0.0):
    """The enhanced samples, aligned and of the same length, and the local SNR of each hop in dB.

    `samples` are mono at 48 kHz, `attenuation_limit` is in dB, `post_filter` is the filter's beta.
    """
    delay = (LOOKAHEAD + 1) * HOP
    padded = np.pad(np.asarray(samples, np.float64), (0, -len(samples) % HOP + delay))
    spectra = analyse(padded)
    gains, coefficients, local_snr = networks(*features(spectra))
    steps = len(spectra)
    # past[t + k] is the spectrum of frame t - 4 + k.
    past = np.concatenate([np.zeros((ORDER - 1, BINS)), spectra])
    noisy = past[ORDER - 1 - LOOKAHEAD :][:steps]
    enhanced = noisy * np.repeat(gains, BAND_WIDTHS, axis=1)
    enhanced[:, :FILTERED_BINS] = sum(
        past[k : k + steps, :FILTERED_BINS] * coefficients[:, :, k] for k in range(ORDER)
    )
    if post_filter:
        enhanced = post_filtered(enhanced, noisy, post_filter)
    if attenuation_limit is not None:
        kept = 10 ** (-attenuation_limit / 20)
        enhanced = (1 - kept) * enhanced + kept * noisy
    return synthesise(enhanced)[delay:][: len(samples)], local_snr
