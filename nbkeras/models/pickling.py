"""Models in pickles: what is in them is a `.keras` file."""

import tempfile
from pathlib import Path
from typing import Any

from nbkeras.saving.model_files import load_model, save_model

__all__ = ["from_bytes", "to_bytes"]


def to_bytes(model: Any) -> bytes:
    """The content of the `.keras` file of `model`."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.keras")
        save_model(model, path)
        return path.read_bytes()


def from_bytes(content: bytes) -> Any:
    """The model of which this is the file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.keras")
        path.write_bytes(content)
        return load_model(path)
