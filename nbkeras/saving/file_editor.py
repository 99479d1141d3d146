"""`KerasFileEditor`: looks into files of models and weights, and changes files of weights."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from nbkeras.saving.errors import FileError, refusing
from nbkeras.saving.hdf5_texts import read_with_texts
from nbkeras.saving.hdf5_write import Group, write
from nbkeras.saving.json_text import parse
from nbkeras.saving.layout import saved_objects

__all__ = ["KerasFileEditor"]

SUFFIX = ".weights.h5"
VARS = "vars"  # the group that has a layer's own weights


class KerasFileEditor:
    """What is in a file of weights or of a model, as nested dictionaries, to be looked at, changed and saved anew.

    Args:
        filepath: ends in `.weights.h5` or `.keras`.

    Attributes:
        weights_dict: arrays by name, in dictionaries by the names of layers. Unlike in Keras, a layer that holds
            others has them beside its own weights.
        object_metadata: by path, the attributes of a layer, such as its name.
        config, metadata: of a `.keras` file.

    Raises:
        FileError: for a file that is damaged.

    Example:
        >>> editor = KerasFileEditor("net.weights.h5")
        >>> editor.summary()
        >>> editor.rename_object("layers/dense_2", "head")
        >>> editor.save("edited.weights.h5")
    """

    def __init__(self, filepath: str | os.PathLike[str]) -> None:
        self.filepath = filepath
        self.metadata: Any = None
        self.config: Any = None
        self.model: Any = None
        path = Path(filepath)
        if not path.name.endswith((".keras", SUFFIX)):
            raise ValueError(f"KerasFileEditor opens .keras and {SUFFIX} files, got '{path}'")
        with open(path, "rb") as file, refusing(path.name):
            content = self._opened(file) if path.name.endswith(".keras") else file.read()
            arrays, texts = read_with_texts(content)
            self.weights_dict = _nested(
                (f"{group}/{name}", stored.values(content))
                for group in arrays
                for name, stored in arrays[group].items()
            )
        self.object_metadata = {_without_vars(f"/{group}"): found for group, found in texts.items() if found}
        print(f"Keras model file '{filepath}'")
        if isinstance(self.metadata, dict):
            print(f"Saved with Keras {self.metadata.get('keras_version')} - date: {self.metadata.get('date_saved')}")

    def _opened(self, file: Any) -> bytes:
        """Reads what is said about a model; returns its weights."""
        from nbkeras.saving.archive import Archive
        from nbkeras.saving.model_files import CONFIG, LARGEST_TEXT, METADATA, WEIGHTS

        archive = Archive(file, needed=(CONFIG, WEIGHTS))
        self.config = parse(archive.read(CONFIG, LARGEST_TEXT), CONFIG)
        if METADATA in archive:
            self.metadata = parse(archive.read(METADATA, 2**20), METADATA)
        return archive.read(WEIGHTS, archive.growth(WEIGHTS))

    # --- looking ------------------------------------------------------------------------------------------------

    def summary(self) -> None:
        """Prints the layers and the shapes of their weights as a tree."""
        for line in self._lines(self.weights_dict, "", ""):
            print(line)

    def _lines(self, inner: dict[str, Any], path: str, indent: str) -> Iterator[str]:
        for number, (key, value) in enumerate(inner.items(), 1):
            last = number == len(inner)
            sign, further = ("└─ ", "    ") if last else ("├─ ", "│   ")
            if not isinstance(value, dict):
                yield f"{indent}{sign}{key}: shape={value.shape}, dtype={value.dtype}"
                continue
            name = self.object_metadata.get(f"{path}/{key}", {}).get("name")
            yield f"{indent}{sign}{key}" + (f" ('{name}')" if name else "")
            yield from self._lines(value, f"{path}/{key}", indent + further)

    def compare(self, reference_model: Any) -> dict[str, Any]:
        """Prints where the file and a model differ.

        Returns:
            `status` (`"success"` or `"error"`), `error_count` and `match_count`.
        """
        saved, expected = dict(_leaves(self.weights_dict)), dict(_leaves(_spec(reference_model)))
        errors = []
        for path, weight in expected.items():
            if path not in saved:
                errors.append(f"Weight {path} present in reference model, missing from saved file")
            elif tuple(saved[path].shape) != tuple(weight.shape):
                errors.append(
                    f"Weight shape mismatch for {path}: {tuple(weight.shape)} in reference model, "
                    f"{tuple(saved[path].shape)} in saved file"
                )
        errors += [
            f"Weight {path} present in saved file, missing from reference model" for path in saved.keys() - expected
        ]
        for error in errors:
            print(f"...{error}")
        matches = sum(path in saved and saved[path].shape == w.shape for path, w in expected.items())
        status = "error" if errors else "success"
        print(f"Comparison: {status}, {matches} matching weights, {len(errors)} errors")
        return {"status": status, "error_count": len(errors), "match_count": matches}

    # --- changing -----------------------------------------------------------------------------------------------

    def rename_object(self, object_name: str, new_name: str) -> None:
        """Gives a layer, by its name or path, another name within the same place."""
        if "/" in new_name:
            raise ValueError(f"rename_object expects a name, not a path, got new_name={new_name!r}")
        inside, name = self._found(object_name)
        renamed = {new_name if key == name else key: value for key, value in inside.items()}
        inside.clear()
        inside.update(renamed)

    def delete_object(self, object_name: str) -> None:
        """Takes a layer, by its name or path, out of the file."""
        inside, name = self._found(object_name)
        del inside[name]

    def add_object(self, object_path: str, weights: dict[str, Any]) -> None:
        """Adds a layer at a path, with arrays by name: `{"0": kernel, "1": bias}`."""
        *above, name = object_path.split("/")
        inside = self.weights_dict
        for part in above:
            if not isinstance(inside.get(part), dict):
                raise ValueError(f"the file has no '{'/'.join(above)}' to add '{name}' to")
            inside = inside[part]
        inside[name] = _checked_weights(weights)

    def add_weights(self, object_name: str, weights: dict[str, Any]) -> None:
        """Adds arrays by name to a layer."""
        inside, name = self._found(object_name)
        inside[name].update(_checked_weights(weights))

    def delete_weight(self, object_name: str, weight_name: str) -> None:
        """Takes one array out of a layer."""
        inside, name = self._found(object_name)
        if weight_name not in inside[name]:
            raise ValueError(f"'{object_name}' has no weight '{weight_name}'; it has {', '.join(inside[name])}")
        del inside[name][weight_name]

    def save(self, filepath: str | os.PathLike[str]) -> None:
        """Writes the weights, changed or not, to a `.weights.h5` file."""
        from nbkeras.saving.atomic import replacing
        from nbkeras.saving.weights import checked_path

        path = checked_path(filepath, SUFFIX)
        root = self._group(self.weights_dict, "")
        with replacing(path) as file:
            write(root, file.write)

    def resave_weights(self, filepath: str | os.PathLike[str]) -> None:
        """The same as `save`."""
        self.save(filepath)

    def _group(self, inner: dict[str, Any], path: str) -> Group:
        group = Group({key: self._group(v, f"{path}/{key}") for key, v in inner.items() if isinstance(v, dict)})
        own = {key: np.asarray(value) for key, value in inner.items() if not isinstance(value, dict)}
        if own:
            group[VARS] = Group(own)
            group[VARS].title = self.object_metadata.get(path, {}).get("name")
        return group

    def _found(self, name: str) -> tuple[dict[str, Any], str]:
        """The dictionary that holds an object, and its name in it."""
        if "/" in name:
            found = [(inside, key) for inside, key, path in _objects(self.weights_dict) if path == name.strip("/")]
        else:
            found = [(inside, key) for inside, key, _ in _objects(self.weights_dict) if key == name]
        if len(found) != 1:
            problem = "has no such object" if not found else f"has {len(found)} of them; give the whole path"
            raise ValueError(f"'{name}': the file {problem}; summary() lists all")
        return found[0]


def _nested(arrays: Any) -> dict[str, Any]:
    root: dict[str, Any] = {}
    for path, array in sorted(arrays, key=lambda pair: _in_order(pair[0])):
        *above, name = [part for part in path.strip("/").split("/") if part != VARS]
        inside = root
        for part in above:
            inside = inside.setdefault(part, {})
            if not isinstance(inside, dict):
                raise FileError("is an array and a group", path)
        if name in inside:
            raise FileError("is there twice", path)
        inside[name] = array
    return root


def _in_order(path: str) -> list[tuple[int, int, str]]:
    """Numbers by their size, names by the alphabet."""
    return [(0, int(part), "") if part.isdecimal() and len(part) < 10 else (1, 0, part) for part in path.split("/")]


def _without_vars(path: str) -> str:
    return path.removesuffix(f"/{VARS}")


def _leaves(inner: dict[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in inner.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{path}/{key}")
        else:
            yield f"{path}/{key}", value


def _objects(inner: dict[str, Any], path: str = "") -> Iterator[tuple[dict[str, Any], str, str]]:
    for key, value in inner.items():
        if isinstance(value, dict):
            yield inner, key, f"{path}/{key}".strip("/")
            yield from _objects(value, f"{path}/{key}")


def _spec(model: Any) -> dict[str, Any]:
    """The weights that a file of `model` would have."""
    root: dict[str, Any] = {}
    for path, obj in saved_objects(model):
        store: dict[str, Any] = {}
        obj.save_own_variables(store)
        inside = root
        for part in filter(None, path.split("/")):
            inside = inside.setdefault(part, {})
        inside.update(store)
    return root


def _checked_weights(weights: Any) -> dict[str, Any]:
    if not isinstance(weights, dict):
        raise ValueError(
            f"weights must be a dictionary of arrays by name, {{'0': kernel}}, got {type(weights).__name__}"
        )
    return {name: np.asarray(value) for name, value in weights.items()}
