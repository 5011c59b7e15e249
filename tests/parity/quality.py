"""Prints how much better each sample gets, by model, as a Markdown table."""

import command
import figures
from audio import RATE, SAMPLE_NAMES, clean, noisy

MODELS = ["deepfilternet3", "gtcrn"]
MEASURES = {
    "SI-SDR (dB)": (figures.si_sdr, 1),
    "PESQ-WB": (lambda wanted, found: figures.pesq_wb(wanted, found, RATE), 2),
    "STOI": (lambda wanted, found: figures.stoi(wanted, found, RATE), 3),
}


def measured(name, samples):
    """Each measure of `samples` against the clean counterpart of the sample `name`."""
    return {what: measure(clean(name), samples) for what, (measure, _) in MEASURES.items()}


def before_and_after(name, model):
    enhanced = command.enhance(noisy(name), RATE, "--model", model)
    return measured(name, noisy(name)), measured(name, enhanced)


def row(name, model, before, after):
    changes = [
        f"{before[what]:.{digits}f} → {after[what]:.{digits}f}"
        for what, (_, digits) in MEASURES.items()
    ]
    return f"| `{name}` | {model} | " + " | ".join(changes) + " |"


def main():
    print("| Sample | Model | " + " | ".join(MEASURES) + " |")
    print("|---|---|" + "--:|" * len(MEASURES))
    for name in SAMPLE_NAMES:
        for model in MODELS:
            print(row(name, model, *before_and_after(name, model)), flush=True)


if __name__ == "__main__":
    main()
