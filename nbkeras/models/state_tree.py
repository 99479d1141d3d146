"""The state of a model as a nest of dictionaries, by the parts of the paths of its variables."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from nbkeras.backends import backend
from nbkeras.variables import Variable

__all__ = ["assign_state_tree", "state_tree"]

FORMATS = ("backend_tensor", "numpy_array")


def state_tree(model: Any, value_format: str) -> dict[str, Any]:
    """The values of the variables of `model`, its optimizer and its metrics."""
    if value_format not in FORMATS:
        raise ValueError(f"get_state_tree expects value_format to be one of {FORMATS}, got {value_format!r}")
    return {role: _nest(model, variables, value_format) for role, variables in _by_role(model).items()}


def assign_state_tree(model: Any, tree: Mapping[str, Any]) -> None:
    """Assigns what `state_tree` returned; changes nothing if one value has no variable, or does not fit it."""
    roles = _by_role(model)
    unknown = [role for role in tree if role not in roles]
    if unknown:
        raise ValueError(f"{model.title}.set_state_tree expects {', '.join(roles)}, got {', '.join(unknown)}")
    pairs = []
    for role, nest in tree.items():
        known = _by_path(model, roles[role])
        for path, value in _leaves(nest):
            if path not in known:
                raise ValueError(f"{model.title} has no variable '{path}' among its {role}")
            if tuple(np.shape(value)) != known[path].shape:
                raise ValueError(f"'{path}' expects a value of shape {known[path].shape}, got {np.shape(value)}")
            pairs.append((known[path], value))
    for variable, value in pairs:
        variable.assign(value)


def _by_role(model: Any) -> dict[str, list[Variable]]:
    return {
        "trainable_variables": model.trainable_variables,
        "non_trainable_variables": model.non_trainable_variables,
        "optimizer_variables": model.optimizer.variables if model.optimizer is not None else [],
        "metrics_variables": model.metrics_variables,
    }


def _by_path(model: Any, variables: list[Variable]) -> dict[str, Variable]:
    found: dict[str, Variable] = {}
    for variable in variables:
        if variable.path in found:
            raise ValueError(f"{model.title} has two variables with the path '{variable.path}'; give layers names")
        found[variable.path] = variable
    return found


def _nest(model: Any, variables: list[Variable], value_format: str) -> dict[str, Any]:
    nest: dict[str, Any] = {}
    for path, variable in _by_path(model, variables).items():
        *parents, name = path.split("/")
        inner = nest
        for parent in parents:
            inner = inner.setdefault(parent, {})
        value = variable.numpy()
        inner[name] = backend().array(value) if value_format == "backend_tensor" else value
    return nest


def _leaves(nest: Mapping[str, Any], above: str = "") -> list[tuple[str, Any]]:
    found = []
    for name, value in nest.items():
        path = f"{above}/{name}" if above else name
        found += _leaves(value, path) if isinstance(value, Mapping) else [(path, value)]
    return found
