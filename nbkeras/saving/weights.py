"""Weights in `.weights.h5` files, in Keras' layout: a group per layer, its variables under `vars/0`, `vars/1`, …"""

import os
from pathlib import Path

from nbkeras.layers import Layer
from nbkeras.saving.atomic import replacing
from nbkeras.saving.errors import FileError, refusing
from nbkeras.saving.hdf5_write import write
from nbkeras.saving.state import expected_bytes, restore, state_of

__all__ = ["checked_path", "load_weights", "save_weights"]

SUFFIX = ".weights.h5"


def save_weights(model: Layer, filepath: str | os.PathLike[str], overwrite: bool = True) -> None:
    """Writes all weights of `model`, and the state of its optimizer, to `filepath`; the old file or the new is there.

    Args:
        model: a built model or layer.
        filepath: ends in `.weights.h5`.
        overwrite: whether an existing file is replaced; if not, FileExistsError.

    Raises:
        ValueError: before the model is built, for another ending, and for weights that are not finite.
    """
    path = checked_path(filepath, SUFFIX, overwrite)
    if not model.built:
        raise ValueError(f"{model.title} has no weights yet; call it on data or build it before saving")
    state = state_of(model)
    with replacing(path) as file:
        write(state, file.write)


def load_weights(model: Layer, filepath: str | os.PathLike[str], skip_mismatch: bool = False) -> None:
    """Reads the weights of `model` from `filepath`; changes nothing if one does not fit.

    The state of the optimizer is read too, if the model is compiled with the one that was saved.

    Args:
        model: a built model of the same architecture as the one saved.
        filepath: ends in `.weights.h5`.
        skip_mismatch: keeps the present weights of a layer that does not fit, with a warning, instead of raising.

    Raises:
        FileError: for a file that is damaged, or of another model.
    """
    path = checked_path(filepath, SUFFIX)
    if not path.exists():
        raise FileNotFoundError(f"there is no file '{path}'")
    if not model.built:
        raise ValueError(f"{model.title} has no weights yet; build it or call it on data before loading")
    with open(path, "rb") as file, refusing(path.name):
        size, most = os.fstat(file.fileno()).st_size, expected_bytes(model)
        if size > most:
            raise FileError(f"has {size:,} bytes; a file of {model.title} has at most {most:,}")
        restore(model, file.read(), skip_mismatch)


def checked_path(filepath: str | os.PathLike[str], suffix: str, overwrite: bool = True) -> Path:
    """`filepath`, if it ends as it should and nothing is there that must not be replaced."""
    path = Path(filepath)
    if not path.name.endswith(suffix):
        what = "weights" if suffix == SUFFIX else "a model"
        raise ValueError(f"a file of {what} must end in '{suffix}', got '{path}'")
    if path.exists() and not overwrite:
        raise FileExistsError(f"'{path}' exists; pass overwrite=True to replace it")
    return path
