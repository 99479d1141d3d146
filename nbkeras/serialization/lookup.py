"""From what a user writes for an argument (`"relu"`, a class, a configuration) to the object that is meant."""

import inspect

from nbkeras.serialization import objects, registry
from nbkeras.serialization.names import unknown

__all__ = ["resolve"]


def resolve(kind, identifier, table):
    """The callable that `identifier` stands for.

    Args:
        kind: for messages, `"initializer"`.
        identifier: a name of `table` or of a registered object, a configuration, a class (made without arguments) or
            a callable.
        table: names and the classes or functions they stand for.

    Raises:
        ValueError: for an unknown name (with what may have been meant) and for anything that is not callable.
    """
    found = identifier
    if isinstance(identifier, dict):
        found = objects.deserialize_keras_object(identifier, module_objects=table)
    elif isinstance(identifier, str):
        found = registry.get_registered_object(identifier, module_objects=table) or registry.subclass(identifier)
        if found is None:
            raise unknown(kind, identifier, table)
    if inspect.isclass(found):
        found = found()
    if not callable(found):
        raise ValueError(f"{kind} must be a name, a configuration or a callable, got {identifier!r}")
    return found
