"""The environment of every test: no screen, no files in the user's home, real Keras on JAX where it is installed."""

import os
import tempfile
from importlib.util import find_spec

import pytest

os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ["IPYTHONDIR"] = os.path.join(tempfile.gettempdir(), "nbkeras-tests-ipython")

# Not part of the `test` extra: a test marked with one of these names needs it.
OPTIONAL = {name: find_spec(name) is not None for name in ("jax", "keras")}


def pytest_runtest_setup(item):
    for name, installed in OPTIONAL.items():
        if item.get_closest_marker(name) and not installed:
            pytest.skip(f"{name} is not installed")
