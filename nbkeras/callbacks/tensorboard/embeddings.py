"""What TensorBoard's projector shows: a table of each embedding's vectors, and a file that says where they are."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from nbkeras.layers import Embedding

__all__ = ["write_projector", "write_vectors"]

Metadata = str | Mapping[str, str] | None


def write_projector(model: Any, folder: str | os.PathLike[str], metadata: Metadata) -> None:
    """Writes `projector_config.pbtxt`, an entry for each embedding.

    Args:
        model: of which the embeddings are.
        folder: of the logs.
        metadata: the name of a file with a label for each row, or a dictionary of such names by layer.

    Raises:
        ValueError: for a layer that is no embedding.
    """
    names = [layer.name for layer in _embeddings(model)]
    if isinstance(metadata, Mapping):
        unknown = [name for name in metadata if name not in names]
        if unknown:
            raise ValueError(f"TensorBoard expects embeddings_metadata to name Embedding layers, got {unknown}")
    entries = []
    for name in names:
        labels = metadata.get(name) if isinstance(metadata, Mapping) else metadata
        lines = {"tensor_name": name, "metadata_path": labels, "tensor_path": _table(name)}
        told = [f"  {key}: {json.dumps(text)}\n" for key, text in lines.items() if text is not None]
        entries.append(f"embeddings {{\n{''.join(told)}}}\n")
    _write(Path(folder) / "projector_config.pbtxt", "".join(entries))


def write_vectors(model: Any, folder: str | os.PathLike[str]) -> None:
    """Writes the vectors of each embedding as a table: a row for each, columns separated by tabs."""
    for layer in _embeddings(model):
        rows = ("\t".join(map(repr, row)) + "\n" for row in np.asarray(layer.embeddings).tolist())
        _write(Path(folder) / _table(layer.name), "".join(rows))


def _embeddings(model: Any) -> list[Any]:
    return [layer for layer in model.layers if isinstance(layer, Embedding)]


def _table(name: str) -> str:
    return f"embedding_{''.join(c if c.isalnum() or c in '-_.' else '_' for c in name)}.tsv"


def _write(path: Path, text: str) -> None:
    from nbkeras.saving.atomic import replacing

    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        file.write(text.encode())
