"""nbkeras: deep learning made for the notebook, with Keras' API on NumPy.

>>> import nbkeras as keras
>>> model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(1, activation="sigmoid")])
>>> model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
"""

import importlib
from typing import TYPE_CHECKING, Any

from nbkeras import (
    activations,
    backend,
    callbacks,
    config,
    constraints,
    dtype_policies,
    initializers,
    layers,
    losses,
    metrics,
    models,
    ops,
    optimizers,
    preprocessing,
    random,
    regularizers,
    saving,
    tree,
    utils,
)
from nbkeras.config import show_config
from nbkeras.dtype_policies import DTypePolicy, FloatDTypePolicy
from nbkeras.gradients import GradientTape, value_and_grad
from nbkeras.initializers import Initializer
from nbkeras.layers import Input, InputSpec, Layer
from nbkeras.layers.operation import Operation
from nbkeras.losses import Loss
from nbkeras.metrics import Metric
from nbkeras.models import Functional, Model, Sequential
from nbkeras.naming import name_scope
from nbkeras.optimizers import Optimizer
from nbkeras.random import set_seed
from nbkeras.regularizers import Regularizer
from nbkeras.serialization import registry as _registry
from nbkeras.symbolic import KerasTensor
from nbkeras.variables import Variable

if TYPE_CHECKING:
    from nbkeras.aliases import as_keras
    from nbkeras.models.function import Function
    from nbkeras.notation import model
    from nbkeras.quantizers import Quantizer
    from nbkeras.scopes import RematScope, StatelessScope, SymbolicScope, device, remat

__version__ = "0.1.0"
__all__ = [
    "DTypePolicy",
    "FloatDTypePolicy",
    "Function",
    "Functional",
    "GradientTape",
    "Initializer",
    "Input",
    "InputSpec",
    "KerasTensor",
    "Layer",
    "Loss",
    "Metric",
    "Model",
    "Operation",
    "Optimizer",
    "Quantizer",
    "Regularizer",
    "RematScope",
    "Sequential",
    "StatelessScope",
    "SymbolicScope",
    "Variable",
    "activations",
    "as_keras",
    "backend",
    "callbacks",
    "config",
    "constraints",
    "device",
    "dtype_policies",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "model",
    "models",
    "name_scope",
    "ops",
    "optimizers",
    "preprocessing",
    "random",
    "regularizers",
    "remat",
    "saving",
    "set_seed",
    "show_config",
    "tree",
    "utils",
    "value_and_grad",
    "version",
]


# What is imported when it is asked for: for a script that does neither, 10 of the 70 ms that the import took.
_LATER = {
    "Function": "nbkeras.models.function",
    "Quantizer": "nbkeras.quantizers",
    "RematScope": "nbkeras.scopes",
    "StatelessScope": "nbkeras.scopes",
    "SymbolicScope": "nbkeras.scopes",
    "as_keras": "nbkeras.aliases",
    "device": "nbkeras.scopes",
    "model": "nbkeras.notation",
    "remat": "nbkeras.scopes",
}
# `notebook` brings IPython: for who asks for a LiveView, say.
_ROOMS_LATER = (
    "applications",
    "datasets",
    "explain",
    "notebook",
    "distillation",
    "distribution",
    "export",
    "legacy",
    "mixed_precision",
    "quantizers",
    "visualization",
    "wrappers",
)

# Layers of theirs that files may name.
_registry.LATER.update(dict.fromkeys(("CustomScaleLayer", "LayerScale"), "nbkeras.applications.layers"))


def __getattr__(name: str) -> Any:
    if name in _ROOMS_LATER:
        return importlib.import_module(f"nbkeras.{name}")
    if name not in _LATER:
        raise AttributeError(f"module 'nbkeras' has no attribute {name!r}")
    found = globals()[name] = getattr(importlib.import_module(_LATER[name]), name)
    return found


def version() -> str:
    """The version of nbkeras."""
    return __version__


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})


def load_ipython_extension(ipython: Any) -> None:
    """What `%load_ext nbkeras` calls: registers the magics."""
    from nbkeras import notebook

    notebook.load_ipython_extension(ipython)


def unload_ipython_extension(ipython: Any) -> None:
    """What `%unload_ext nbkeras` calls."""
    from nbkeras import notebook

    notebook.unload_ipython_extension(ipython)
