"""Optimizers: how gradients move weights. `compile` takes them by name, `optimizer="adam"`, or as objects."""

from nbkeras.optimizers import legacy, schedules
from nbkeras.optimizers.adafactor import Adafactor
from nbkeras.optimizers.adagrad import Adadelta, Adagrad
from nbkeras.optimizers.adam import Adam, AdamW
from nbkeras.optimizers.adamax import Adamax
from nbkeras.optimizers.base import Optimizer
from nbkeras.optimizers.ftrl import Ftrl
from nbkeras.optimizers.lamb import Lamb
from nbkeras.optimizers.lion import Lion
from nbkeras.optimizers.loss_scale import LossScaleOptimizer
from nbkeras.optimizers.multi import MultiOptimizer, OptimizerMap
from nbkeras.optimizers.muon import Muon
from nbkeras.optimizers.nadam import Nadam
from nbkeras.optimizers.rmsprop import RMSprop
from nbkeras.optimizers.schedule_free import ScheduleFreeAdamW
from nbkeras.optimizers.sgd import SGD
from nbkeras.serialization import (
    custom_object_scope,
    deserialize_keras_object,
    get_registered_object,
    serialize_keras_object,
    unknown,
)
from nbkeras.serialization.registry import subclass

__all__ = [
    "SGD",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Lion",
    "LossScaleOptimizer",
    "MultiOptimizer",
    "Muon",
    "Nadam",
    "Optimizer",
    "OptimizerMap",
    "RMSprop",
    "ScheduleFreeAdamW",
    "deserialize",
    "get",
    "legacy",
    "schedules",
    "serialize",
]

TABLE = {
    cls.__name__.lower(): cls
    for cls in (
        *(Adadelta, Adafactor, Adagrad, Adam, AdamW, Adamax, Ftrl, Lamb, Lion, Muon, Nadam, RMSprop),
        *(ScheduleFreeAdamW, SGD),
    )
}


def get(identifier):
    """The optimizer that a name (in any case), a configuration, a class or an optimizer stands for.

    Raises:
        ValueError: for an unknown name, with what may have been meant, and for anything that is no optimizer.
    """
    found = identifier
    if isinstance(identifier, str):
        custom = get_registered_object(identifier) or subclass(identifier)
        found = TABLE.get(identifier.lower(), custom) if custom is None else custom
        if found is None:
            raise unknown("optimizer", identifier, TABLE)
    elif isinstance(identifier, dict):
        name = identifier.get("class_name", "")
        found = deserialize_keras_object(identifier, module_objects={**TABLE, name: TABLE.get(name.lower())})
    if isinstance(found, type):
        found = found()
    if found is not None and not isinstance(found, Optimizer):
        raise ValueError(f"optimizer must be a name, a configuration or an Optimizer, got {identifier!r}")
    return found


def serialize(optimizer):
    """The configuration of an optimizer, with its class."""
    return serialize_keras_object(optimizer)


def deserialize(config, custom_objects=None):
    """The optimizer that `serialize` wrote."""
    with custom_object_scope(custom_objects):
        return get(config)
