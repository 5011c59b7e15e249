"""Lets these tests use what those in tests/parity have: where things are, figures."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "parity"))
