"""Objects as dictionaries that JSON can hold, in Keras 3's form, and back.

An object is `{"module", "class_name", "config", "registered_name"}`, a function the same with its name for a config.
Code is never written and never run: a name is looked up in the tables of `registry`.
"""

import inspect
import threading
import types
from collections import Counter
from contextlib import contextmanager

import numpy as np

from nbkeras.serialization import registry
from nbkeras.serialization.names import did_you_mean
from nbkeras.variables import standardize_dtype

__all__ = ["deserialize_keras_object", "serialize_keras_object", "serialize_shared", "sharing_objects"]

_PLAIN = (str, bool, int, float, type(None))
_FUNCTIONS = (types.FunctionType, types.BuiltinFunctionType, np.ufunc)


class _Sharing(threading.local):
    known = None  # writing: by the id of a layer, its number and it; reading: layers by their number


_sharing = _Sharing()


@contextmanager
def sharing_objects():
    """A block in which layers are written with a number, and those of one number are read as one layer."""
    outer, _sharing.known = _sharing.known, {}
    try:
        yield
    finally:
        _sharing.known = outer


def serialize_shared(obj):
    """`serialize_keras_object`, where a layer that occurs twice has a number, by which it is read as one layer."""
    with sharing_objects():
        config = serialize_keras_object(obj)
    marked = [part for part in _dictionaries(config) if "shared_object_id" in part]
    counts = Counter(part["shared_object_id"] for part in marked)
    for part in marked:
        if counts[part["shared_object_id"]] == 1:
            del part["shared_object_id"]
    return config


def _dictionaries(config):
    waiting = [config]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting.extend(value.values())
        elif isinstance(value, (list, tuple)):
            waiting.extend(value)


class FunctionConfig(dict):
    """The configuration of a function, which within this process still knows the function itself."""

    function = None


def serialize_keras_object(obj):
    """`obj` as a structure of dictionaries, lists, strings and numbers.

    Takes layers, models, losses, optimizers and the like (anything with `get_config`), functions, arrays, dtypes, and
    lists, tuples and dictionaries of them.

    Raises:
        TypeError: for an object without `get_config`.
    """
    if type(obj) in _PLAIN or isinstance(obj, FunctionConfig):
        return obj
    if isinstance(obj, (list, tuple)):
        return (tuple if isinstance(obj, tuple) else list)(map(serialize_keras_object, obj))
    if isinstance(obj, dict):
        return {key: serialize_keras_object(value) for key, value in obj.items()}
    if isinstance(obj, _FUNCTIONS):
        return _function_config(obj)
    if hasattr(obj, "get_config") and not inspect.isclass(obj):
        return _object_config(obj)
    return _marked(obj)


def _function_config(function):
    name = registry.get_registered_name(function)
    written = {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}
    config = FunctionConfig(written)
    config.function = function
    return config


def _object_config(obj):
    cls = type(obj)
    module, name, registered_name = registry.written_home(cls)
    written = {
        "module": module,
        "class_name": name,
        "config": serialize_keras_object(obj.get_config()),
        "registered_name": registered_name,
    }
    for key in ("build_config", "compile_config"):
        getter = getattr(obj, f"get_{key}", None)
        found = getter() if getter else None
        if found is not None:
            written[key] = serialize_keras_object(found)
    if _sharing.known is not None and hasattr(obj, "call"):
        written["shared_object_id"], _ = _sharing.known.setdefault(id(obj), (len(_sharing.known), obj))
    return written


def _marked(obj):
    """Values that JSON has no form for, as dictionaries that say what they are."""
    if isinstance(obj, (np.generic, np.ndarray)):
        return obj.item() if obj.ndim == 0 else _array_config("__numpy__", obj)
    if isinstance(obj, (str, bool, int, float)):
        return obj
    if isinstance(obj, np.dtype):
        return obj.name
    if isinstance(obj, bytes):
        return {"class_name": "__bytes__", "config": {"value": obj.decode("utf-8")}}
    if isinstance(obj, slice):
        parts = {part: serialize_keras_object(getattr(obj, part)) for part in ("start", "stop", "step")}
        return {"class_name": "__slice__", "config": parts}
    if obj is Ellipsis:
        return {"class_name": "__ellipsis__", "config": {}}
    if hasattr(obj, "__array__") and hasattr(obj, "dtype") and hasattr(obj, "shape"):
        return _array_config("__tensor__", np.asarray(obj))
    raise TypeError(
        f"a configuration cannot hold {obj!r} of type {type(obj).__name__}; give its class a get_config() method"
    )


