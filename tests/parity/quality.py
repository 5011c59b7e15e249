"""Prints a Markdown table of how much each model improves recordings: the noisy samples, samples in a
reverberant room, and two talkers at once."""

import command
import figures
import numpy as np
from audio import RATE, SAMPLE_NAMES, clean, noisy
from scipy.signal import fftconvolve

MODELS = ["deepfilternet3", "gtcrn"]
# Measures against the clean counterpart.
MEASURES = {
    "SI-SDR (dB)": (figures.si_sdr, 1),
    "PESQ-WB": (lambda wanted, found: figures.pesq_wb(wanted, found, RATE), 2),
    "STOI": (lambda wanted, found: figures.stoi(wanted, found, RATE), 3),
}
# Scores of DNSMOS, which needs no counterpart.
SCORES = ["signal", "background", "overall"]

# Seconds in which the sound of the room falls by 60 dB, and how much louder the direct sound is than
# the reverberation, in dB.
REVERBERATION = 0.5
DIRECT = 0
# In dB: samples that differ only by rounding have a higher SI-SDR.
NO_ERROR = 150
# How much quieter the second talker is, in dB.
BESIDE = 5


def room():
    """The response of a room: the direct sound, then noise that fades."""
    time = np.arange(int(REVERBERATION * RATE)) / RATE
    tail = np.random.default_rng(1).standard_normal(len(time)) * 10 ** (-3 * time / REVERBERATION)
    tail[: RATE // 500] = 0
    response = tail * 10 ** (-DIRECT / 20) / np.sqrt(figures.power(tail))
    response[0] = 1
    return response


def reverberant(name):
    return fftconvolve(noisy(name), room())[: len(noisy(name))].astype(np.float32)


def with_another(name):
    """The talker of a sample, with the talker of the other sample in the background."""
    talker = clean(name)
    (other,) = (clean(other) for other in SAMPLE_NAMES if other != name)
    other = np.resize(other, len(talker))
    gain = np.sqrt(figures.power(talker) / figures.power(other)) * 10 ** (-BESIDE / 20)
    return (talker + gain * other).astype(np.float32)


SETS = {"noise": noisy, "noise in a room": reverberant, "two talkers": with_another}


def compared(name, samples):
    """Each measure of `samples` against the clean counterpart of the sample `name`."""
    return {what: measure(clean(name), samples) for what, (measure, _) in MEASURES.items()}


def measured(name, samples):
    scores = command.score(samples, RATE)
    return compared(name, samples) | {what: scores[what] for what in SCORES}


def enhanced(samples, model):
    return command.enhance(samples, RATE, "--model", model)


def number(value, places):
    return f"{value:.{places}f}" if value < NO_ERROR else "∞"


def row(name, what, model, before, after):
    digits = {what: digits for what, (_, digits) in MEASURES.items()} | dict.fromkeys(SCORES, 2)
    changes = [
        f"{number(before[at], places)} → {number(after[at], places)}" for at, places in digits.items()
    ]
    return f"| `{name}` | {what} | {model} | " + " | ".join(changes) + " |"


def print_table(enhance, models, sets=SETS):
    """Prints and returns how `enhance`, called with samples and a model, improves the `sets`: the
    measures after enhancement for each set, sample and model."""
    found = {}
    print("| Sample | With | Model | " + " | ".join([*MEASURES, *SCORES]) + " |")
    print("|---|---|---|" + "--:|" * (len(MEASURES) + len(SCORES)))
    for what, made in sets.items():
        for name in SAMPLE_NAMES:
            samples = made(name)
            before = measured(name, samples)
            for model in models:
                after = measured(name, enhance(samples, model))
                print(row(name, what, model, before, after), flush=True)
                found[what, name, model] = after
    return found


if __name__ == "__main__":
    print_table(enhanced, MODELS)
