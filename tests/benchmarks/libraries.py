"""The libraries that take part: what each needs, what it can run, and how it is installed."""

import importlib
from collections.abc import Mapping
from importlib.util import find_spec
from types import MappingProxyType
from typing import Any, NamedTuple

TRAINING = ("W1", "W2", "W2b", "W3", "W3b", "W4", "W5")
ALL = (*TRAINING, "W6", "W7")


class Library(NamedTuple):
    """`adapter` is the class that runs it, as module:class; `argument` is what that is called with.

    `environment` holds what its processes find in theirs.
    """

    adapter: str
    argument: tuple[str, ...]
    modules: tuple[str, ...]
    install: str
    workloads: tuple[str, ...] = ALL
    environment: Mapping[str, str] = MappingProxyType({})


def keras_on(backend: str, module: str, install: str) -> Library:
    environment = {"KERAS_BACKEND": backend}
    return Library("with_keras:Keras", ("keras",), ("keras", module), f"keras {install}", environment=environment)


def nbkeras(**environment: str) -> Library:
    return Library("with_keras:Keras", ("nbkeras",), ("nbkeras",), "-e .", environment=environment)


LIBRARIES = {
    "nbkeras": nbkeras(),
    "nbkeras-plain": nbkeras(NBKERAS_NATIVE="0"),
    "keras-tensorflow": keras_on("tensorflow", "tensorflow", "tensorflow-cpu"),
    "keras-jax": keras_on("jax", "jax", "jax"),
    "keras-torch": keras_on("torch", "torch", "torch"),
    "torch": Library("with_torch:Torch", (), ("torch",), "torch"),
    "jax": Library("with_jax:Jax", (), ("jax",), "jax"),
    "scikit-learn": Library("with_sklearn:Sklearn", (), ("sklearn",), "scikit-learn", workloads=("W1", "W5", "W7")),
    "onnxruntime": Library(
        "with_onnxruntime:OnnxRuntime", (), ("onnxruntime", "onnx"), "onnxruntime onnx", workloads=("W6",)
    ),
}
OURS, PLAIN = "nbkeras", "nbkeras-plain"  # as installed, and without its compiled kernels
PEERS = tuple(name for name in LIBRARIES if name not in (OURS, PLAIN))
KERAS = tuple(name for name in PEERS if name.startswith("keras-"))


def is_installed(name: str) -> bool:
    return all(find_spec(module) for module in LIBRARIES[name].modules)


def open_library(name: str) -> Any:
    """The adapter of a library; this is what imports the library."""
    library = LIBRARIES[name]
    module, adapter = library.adapter.split(":")
    return getattr(importlib.import_module(f"tests.benchmarks.{module}"), adapter)(*library.argument)
