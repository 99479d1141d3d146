"""The environment of every test: no screen, no files in the user's home, real Keras on JAX where it is installed."""

import os
import shutil
import tempfile
from importlib.util import find_spec

import pytest

from nbkeras.backends.numpy import native

os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ["IPYTHONDIR"] = os.path.join(tempfile.gettempdir(), "nbkeras-tests-ipython")

# Not part of the `test` extra: a test marked with one of these names needs it.
OPTIONAL = {name: find_spec(name) is not None for name in ("jax", "keras", "shap", "torch")}
OPTIONAL["onnx"] = all(find_spec(name) is not None for name in ("onnx", "onnxruntime"))


def pytest_runtest_setup(item):
    for name, installed in OPTIONAL.items():
        if item.get_closest_marker(name) and not installed:
            pytest.skip(f"{name} is not installed")


@pytest.fixture
def native_kernels():
    """Fails where the native kernels are missing, unless there is no compiler or `NBKERAS_NATIVE=0`."""
    if not native.variants():
        assert native.WANTED == "0" or shutil.which("cc") is None, "the native kernels are not built"
        pytest.skip("there are no native kernels: no C compiler, or NBKERAS_NATIVE=0")


@pytest.fixture(params=native.variants() or ["none"])
def variant(request, native_kernels, monkeypatch):
    """Each instruction set that was compiled and that this processor has, in turn the one in use."""
    monkeypatch.setattr(native, "variant", lambda: request.param)
    native.kernel.cache_clear()
    yield request.param
    native.kernel.cache_clear()


@pytest.fixture
def plain_numpy(monkeypatch):
    """No native kernels."""
    monkeypatch.setattr(native, "variant", lambda: None)
    native.kernel.cache_clear()
    yield
    native.kernel.cache_clear()
