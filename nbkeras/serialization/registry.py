"""Which class or function a name stands for: tables, never imports, so that a file can name nothing else.

The library's own classes and functions enter `LIBRARY` when their room is imported; a user's enter by
`register_keras_serializable`, for the length of a `custom_object_scope`, or by subclassing.
"""

import importlib
import inspect
import threading
import weakref

__all__ = [
    "CustomObjectScope",
    "custom_object_scope",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "register",
    "register_keras_serializable",
]

LIBRARY: dict = {}  # name -> {Keras' module: object}; some names are both a loss and a metric
LATER: dict = {}  # name -> the library's module that enters it, imported when a configuration first names it
PUBLIC_NAMES = {"GroupedQueryAttention": "GroupQueryAttention"}  # classes that Keras offers under another name
_registered: dict = {}  # "package>name" -> a user's object
_registered_names: weakref.WeakKeyDictionary = weakref.WeakKeyDictionary()
_subclasses: weakref.WeakValueDictionary = weakref.WeakValueDictionary()  # name -> a user's subclass


class _Scoped(threading.local):
    objects: dict = {}  # noqa: RUF012  (replaced, never changed)


_scoped = _Scoped()


def register(obj, module=None):
    """Enters a class or function of the library under the module that Keras has it in, and returns it."""
    for name in {obj.__name__, public_name(obj)}:
        LIBRARY.setdefault(name, {})[module or keras_module(obj)] = obj
    return obj


def public_name(obj):
    """The name by which Keras offers a class or function of ours, and by which it writes it."""
    return PUBLIC_NAMES.get(obj.__name__, obj.__name__)


def register_subclass(cls):
    """Enters a new subclass: the library's for good, a user's until another one takes its name."""
    if cls.__module__.startswith("nbkeras."):
        register(cls)
    else:
        _subclasses[cls.__name__] = cls


def keras_module(obj):
    """The module that Keras has a class or function of ours in: `keras.layers` for `nbkeras.layers.core.Dense`."""
    declared = getattr(obj, "keras_module", None)
    return declared or "keras." + obj.__module__.split(".")[1]


def written_home(cls):
    """The `module`, `class_name` and `registered_name` that Keras writes for a class.

    A public class of the library has no registered name. Any other is known by both, but a notebook is no module.
    """
    if is_library(cls):
        module = keras_module(cls)
        return module, public_name(cls), cls.__name__ if module.startswith("keras.src.") else None
    return None if cls.__module__ == "__main__" else cls.__module__, cls.__name__, get_registered_name(cls)


def is_library(obj):
    """Whether a class or function is the library's own."""
    return any(found is obj for found in LIBRARY.get(obj.__name__, {}).values())


def library_object(name, module):
    """The library's object that Keras calls `name` in `module` (`"keras"` or `"builtins"`: in any), or `None`.

    Versions of Keras have written one class under several modules: the public one, `"keras"`, and the file it is in.
    """
    path = _public(module)
    if path.partition(".")[0] not in ("keras", "builtins"):
        return None
    if name in LATER:
        importlib.import_module(LATER[name])
    for home, found in LIBRARY.get(name, {}).items():
        inside = path.startswith(_public(home)) or _public(home).startswith(path)
        if inside or path == "builtins":
            return found
    return None


def _public(module):
    """The module as its users know it. On PyTorch, Keras has its optimizers in a place of their own."""
    if module.startswith("keras.src.backend.torch.optimizers."):
        return "keras.optimizers"
    return module.replace("keras.src.", "keras.")


def subclass(name):
    """The user's latest subclass called `name`, or `None`."""
    return _subclasses.get(name)


def register_keras_serializable(package="Custom", name=None):
    """A decorator that makes a class or function known to files and configurations as `"package>name"`.

    Args:
        package: a prefix that keeps names of different libraries apart.
        name: default the class's or function's own.

    Raises:
        ValueError: for a class without `get_config`.

    Example:
        >>> @register_keras_serializable("mine")
        ... def double(x):
        ...     return 2 * x
        >>> get_registered_name(double)
        'mine>double'
    """

    def decorate(obj):
        if inspect.isclass(obj) and not hasattr(obj, "get_config"):
            raise ValueError(f"{obj.__name__} needs a get_config() method, so that it can be written to a file")
        full_name = f"{package}>{name or obj.__name__}"
        _registered[full_name] = obj
        _registered_names[obj] = full_name
        return obj

    return decorate


def get_custom_objects():
    """The dictionary of registered objects, by `"package>name"`; entries can be added to it."""
    return _registered


def get_registered_name(obj):
    """The name that `obj` was registered under; its own if it was not."""
    return _registered_names.get(obj, obj.__name__)


def get_registered_object(name, custom_objects=None, module_objects=None):
    """The object known as `name`: in the scopes around, registered, or in one of the given tables; else `None`."""
    for table in (_scoped.objects, _registered, custom_objects or {}, module_objects or {}):
        if name in table:
            return table[name]
    return None


class CustomObjectScope:
    """A block in which names stand for the given classes and functions.

    Args:
        custom_objects: names and what they stand for.

    Example:
        >>> with custom_object_scope({"double": lambda x: 2 * x}):
        ...     layer = nbkeras.layers.Dense(1, activation="double")
    """

    def __init__(self, custom_objects):
        self.custom_objects = dict(custom_objects or {})

    def __enter__(self):
        self._outer = _scoped.objects
        _scoped.objects = {**self._outer, **self.custom_objects}
        return self

    def __exit__(self, *error):
        _scoped.objects = self._outer


custom_object_scope = CustomObjectScope
