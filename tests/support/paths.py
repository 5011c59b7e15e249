"""Paths of files and folders."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
# `make test-parity` builds these first.
BUILT = ROOT / "target" / "debug"
MODELS = ROOT / "models"
SAMPLES = ROOT / "audio_samples"
# `make weights` fetches these.
WEIGHTS = ROOT / ".tools" / "weights"
