"""Weights in `.weights.h5` files, in Keras' layout: a group per layer, its variables under `vars/0`, `vars/1`, …"""

import os
from pathlib import Path

import numpy as np

from nbkeras.layers import InputLayer, Layer
from nbkeras.naming import to_snake_case

__all__ = ["load_weights", "save_weights"]

SUFFIX = ".weights.h5"


def save_weights(model, filepath, overwrite=True):
    """Writes all weights of `model` to `filepath`; the file is complete or is not there.

    Args:
        model: a built model or layer.
        filepath: ends in `.weights.h5`.
        overwrite: whether an existing file is replaced; if not, FileExistsError.
    """
    path = _checked_path(filepath)
    if path.exists() and not overwrite:
        raise FileExistsError(f"'{path}' exists; pass overwrite=True to replace it")
    if not model.built:
        raise ValueError(f"{model.title} has no weights yet; call it on data or build it before saving")
    import tempfile  # 2 ms, which every start would pay

    h5py = _h5py()
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    try:
        with h5py.File(temporary, "w") as file:
            for group, layer in _groups(model):
                store: dict[str, np.ndarray] = {}
                layer.save_own_variables(store)
                variables = file.require_group(f"{group}/vars".strip("/"))
                for key, value in store.items():
                    variables.create_dataset(key, data=value)
        os.replace(temporary, path)
    except BaseException:
        os.unlink(temporary)
        raise


def load_weights(model, filepath, skip_mismatch=False):
    """Reads the weights of `model` from `filepath`; changes nothing if one does not fit.

    Args:
        model: a built model of the same architecture as the one saved.
        filepath: ends in `.weights.h5`.
        skip_mismatch: keeps the present weights of a layer that does not fit, instead of raising ValueError.
    """
    path = _checked_path(filepath)
    if not path.exists():
        raise FileNotFoundError(f"there is no file '{path}'")
    if not model.built:
        raise ValueError(f"{model.title} has no weights yet; build it or call it on data before loading")
    with _h5py().File(path, "r") as file:
        stores = [(layer, group, _read(file, f"{group}/vars".strip("/"))) for group, layer in _groups(model)]
    fitting = []
    for layer, group, store in stores:
        mismatch = _mismatch(layer, store)
        if mismatch is None:
            fitting.append((layer, store))
        elif not skip_mismatch:
            raise ValueError(f"'{path}' does not fit {model.title}: {layer.title} ({group or '/'}) {mismatch}")
    for layer, store in fitting:
        layer.load_own_variables(store)


def _checked_path(filepath):
    path = Path(filepath)
    if not path.name.endswith(SUFFIX):
        raise ValueError(f"a file of weights must end in '{SUFFIX}', got '{path}'")
    return path


def _h5py():
    try:
        import h5py
    except ImportError:
        raise ImportError("files of weights need the package h5py: pip install 'nbkeras[h5]'") from None
    return h5py


def _groups(layer, path="", seen=None):
    """Pairs of (group name, layer) for a layer and all within it, each layer once."""
    seen = set() if seen is None else seen
    if id(layer) in seen:
        return
    seen.add(id(layer))
    yield path, layer
    if getattr(layer, "graph", None) is not None or type(layer).__name__ == "Sequential":
        yield from _members(layer.layers, f"{path}/layers".strip("/"), seen)
    for name, value in sorted(vars(layer).items()):
        if name in layer._unwalked:
            continue
        if isinstance(value, Layer):
            yield from _groups(value, f"{path}/{name}".strip("/"), seen)
        elif isinstance(value, (list, tuple)):
            yield from _members(value, f"{path}/{name}".strip("/"), seen)
        elif isinstance(value, dict):
            yield from _members(value.values(), f"{path}/{name}".strip("/"), seen)


def _members(items, path, seen):
    """The layers of a container, named by class in snake case, `dense`, `dense_1`, …"""
    counts: dict[str, int] = {}
    for item in items:
        if not isinstance(item, Layer):
            continue
        base = to_snake_case(type(item).__name__)
        count = counts[base] = counts.get(base, -1) + 1
        if not isinstance(item, InputLayer):
            yield from _groups(item, f"{path}/{base}_{count}" if count else f"{path}/{base}", seen)


def _read(file, group):
    return {key: np.array(value) for key, value in file[group].items()} if group in file else {}


def _mismatch(layer, store):
    """What is wrong with `store` for `layer`, or `None`."""
    own = layer._own_variables()
    if len(store) != len(own):
        return f"has {len(own)} variables, the file {len(store)}"
    for index, variable in enumerate(own):
        value = store.get(str(index))
        if value is None or value.shape != variable.shape:
            return f"expects '{variable.name}' of shape {variable.shape}, got {None if value is None else value.shape}"
    return None
