"""The state of a model as groups of arrays, and back: all of it is compared with the model before any is assigned."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from nbkeras.autodiff import detach
from nbkeras.layers import Layer
from nbkeras.layers.low_rank import LowRankAdaptable
from nbkeras.optimizers import Optimizer
from nbkeras.saving.errors import FileError
from nbkeras.saving.hdf5_format import DTYPES
from nbkeras.saving.hdf5_read import Stored, read
from nbkeras.saving.hdf5_write import Group
from nbkeras.saving.layout import saved_objects
from nbkeras.variables import Variable
from nbkeras.warning import warn

__all__ = [
    "MOST_OTHERS",
    "RESUME",
    "assign_stored",
    "expected_bytes",
    "fill_rest",
    "most_groups",
    "restore",
    "restore_groups",
    "state_of",
]

PLAIN = {dtype.newbyteorder("=") for dtype in DTYPES.values()}
FAMILIES = {"f": "f", "i": "iu", "u": "iu", "b": "b"}  # kinds of dtypes that may become one another
OTHER_STATE = 8  # times the weights that optimizers may keep besides, in the largest file that is read
PER_OBJECT = 2**14  # bytes that describe a layer in a file, at most
SLACK = 2**24
RESUME = "resume"  # the group of what a training needs besides, to go on; see `training_files`
MOST_OTHERS = 1000  # groups and arrays that belong to no layer


# --- to a file ------------------------------------------------------------------------------------------------------


def state_of(model: Layer) -> Group:
    """The weights of `model` and the state of its optimizer, as the groups of a file; nothing is copied.

    Raises:
        ValueError: for numbers that are not finite, since no file with them could be loaded.
    """
    root = Group()
    for path, obj in saved_objects(model):
        group = root.make(f"{path}/vars")
        group.title = obj.name
        store: dict[str, Any] = {}
        obj.save_own_variables(store)
        for key, value in store.items():
            group[key] = _array(value, obj, key)
    return root


def _array(value: Any, obj: Any, key: str) -> np.ndarray:
    array = np.asarray(detach(value.value) if isinstance(value, Variable) else value)
    name = value.path if isinstance(value, Variable) else key
    if array.dtype not in PLAIN or "/" in key:
        raise ValueError(f"{_title(obj)} cannot save '{name}' of dtype {array.dtype}; files hold floats and integers")
    broken = _broken(array, value)
    if broken:
        raise ValueError(f"{_title(obj)} has {broken} in '{name}', so it is not saved; the file stays as it was")
    return array


def _broken(array: np.ndarray, variable: Any) -> str:
    """What makes numbers no weights, if anything does. A weight that does not learn, a smallest value say, may be ∞."""
    if array.dtype.kind != "f" or not array.size:
        return ""
    low, high = array.min(), array.max()  # NaN if one of the numbers is
    if np.isnan(low):
        return "NaN"
    learns = getattr(variable, "trainable", True)
    return "an infinite number" if learns and (np.isinf(low) or np.isinf(high)) else ""


def _title(obj: Any) -> str:
    return getattr(obj, "title", f"the optimizer '{obj.name}'")


# --- from a file ----------------------------------------------------------------------------------------------------


def expected_bytes(model: Layer) -> int:
    """The size of the largest file that can be one of `model`'s weights."""
    objects = [obj for _, obj in saved_objects(model)]
    weights = sum(v._value.nbytes for v in model.variables)
    return OTHER_STATE * weights + PER_OBJECT * (len(objects) + len(model.variables)) + SLACK


@dataclass
class _Plan:
    """What is to be assigned to one layer or optimizer: values to variables, or all values to its own method."""

    obj: Any
    pairs: list[tuple[Variable, np.ndarray]]
    store: dict[str, np.ndarray] | None = None


def restore(model: Layer, content: bytes, skip_mismatch: bool = False, whole: bool = False) -> None:
    """Assigns what `state_of` wrote; changes nothing if one number does not fit.

    Args:
        model: a built model.
        content: the bytes of a file of weights.
        skip_mismatch: leaves alone the layers that the file has other variables for, and warns of them.
        whole: the file has the state of just this optimizer; if not, that of another one is left out, with a warning.

    Raises:
        FileError: for a file that is damaged or of another model.
    """
    restore_groups(model, read(content, most_groups(model)), content, skip_mismatch, whole)


def most_groups(model: Layer) -> int:
    """Groups and arrays that a file of `model`'s weights may have."""
    objects = [obj for _, obj in saved_objects(model)]
    return MOST_OTHERS + 4 * len(objects) + OTHER_STATE * sum(len(_variables(obj)) for obj in objects)


def restore_groups(
    model: Layer,
    groups: dict[str, dict[str, Stored]],
    content: bytes,
    skip_mismatch: bool = False,
    whole: bool = False,
) -> None:
    """As `restore`, of arrays that lie in `content`, by group and name."""
    plans, skipped = [], []
    for path, obj in saved_objects(model):
        arrays = groups.pop(f"{path}/vars".strip("/"), {})
        if isinstance(obj, Optimizer):
            arrays = _for_optimizer(obj, model, arrays, whole)
        try:
            plans.append(_plan(obj, arrays, content, model))
        except _Misfit as misfit:
            if not skip_mismatch:
                raise FileError(f"does not fit {model.title}: {misfit}", f"{path}/vars".strip("/")) from None
            skipped.append(str(misfit))
    if not skip_mismatch:
        _check_rest(groups, model)
    _assign(plans)
    if skipped:
        warn(f"{model.title} keeps its weights where the file has others: {'; '.join(skipped)}")


