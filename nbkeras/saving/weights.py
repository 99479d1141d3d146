"""Weights in `.weights.h5` files, in Keras' layout: a group per layer, its variables under `vars/0`, `vars/1`, …"""

import os
from pathlib import Path

from nbkeras.layers import Layer
from nbkeras.saving.atomic import replacing
from nbkeras.saving.errors import FileError, refusing
from nbkeras.saving.hdf5_write import write
from nbkeras.saving.state import expected_bytes, restore, state_of

__all__ = ["checked_path", "is_legacy", "load_weights", "save_weights"]

SUFFIX, MAP = ".weights.h5", ".weights.json"
LEGACY = (".h5", ".hdf5")


def save_weights(
    model: Layer, filepath: str | os.PathLike[str], overwrite: bool = True, max_shard_size: float | None = None
) -> None:
    """Writes all weights of `model`, and the state of its optimizer, to `filepath`; the old file or the new is there.

    Args:
        model: a built model or layer.
        filepath: ends in `.weights.h5`; with `max_shard_size` in `.weights.json`.
        overwrite: whether an existing file is replaced; if not, FileExistsError.
        max_shard_size: in GiB. The weights go to several files of at most that size, `NAME_00000.weights.h5`, …, and
            which are where to `NAME.weights.json`. All are written before the first takes its name.

    Raises:
        ValueError: before the model is built, for another ending, for weights that are not finite, and for one weight
            that is larger than a shard may be.
    """
    path = Path(filepath)
    if max_shard_size is not None and path.name.endswith(SUFFIX):
        path = path.with_suffix(".json")
    path = checked_path(path, SUFFIX if max_shard_size is None else MAP, overwrite)
    if not model.built:
        raise ValueError(f"{model.title} has no weights yet; call it on data or build it before saving")
    state = state_of(model)
    if max_shard_size is not None:
        from nbkeras.saving.shards import save_shards

        save_shards(state, path, int(max_shard_size * 2**30))
        return
    with replacing(path) as file:
        write(state, file.write)


def load_weights(
    model: Layer,
    filepath: str | os.PathLike[str],
    skip_mismatch: bool = False,
    by_name: bool | None = None,
) -> None:
    """Reads the weights of `model` from `filepath`; changes nothing if one does not fit.

    The state of the optimizer is read too, if the model is compiled with the one that was saved.

    Args:
        model: a built model of the same architecture as the one saved.
        filepath: ends in `.weights.h5`, or in `.weights.json` for weights in shards; a legacy file ends in `.h5`.
        skip_mismatch: keeps the present weights of a layer that does not fit, with a warning, instead of raising.
        by_name: of a legacy file: whether layers are found by their names, others being left alone, not in order.

    Raises:
        FileError: for a file that is damaged, or of another model.
    """
    path = Path(filepath)
    legacy = is_legacy(path)
    if by_name is not None and not legacy:
        raise ValueError(f"by_name is for legacy .h5 files, in which layers have names, got '{path}'; leave it out")
    if not legacy:
        path = checked_path(path, MAP if path.name.endswith(MAP) else SUFFIX)
    if not path.exists():
        raise FileNotFoundError(f"there is no file '{path}'")
    if not model.built:
        raise ValueError(f"{model.title} has no weights yet; build it or call it on data before loading")
    if legacy:
        from nbkeras.saving.legacy import load_legacy_weights

        load_legacy_weights(model, path, skip_mismatch, bool(by_name))
    elif path.name.endswith(MAP):
        from nbkeras.saving.shards import load_shards

        load_shards(model, path, skip_mismatch)
    else:
        _load(model, path, skip_mismatch)


def _load(model: Layer, path: Path, skip_mismatch: bool) -> None:
    with open(path, "rb") as file, refusing(path.name):
        size, most = os.fstat(file.fileno()).st_size, expected_bytes(model)
        if size > most:
            raise FileError(f"has {size:,} bytes; a file of {model.title} has at most {most:,}")
        restore(model, file.read(), skip_mismatch)


def is_legacy(path: Path) -> bool:
    """Whether a file is one of the old kind, by its name."""
    return path.name.endswith(LEGACY) and not path.name.endswith(SUFFIX)


def checked_path(filepath: str | os.PathLike[str], suffix: str, overwrite: bool = True) -> Path:
    """`filepath`, if it ends as it should and nothing is there that must not be replaced."""
    path = Path(filepath)
    if not path.name.endswith(suffix):
        what = "a model" if suffix == ".keras" else "weights"
        raise ValueError(f"a file of {what} must end in '{suffix}', got '{path}'")
    if path.exists() and not overwrite:
        raise FileExistsError(f"'{path}' exists; pass overwrite=True to replace it")
    return path
