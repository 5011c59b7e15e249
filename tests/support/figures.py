"""How close two signals are, and how good speech is. All signals are mono."""

import numpy as np
import pesq
import pystoi
from scipy.signal import correlate, resample_poly


def power(signal):
    return float(np.sum(np.square(signal, dtype=np.float64)))


def snr(expected, found):
    """The ratio of the expected signal to the difference from it, in dB."""
    return ratio(power(expected), power(np.asarray(expected, np.float64) - found))


def ratio(signal, error):
    """The ratio of two powers in dB; infinite without an error, even for 0/0."""
    return np.inf if error == 0 else 10 * np.log10(max(signal, 1e-300) / error)


def si_sdr(clean, estimate):
    """Scale-invariant signal-to-distortion ratio in dB (Le Roux et al. 2019)."""
    clean = np.asarray(clean, np.float64)
    target = clean * (np.dot(clean, estimate) / power(clean))
    return ratio(power(target), power(estimate - target))


def pesq_wb(clean, estimate, rate):
    """ITU-T P.862.2, wide band, from 1 to 4.6."""
    return pesq.pesq(16_000, *(resampled(x, rate, 16_000) for x in (clean, estimate)), "wb")


def stoi(clean, estimate, rate):
    """Short-time objective intelligibility (Taal et al. 2011), from 0 to 1."""
    return pystoi.stoi(*(resampled(x, rate, 16_000) for x in (clean, estimate)), 16_000)


def resampled(signal, rate, wanted):
    """The signal at the `wanted` rate, aligned."""
    divisor = np.gcd(rate, wanted)
    up, down = wanted // divisor, rate // divisor
    return signal if up == down else resample_poly(signal, up, down, axis=0)


def lag(reference, signal):
    """The delay of `signal` against `reference` in samples, where they correlate most."""
    correlation = correlate(signal, reference, method="fft")
    return int(np.argmax(correlation)) - (len(reference) - 1)
