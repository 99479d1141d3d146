"""`as_keras`: programs written for Keras find nbkeras under Keras' names."""

import importlib
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType

__all__ = ["as_keras"]

PREFIXES = {"keras": "nbkeras", "tensorflow.keras": "nbkeras"}

# Modules of older versions, which tutorials still name; all that they had is in the room now.
MOVED = {
    "utils.np_utils": "utils",
    **{
        f"layers.{name}": "layers"
        for name in (
            "advanced_activations convolutional convolution core embeddings merge noise normalization pooling "
            "recurrent wrappers"
        ).split()
    },
}


def as_keras(active: bool = True) -> None:
    """Makes `import keras`, `from keras.models import …` and `from tensorflow import keras` give nbkeras.

    Where TensorFlow is not installed, `tensorflow` becomes a module that has nothing but `keras`; where it is, it stays
    as it is and only `import tensorflow.keras` and `from tensorflow.keras import …` give nbkeras.

    Args:
        active: `False` gives the names back.

    Raises:
        RuntimeError: if real Keras has been imported, for what a program holds of it cannot be exchanged.

    Example:
        >>> as_keras()
        >>> from keras.models import Sequential
        >>> Sequential.__module__
        'nbkeras.models.sequential'
        >>> as_keras(False)
    """
    if not active:
        _forget()
        return
    keras = sys.modules.get("keras")
    if keras is not None and keras is not importlib.import_module("nbkeras"):
        raise RuntimeError(
            "real Keras is imported already; restart the kernel and call nbkeras.as_keras() before `import keras`"
        )
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)


def _forget():
    if _finder in sys.meta_path:
        sys.meta_path.remove(_finder)
    for name, module in list(sys.modules.items()):
        ours = getattr(module, "__name__", "").startswith("nbkeras") or isinstance(module, _TensorFlow)
        if ours and _finder.target(name) is not None:
            del sys.modules[name]


class _TensorFlow(ModuleType):
    """What stands for TensorFlow where it is not installed."""

    def __init__(self, name):
        super().__init__(name)
        self.__path__ = []

    def __getattr__(self, name):
        if name == "keras":
            return importlib.import_module("nbkeras")
        raise AttributeError(_missing_in_tensorflow(name))


def _missing_in_tensorflow(name):
    return f"tensorflow is not installed: nbkeras stands for tensorflow.keras alone, not for {name}"


class _Finder(MetaPathFinder):
    def find_spec(self, fullname, path=None, target=None):
        found = self.target(fullname)
        if found is None and isinstance(sys.modules.get(fullname.partition(".")[0]), _TensorFlow):
            # Another name than `fullname`, or `from tensorflow import …` would drop the message.
            raise ModuleNotFoundError(_missing_in_tensorflow(fullname.partition(".")[2]), name="tensorflow")
        if found is None or fullname == "tensorflow" and PathFinder.find_spec("tensorflow") is not None:
            return None
        return ModuleSpec(fullname, _Alias(found), is_package=True)

    @staticmethod
    def target(fullname):
        """The module that `fullname` stands for, or `None`."""
        if fullname == "tensorflow":
            return fullname
        if fullname == "nbkeras.utils.np_utils":  # `from keras.utils import np_utils` asks for it by our name
            return "nbkeras.utils"
        for prefix, ours in PREFIXES.items():
            if fullname == prefix:
                return ours
            if fullname.startswith(f"{prefix}."):
                rest = fullname.removeprefix(f"{prefix}.")
                return f"{ours}.{MOVED.get(rest, rest)}"
        return None


class _Alias(Loader):
    """Loads a module by putting another in its place."""

    def __init__(self, target):
        self.target = target

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        name = module.__spec__.name
        if self.target == "tensorflow":
            sys.modules[name] = _TensorFlow(name)
            return
        try:
            sys.modules[name] = importlib.import_module(self.target)
        except ModuleNotFoundError as error:
            if error.name != self.target:
                raise
            raise ModuleNotFoundError(f"nbkeras has no '{name}' (yet)", name=name) from None


_finder = _Finder()