def _array_config(mark, array):
    return {"class_name": mark, "config": {"value": array.tolist(), "dtype": array.dtype.name}}


def deserialize_keras_object(config, custom_objects=None, safe_mode=True, *, module_objects=None):
    """What `serialize_keras_object` made `config` from.

    Args:
        config: its result, as it was or read back from JSON.
        custom_objects: names of classes and functions that are not registered, and what they stand for.
        safe_mode: accepted as in Keras; code in a file is never run here, whatever it says.
        module_objects: a table to look names up in when no other knows them.

    Raises:
        ValueError: for a name that nothing is known by.
        TypeError: if a class does not accept its configuration.
    """
    with registry.custom_object_scope(custom_objects):
        if isinstance(config, str):
            found = registry.get_registered_object(config, module_objects=module_objects)
            return config if found is None else found
        return restored(config, module_objects)


def restored(config, table=None):
    """`deserialize_keras_object` within the scopes around; strings are themselves."""
    if isinstance(config, FunctionConfig):
        return config.function
    if isinstance(config, dict):
        if "class_name" in config and "config" in config:
            return _restored_object(config, table)
        return {key: restored(value) for key, value in config.items()}
    if isinstance(config, (list, tuple)):
        return type(config)([restored(item) for item in config])
    return config


def _restored_object(config, table):
    name, inner = config["class_name"], config["config"]
    if name in _MARKS:
        return _MARKS[name](inner)
    shared = config.get("shared_object_id")
    if _sharing.known is not None and shared in _sharing.known:
        return _sharing.known[shared]
    if name == "function":
        return _find(inner, inner, config.get("module"), table, "function")
    cls = _find(name, config.get("registered_name") or name, config.get("module", "keras"), table, "class")
    if not inspect.isclass(cls):
        return cls
    try:
        obj = cls.from_config(dict(inner or {})) if hasattr(cls, "from_config") else cls(**(inner or {}))
    except TypeError as error:
        raise TypeError(f"{name} could not be made from its configuration {inner}: {error}") from error
    if config.get("build_config") and not getattr(obj, "built", True):
        obj.build_from_config(config["build_config"])
    if config.get("compile_config") and hasattr(obj, "compile_from_config"):
        obj.compile_from_config(config["compile_config"])
    if _sharing.known is not None and shared is not None:
        _sharing.known[shared] = obj
    return obj


def _find(name, registered_name, module, table, kind):
    """The class or function of a configuration: a user's registered one, the library's, or a user's subclass."""
    if kind == "function" and name == "<lambda>":
        _refuse_lambda(name)
    found = registry.get_registered_object(registered_name)
    if found is None and module is not None:
        found = registry.library_object(name, module)
    if found is None:
        found = (table or {}).get(name, registry.subclass(name))
    if found is None:
        known = [*registry.LIBRARY, *registry.get_custom_objects()]
        raise ValueError(
            f"unknown {kind} {name!r}{did_you_mean(name, known)}; decorate your own with "
            f"@register_keras_serializable(), or pass custom_objects={{{name!r}: …}}"
        )
    return found


def _restored_array(config):
    """An array of numbers. (A text as long as a file may be, in an array of texts, would give its length to each.)"""
    dtype = np.dtype(standardize_dtype(config["dtype"]))
    if dtype.kind not in "biufc":
        raise ValueError(f"an array in a configuration holds numbers, got dtype {config['dtype']!r}")
    return np.array(config["value"], dtype=dtype)


def _refuse_lambda(config):
    raise ValueError(
        "this configuration holds a lambda, which is code: nbkeras does not run code from files. "
        "Give the function a name, decorate it with @register_keras_serializable() and save again"
    )


_MARKS = {
    "__numpy__": _restored_array,
    "__tensor__": _restored_array,
    "__bytes__": lambda config: config["value"].encode("utf-8"),
    "__slice__": lambda config: slice(*(restored(config[part]) for part in ("start", "stop", "step"))),
    "__ellipsis__": lambda config: Ellipsis,
    "__lambda__": _refuse_lambda,
}
