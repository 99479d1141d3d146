"""A training in a file, to go on from: a file of weights, or a `.keras` file, with one more group, `resume`.

The group has the values that are no weights (metrics, keys of random numbers), and the rest as JSON, in which
`{"array": 3}` stands for an array of its own beside it.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from nbkeras.autodiff import detach
from nbkeras.optimizers import Optimizer
from nbkeras.saving.atomic import replacing
from nbkeras.saving.errors import FileError, refusing
from nbkeras.saving.hdf5_read import Stored, read
from nbkeras.saving.hdf5_write import write
from nbkeras.saving.json_text import parse
from nbkeras.saving.layout import saved_objects
from nbkeras.saving.model_files import CONFIG, SUFFIX, WEIGHTS, write_model
from nbkeras.saving.state import MOST_OTHERS, RESUME, expected_bytes, restore, state_of
from nbkeras.training.trainer import Trainer
from nbkeras.variables import Variable

__all__ = ["load_training", "save_training"]

STATE, ARRAYS, VARIABLES = "state", f"{RESUME}/arrays", f"{RESUME}/variables"
ARRAY = "array"  # the one key of what stands for an array
NEEDED = {"batch_size", "callbacks", "chance", "done", "epoch", "is_over", "logs", "positions"}  # of a `Course`


def save_training(model: Trainer, path: Path, state: dict[str, Any]) -> None:
    """Writes the values of `model`'s variables, and `state`, to `path`; the old file or the new one is there.

    Args:
        model: that is being trained.
        path: of a whole model where it ends in `.keras`, else of weights.
        state: numbers, texts, arrays, and lists and dictionaries of these.

    Raises:
        TypeError: for anything else in `state`.
        ValueError: for weights that are not finite.
    """
    root = state_of(model)
    arrays: list[np.ndarray] = []
    text = json.dumps(_packed(state, arrays)).encode()
    root.make(RESUME)[STATE] = np.frombuffer(text, np.uint8)
    for where, values in ((ARRAYS, arrays), (VARIABLES, [_value(v) for v in _unsaved(model)])):
        root.make(where).update({str(number): value for number, value in enumerate(values)})
    if path.name.endswith(SUFFIX):
        write_model(model, path, root)
    else:
        with replacing(path) as file:
            write(root, file.write)


def load_training(model: Trainer, path: Path) -> tuple[dict[str, Any], Callable[[], None]]:
    """What `save_training` wrote, and a function that gives `model`'s variables the values; all has been compared.

    Raises:
        FileError: for a file that is damaged, of another model, or not of a training.
    """
    with open(path, "rb") as file, refusing(path.name):
        most = 2 * expected_bytes(model)
        content = _weights_in(file, path, most)
        groups = read(content, most=MOST_OTHERS + 16 * (len(model.variables) + len(list(saved_objects(model)))))
        resume = groups.get(RESUME, {})
        if STATE not in resume:
            raise FileError("holds weights, but no training to go on with; load_weights() or load_model() reads it")
        arrays = {name: stored.values(content) for name, stored in groups.get(ARRAYS, {}).items()}
        member = f"{RESUME}/{STATE}"
        state = _unpacked(parse(resume[STATE].values(content).tobytes(), member), arrays)
        if not isinstance(state, dict) or not state.keys() >= NEEDED:
            raise FileError("is not of a training that this version can go on with", member)
        pairs = _matched(_unsaved(model), groups.get(VARIABLES, {}), content)

    def assign() -> None:
        with refusing(path.name):
            restore(model, content, whole=True)
        for variable, value in pairs:
            variable.assign(value)

    return state, assign


def _weights_in(file: Any, path: Path, most: int) -> bytes:
    """The content of the file of weights, which may be a member of an archive."""
    if path.name.endswith(SUFFIX):
        from nbkeras.saving.archive import Archive

        return Archive(file, needed=(CONFIG, WEIGHTS)).read(WEIGHTS, most)
    size = os.fstat(file.fileno()).st_size
    if size > most:
        raise FileError(f"has {size:,} bytes, where at most {most:,} are expected")
    return file.read()


def _unsaved(model: Trainer) -> list[Variable]:
    """The variables that a step reads or writes and that a file of weights does not have."""
    objects = [obj for _, obj in saved_objects(model)]
    saved = {id(v) for obj in objects for v in (obj.variables if isinstance(obj, Optimizer) else obj._own_variables())}
    state = model._refresh_state()
    every = [*state.trainable, *state.non_trainable, *state.optimizer, *state.metrics]
    return [v for v in every if id(v) not in saved]


def _value(variable: Variable) -> np.ndarray:
    return np.asarray(detach(variable.value))


def _matched(variables: list[Variable], stored: dict[str, Stored], content: bytes) -> list[tuple[Variable, np.ndarray]]:
    """Pairs of a variable and its value in the file."""
    if len(stored) != len(variables):
        raise FileError(f"is of a model with {len(stored)} metrics and seeds, not {len(variables)}", VARIABLES)
    pairs = []
    for number, variable in enumerate(variables):
        found = stored.get(str(number))
        if found is None or found.shape != variable.shape or found.dtype.name != variable.dtype:
            raise FileError(f"does not fit '{variable.path}' of shape {variable.shape}", f"{VARIABLES}/{number}")
        pairs.append((variable, found.values(content)))
    return pairs


def _packed(value: Any, arrays: list[np.ndarray]) -> Any:
    """`value` as JSON has it, with its arrays in `arrays`."""
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return {ARRAY: len(arrays) - 1}
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value) or set(value) == {ARRAY}:
            raise TypeError(f"a training is kept as dictionaries by names, got one with {', '.join(map(repr, value))}")
        return {key: _packed(item, arrays) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_packed(item, arrays) for item in value]
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"a training is kept as numbers, texts and arrays, got a {type(value).__name__}")


def _unpacked(value: Any, arrays: dict[str, np.ndarray]) -> Any:
    if isinstance(value, list):
        return [_unpacked(item, arrays) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) != {ARRAY}:
        return {key: _unpacked(item, arrays) for key, item in value.items()}
    found = arrays.pop(str(value[ARRAY]), None)  # named again and again, a small file would become large
    if found is None:
        raise FileError("names an array that is not there, or twice", f"{RESUME}/{STATE}")
    return found.copy()