class _Misfit(Exception):
    """A layer is not the one that was saved."""


def _for_optimizer(optimizer: Optimizer, model: Layer, arrays: dict[str, Stored], whole: bool) -> dict[str, Stored]:
    """The state that is for this optimizer: nothing, with a warning, if it is that of another one.

    A file from before the first step has the count of steps and the learning rate; for any other the slots are made.
    """
    if not arrays or len(arrays) == len(optimizer.variables):
        return arrays
    if not optimizer.built and model.built:
        optimizer.build(model.trainable_variables)
    if len(arrays) == len(optimizer.variables) or whole:
        return arrays
    warn(
        f"the optimizer '{optimizer.name}' begins anew: it has {len(optimizer.variables)} variables, the file "
        f"{len(arrays)}"
    )
    return {}


def _variables(obj: Any) -> list[Variable]:
    return obj.variables if isinstance(obj, Optimizer) else obj._own_variables()


def _has_own_form(obj: Any) -> bool:
    """Whether it stores its variables otherwise than one by one: then only its own method can tell what fits."""
    load = type(obj).load_own_variables
    if load is LowRankAdaptable.load_own_variables:
        return obj.lora_enabled
    return load not in (Layer.load_own_variables, Optimizer.load_own_variables)


def _plan(obj: Any, arrays: dict[str, Stored], content: bytes, model: Layer) -> _Plan:
    own = _variables(obj)
    if _has_own_form(obj):
        return _Plan(obj, [(v, v.numpy()) for v in own], {key: _checked(s, None, content) for key, s in arrays.items()})
    if isinstance(obj, Optimizer) and not arrays:
        return _Plan(obj, [])
    if len(arrays) != len(own):
        raise _Misfit(f"{_title(obj)} has {len(own)} variables, the file {len(arrays)}")
    pairs = []
    for index, variable in enumerate(own):
        stored = arrays.get(str(index))
        if stored is None or stored.shape != variable.shape:
            got = "none" if stored is None else stored.shape
            raise _Misfit(f"{_title(obj)} expects '{variable.name}' of shape {variable.shape}, got {got}")
        pairs.append((variable, _checked(stored, variable, content)))
    return _Plan(obj, pairs)


def _checked(stored: Stored, variable: Variable | None, content: bytes) -> np.ndarray:
    """The values of an array in the file as the variable can hold them."""
    values = stored.values(content)
    if values.dtype.kind == "b" and values.size and values.view(np.uint8).max() > 1:
        raise FileError("holds booleans that are neither 0 nor 1", stored.path)
    broken = _broken(values, variable)
    if broken:
        raise FileError(f"holds {broken}: these are no weights", stored.path)
    if variable is None:
        return values
    dtype = np.dtype(variable.dtype)
    if values.dtype.kind not in FAMILIES.get(dtype.kind, ""):
        raise FileError(f"is of dtype {values.dtype.name}, '{variable.name}' of {dtype.name}", stored.path)
    if values.size and values.dtype.newbyteorder("=") != dtype and _outside(values, dtype):
        raise FileError(f"holds numbers that are too large for '{variable.name}' of {dtype.name}", stored.path)
    return values


def assign_stored(pairs: list[tuple[Variable, Stored]], content: bytes) -> None:
    """Assigns arrays of a file to variables of their shapes; none if the numbers of one are not what they should be."""
    found = [(variable, _checked(stored, variable, content)) for variable, stored in pairs]
    for variable, values in found:
        variable.assign(values)


def _outside(values: np.ndarray, dtype: np.dtype) -> bool:
    limits: Any = np.finfo(dtype) if dtype.kind == "f" else np.iinfo(dtype) if dtype.kind in "iu" else None
    return limits is not None and bool(values.min() < limits.min or values.max() > limits.max)


def _check_rest(groups: dict[str, dict[str, Stored]], model: Layer) -> None:
    """Refuses arrays that belong to nothing; the state of an optimizer is left out where there is none."""
    for path, arrays in groups.items():
        if arrays and path.split("/")[0] != RESUME and path.split("/")[-2:-1] != ["optimizer"]:
            raise FileError(f"does not fit {model.title}, which has no such layer", path)


def _assign(plans: list[_Plan]) -> None:
    """Assigns all; what a layer's own method refuses is undone. Those methods come first, for only they can fail."""
    done = []
    for plan in sorted(plans, key=lambda plan: plan.store is None):
        if plan.store is None:
            for variable, value in plan.pairs:
                variable.assign(value)
            continue
        done += plan.pairs
        try:
            plan.obj.load_own_variables(plan.store)
            _check_assigned(plan)
        except Exception as error:
            for variable, value in done:
                variable.assign(value)
            raise FileError(f"does not fit {_title(plan.obj)}: {error}") from error


def _check_assigned(plan: _Plan) -> None:
    """Refuses what a layer's own method made of finite numbers, where a variable has no room for them."""
    for variable, _ in plan.pairs:
        broken = _broken(np.asarray(variable.numpy()), variable)
        if broken:
            raise FileError(f"holds numbers that are too large for '{variable.name}': it would be {broken}")


def fill_rest(model: Layer) -> None:
    """Gives zeros to the weights that a layer's own method has left without numbers."""
    for variable in model.variables:
        if not variable._value.flags.writeable:
            variable.assign(np.zeros(variable.shape, variable.dtype))
