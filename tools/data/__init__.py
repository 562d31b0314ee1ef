"""Scripts that make files in data/: run from the project's folder, as in ``python -m tools.data.reconstruct``."""

from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "data"
