"""Legacy `.h5` files of Keras 2 and 3: whole models, and weights by the names of layers."""

import os
from collections.abc import Iterator, Mapping
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

from nbkeras.layers import Layer
from nbkeras.layers.unfilled import unfilled
from nbkeras.saving.checks import check_config
from nbkeras.saving.errors import FileError, refusing
from nbkeras.saving.hdf5_read import Stored
from nbkeras.saving.hdf5_texts import read_with_texts
from nbkeras.saving.json_text import parse
from nbkeras.saving.legacy_config import compile_arguments, modern
from nbkeras.saving.state import assign_stored, expected_bytes, fill_rest
from nbkeras.serialization import deserialize_keras_object
from nbkeras.training.trainer import Trainer
from nbkeras.variables import Variable
from nbkeras.warning import warn

__all__ = ["load_legacy_model", "load_legacy_weights"]

LARGEST = 2**33  # bytes of a file whose model is in it
TOP = "top_level_model_weights"  # the weights that belong to the model itself


def load_legacy_model(path: Path, custom_objects: Mapping[str, Any] | None = None, compile: bool = True) -> Any:
    """A model from a whole-model `.h5` file; with a warning, since the format is given up.

    Raises:
        FileError: for a file that is damaged, that needs a class or function that is not known, or that holds code.
    """
    with open(path, "rb") as file, refusing(path.name):
        content = _content(file, LARGEST)
        opened = _Opened(content)
        text = opened.texts.get("", {}).get("model_config")
        if not isinstance(text, str):
            raise FileError("has no model_config: it holds weights alone; make the model and call load_weights")
        config = modern(parse(text.encode(), "model_config"))
        with refusing(member="model_config"), unfilled(len(content)):
            model = _model(config, custom_objects)
        opened.restore(model, opened.group("model_weights"))
        fill_rest(model)
        if compile:
            opened.compile(model)
    warn(f"'{path.name}' is of a legacy format; save the model anew with model.save('{path.stem}.keras')")
    return model


def load_legacy_weights(model: Layer, path: Path, skip_mismatch: bool = False, by_name: bool = False) -> None:
    """Reads weights from a legacy file, layer by layer in order, or `by_name`; changes nothing if one does not fit."""
    with open(path, "rb") as file, refusing(path.name):
        opened = _Opened(_content(file, expected_bytes(model)))
        whole = "layer_names" not in opened.texts.get("", {}) and "model_weights" in opened.texts
        opened.restore(model, opened.group("model_weights" if whole else ""), skip_mismatch, by_name)


def _content(file: Any, most: int) -> Any:
    """The bytes of a file, of which only those that are looked at are read."""
    size = os.fstat(file.fileno()).st_size
    if size > most:
        raise FileError(f"has {size:,} bytes, where at most {most:,} are expected")
    return mmap(file.fileno(), 0, access=ACCESS_READ)


def _model(config: Any, custom_objects: Mapping[str, Any] | None) -> Trainer:
    check_config(config)
    model = deserialize_keras_object(config, custom_objects=custom_objects)
    if not isinstance(model, Trainer):
        raise FileError(f"describes a {type(model).__name__}, not a model")
    return model


def _legacy_order(layer: Layer) -> list[Variable]:
    """The weights in the order of Keras 2: those that are trained, then the others."""
    return [*layer.trainable_weights, *layer.non_trainable_weights]


class _Misfit(Exception):
    """A layer is not the one that was saved."""


