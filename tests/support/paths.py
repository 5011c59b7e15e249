"""Where things are."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
# What `make test-parity` builds beforehand.
BUILT = ROOT / "target" / "debug"
MODELS = ROOT / "models"
SAMPLES = ROOT / "audio_samples"
# What `make weights` fetches.
WEIGHTS = ROOT / ".tools" / "weights"