class _Opened:
    """What is in a legacy file.

    Attributes:
        arrays: by group and name.
        texts: attributes by group and name.
    """

    def __init__(self, content: Any) -> None:
        self.content = content
        self.arrays, self.texts = read_with_texts(content)

    def group(self, path: str) -> "_Weights":
        """The saved layers in the group `path`."""
        if not self._pieces(path, "layer_names"):
            raise FileError("names no layers, as a legacy file of weights does", path)
        return _Weights(self, path, self.listed(path, "layer_names"))

    def listed(self, path: str, name: str) -> list[str]:
        """A list of texts, which is in pieces where it is long."""
        return [text for piece in self._pieces(path, name) for text in piece]

    def _pieces(self, path: str, name: str) -> list[list[str]]:
        found = self.texts.get(path, {})
        keys = [name] if name in found else (f"{name}{number}" for number in range(len(found)))
        return [found[key] for key in keys if isinstance(found.get(key), list)]

    def weights_of(self, path: str) -> list[Stored]:
        """The arrays of a layer, in their order."""
        stored = []
        for name in self.listed(path, "weight_names"):
            group, _, last = f"{path}/{name}".rpartition("/")
            if last not in self.arrays.get(group, {}):
                raise FileError("is named and not there", f"{path}/{name}")
            stored.append(self.arrays[group][last])
        return stored

    def restore(self, model: Layer, saved: "_Weights", skip_mismatch: bool = False, by_name: bool = False) -> None:
        pairs, skipped = [], []
        for layer, place, stored in saved.by_name(model) if by_name else saved.in_order(model):
            try:
                pairs += _paired(layer, stored)
            except _Misfit as misfit:
                if not skip_mismatch:
                    raise FileError(f"does not fit {model.title}: {misfit}", place) from None
                skipped.append(str(misfit))
        assign_stored(pairs, self.content)
        if skipped:
            warn(f"{model.title} keeps its weights where the file has others: {'; '.join(skipped)}")

    def compile(self, model: Trainer) -> None:
        """Compiles the model as it was, and gives its optimizer the state that it had."""
        text = self.texts[""].get("training_config")
        if not isinstance(text, str):
            return
        with refusing(member="training_config"):
            model.compile_from_config(compile_arguments(parse(text.encode(), "")))
        stored = self.weights_of("optimizer_weights")
        if stored:
            self._restore_optimizer(model, stored)

    def _restore_optimizer(self, model: Trainer, stored: list[Stored]) -> None:
        """The state of Keras 2's optimizers is that of today's without the learning rate."""
        optimizer = model.optimizer
        optimizer.build(model.trainable_variables)
        variables = optimizer.variables
        without_rate = [variable for variable in variables if variable.name != "learning_rate"]
        for known in (variables, without_rate):
            if [variable.shape for variable in known] == [item.shape for item in stored]:
                assign_stored(list(zip(known, stored)), self.content)
                return
        warn(f"the optimizer '{optimizer.name}' begins anew: the file has the state of another version of it")


class _Weights:
    """The saved layers of a group."""

    def __init__(self, opened: _Opened, path: str, names: list[str]) -> None:
        self.opened = opened
        self.path = path
        self.places = {name: f"{path}/{name}".strip("/") for name in names}
        if len({*self.places.values()}) < len(self.places):
            raise FileError("names a layer twice", path)

    def in_order(self, model: Layer) -> Iterator[tuple[Layer, str, list[Stored]]]:
        """Layers with weights, paired as they come."""
        saved = [(place, self.opened.weights_of(place)) for place in self.places.values()]
        saved = [(place, stored) for place, stored in saved if stored]
        layers = [layer for layer in _layers(model) if layer.weights]
        if len(saved) != len(layers):
            raise FileError(
                f"does not fit {model.title}, which has {len(layers)} layers with weights: got {len(saved)}"
            )
        for layer, (place, stored) in zip(layers, saved):
            yield layer, place, stored
        yield from self._top(model)

    def by_name(self, model: Layer) -> Iterator[tuple[Layer, str, list[Stored]]]:
        """Layers whose names the file has."""
        for layer in _layers(model):
            if layer.name in self.places:
                place = self.places[layer.name]
                yield layer, place, self.opened.weights_of(place)

    def _top(self, model: Layer) -> Iterator[tuple[Any, str, list[Stored]]]:
        place = f"{self.path}/{TOP}".strip("/")
        stored = self.opened.weights_of(place)
        if stored:
            yield model, place, stored


def _layers(model: Layer) -> list[Layer]:
    return model._sublayers()


def _paired(layer: Layer, stored: list[Stored]) -> list[tuple[Variable, Stored]]:
    own = _legacy_order(layer)
    if len(own) != len(stored):
        raise _Misfit(f"{layer.title} has {len(own)} weights, the file {len(stored)}")
    for variable, item in zip(own, stored):
        if variable.shape != item.shape:
            raise _Misfit(f"{layer.title} expects '{variable.name}' of shape {variable.shape}, got {item.shape}")
    return list(zip(own, stored))
