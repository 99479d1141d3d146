"""Configurations: captured from the constructor call, written in Keras' form, read back through tables alone."""

import copy
import json
import pickle
import re

import numpy as np
import pytest

from nbkeras import activations, initializers, layers, optimizers, regularizers, serialization
from nbkeras.random import SeedGenerator
from nbkeras.serialization import (
    Configurable,
    custom_object_scope,
    deserialize_keras_object,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
    serialize_keras_object,
)


def through_json(config):
    return json.loads(json.dumps(config))


class Base(Configurable):
    base_parameters = ("name",)

    def __init__(self, *, name=None, rate=1.0, **kwargs):
        self.name = name or "base"
        self.rate = rate


class Child(Base):
    def __init__(self, size, shape=(1, 2), **kwargs):
        super().__init__(**kwargs)
        self.size = size * 2  # under the parameter's own name: the normalised value is the configuration
        self.kept_elsewhere = shape


class Overriding(Base):
    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.amount = units

    def get_config(self):
        return {**super().get_config(), "units": self.amount}


class Closed(Base):
    def __init__(self, size=3):
        super().__init__(name="closed")


class Variadic(Base):
    def __init__(self, *sizes):
        super().__init__()


@pytest.mark.parametrize(
    ("obj", "config"),
    [
        (Child(3), {"name": "base", "size": 6, "shape": (1, 2)}),
        (Child(3, (4,), name="c", rate=2.0), {"name": "c", "size": 6, "shape": (4,), "rate": 2.0}),
        (Child(size=1, input_shape=(3,)), {"name": "base", "size": 2, "shape": (1, 2)}),  # how to build, not what
        (Overriding(5, rate=0.5), {"name": "base", "units": 5, "rate": 0.5}),
        (Closed(), {"size": 3}),  # takes no name, so a configuration with one could not be read
        (Variadic(), {}),
    ],
)
def test_the_constructor_call_is_the_configuration(obj, config):
    assert obj.get_config() == config


def test_the_constructor_call_is_shown():
    schedule = optimizers.schedules.ExponentialDecay(0.1, 10, decay_rate=0.9)
    assert repr(schedule) == "ExponentialDecay(0.1, 10, decay_rate=0.9)"
    assert repr(optimizers.SGD(schedule)) == f"SGD({schedule!r})"


def test_positional_varargs_need_their_own_get_config():
    with pytest.raises(TypeError, match=r"Variadic takes \*sizes, so it needs its own get_config"):
        Variadic(1, 2).get_config()


def test_an_argument_that_cannot_be_written_is_named():
    with pytest.raises(TypeError, match=r"Child: the argument 'shape' cannot be written: .* of type range"):
        Child(1, shape=range(3)).get_config()


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda obj: pickle.loads(pickle.dumps(obj))])
def test_copies_keep_the_configuration(copied):
    obj = Child(3, rate=2.0)
    assert copied(obj).get_config() == obj.get_config()


KERAS_FORMS = [
    (lambda: initializers.HeNormal(seed=3), "keras.initializers", "HeNormal"),
    (lambda: initializers.Constant(np.ones(3, "float32")), "keras.initializers", "Constant"),
    (lambda: initializers.RandomNormal(seed=SeedGenerator(4)), "keras.initializers", "RandomNormal"),
    (lambda: regularizers.L1L2(0.1, 0.2), "keras.regularizers", "L1L2"),
    (lambda: optimizers.schedules.CosineDecay(0.1, 5), "keras.optimizers.schedules", "CosineDecay"),
    (
        lambda: optimizers.SGD(optimizers.schedules.ExponentialDecay(0.1, 5, 0.5), name="s"),
        "keras.optimizers",
        "SGD",
    ),
]


@pytest.mark.parametrize(("make", "module", "name"), KERAS_FORMS)
def test_keras_form_and_back(make, module, name):
    written = through_json(serialize_keras_object(make()))
    assert (written["module"], written["class_name"], written["registered_name"]) == (module, name, None)
    again = deserialize_keras_object(written)
    assert type(again) is type(make())
    assert through_json(serialize_keras_object(again)) == written


@pytest.mark.parametrize(
    "module", ["keras.initializers", "keras.src.initializers.random_initializers", "keras", "keras.initializers.x"]
)
def test_modules_that_keras_has_written(module):
    config = {"module": module, "class_name": "HeNormal", "config": {"seed": 1}, "registered_name": None}
    assert type(deserialize_keras_object(config)) is initializers.HeNormal


def test_configurations_of_older_keras_have_no_module():
    config = {"class_name": "glorot_uniform", "config": {"seed": 1}}
    assert type(initializers.get(config)) is initializers.GlorotUniform


@pytest.mark.parametrize(
    "value",
    [
        None,
        [1, 2.5, "text", True],
        {"a": {"b": [1]}},
        b"bytes",
        slice(1, None, 2),
        ...,
        np.arange(6, dtype="int16").reshape(2, 3),
    ],
    ids=repr,
)
def test_values_round_trip(value):
    again = deserialize_keras_object(through_json(serialize_keras_object(value)))
    np.testing.assert_equal(again, value)
    assert getattr(again, "dtype", None) == getattr(value, "dtype", None)


def test_numpy_numbers_and_dtypes_become_plain():
    assert serialize_keras_object([np.float32(0.5), np.int64(3), np.dtype("int8")]) == [0.5, 3, "int8"]


def test_registered_objects():
    @register_keras_serializable("tests")
    class Half(initializers.Initializer):
        def __call__(self, shape, dtype=None):
            return np.full(shape, 0.5, dtype)

    @register_keras_serializable("tests", name="twice")
    def double(x):
        return 2 * x

    assert get_registered_name(Half) == "tests>Half"
    assert get_registered_object("tests>twice") is double
    written = through_json(layers.Dense(2, activation=double, kernel_initializer=Half()).get_config())
    assert written["kernel_initializer"]["registered_name"] == "tests>Half"
    again = layers.Dense.from_config(written)
    assert again.activation is double
    assert type(again.kernel_initializer) is Half
    with pytest.raises(ValueError, match=r"Bare needs a get_config\(\) method"):
        register_keras_serializable()(type("Bare", (), {}))


def test_scope_and_custom_objects():
    def double(x):
        return 2 * x

    written = through_json(layers.Dense(2, activation=double).get_config())
    with pytest.raises(ValueError, match=r"unknown function 'double'.*custom_objects=\{'double': …\}"):
        layers.Dense.from_config(written)
    with custom_object_scope({"double": double}):
        assert layers.Dense.from_config(written).activation is double
        assert layers.Dense(2, activation="double").activation is double
    dense = {"module": "keras.layers", "class_name": "Dense", "config": written, "registered_name": None}
    assert deserialize_keras_object(dense, custom_objects={"double": double}).activation is double
    assert get_registered_object("double") is None


def test_a_function_survives_within_the_process():
    """A clone needs no registration, not even of a lambda; a file does."""
    layer = layers.Dense(2, activation=lambda x: 2 * x)
    assert layers.Dense.from_config(layer.get_config()).activation is layer.activation
    with pytest.raises(ValueError, match="does not run code from files"):
        layers.Dense.from_config(through_json(layer.get_config()))


def test_subclassing_registers():
    class Tiny(regularizers.Regularizer):
        def __init__(self, factor=0.1):
            self.factor = factor

        def __call__(self, x):
            return self.factor

    written = through_json(serialize_keras_object(Tiny(0.5)))
    assert written == {"module": __name__, "class_name": "Tiny", "config": {"factor": 0.5}, "registered_name": "Tiny"}
    assert type(deserialize_keras_object(written)) is Tiny
    assert type(regularizers.get("Tiny")) is Tiny


def test_a_class_of_a_notebook_has_no_module():
    """A notebook runs as `__main__`, which means another module wherever the configuration is read."""
    cls = type("OfACell", (initializers.Initializer,), {"__module__": "__main__"})
    written = serialize_keras_object(cls())
    assert (written["module"], written["registered_name"]) == (None, "OfACell")
    assert type(deserialize_keras_object(written)) is cls


def test_a_user_class_does_not_take_the_place_of_the_librarys():
    class Zeros(initializers.Initializer):
        pass

    assert type(initializers.get("Zeros")) is initializers.Zeros
    assert type(deserialize_keras_object(serialize_keras_object(Zeros()))) is Zeros
    assert type(deserialize_keras_object(serialize_keras_object(initializers.Zeros()))) is initializers.Zeros


@pytest.mark.parametrize(
    "config",
    [
        {"module": "os", "class_name": "function", "config": "system", "registered_name": "function"},
        {"module": "os", "class_name": "system", "config": {"command": "true"}, "registered_name": None},
        {"module": "builtins", "class_name": "function", "config": "eval", "registered_name": "function"},
        {"module": "nbkeras.random", "class_name": "set_seed", "config": {}, "registered_name": None},
        {"class_name": "__lambda__", "config": {"value": "4wAA"}},
    ],
)
def test_a_file_names_nothing_outside_the_tables(config):
    with pytest.raises(ValueError, match=r"unknown|does not run code"):
        deserialize_keras_object(config, safe_mode=False)


@pytest.mark.parametrize(
    ("get", "name", "message"),
    [
        (activations.get, "rellu", "unknown activation 'rellu'; did you mean 'relu'?"),
        (initializers.get, "glorotuniform", "unknown initializer 'glorotuniform'; did you mean 'glorot_uniform'?"),
        (optimizers.get, "nadamm", "unknown optimizer 'nadamm'; did you mean 'nadam'?"),
        (optimizers.get, "?", "choose one of adadelta, adafactor, adagrad, adam, adamax"),
        (regularizers.get, 3, "regularizer must be a name, a configuration or a callable, got 3"),
    ],
)
def test_unknown_names(get, name, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        get(name)


def test_the_table_of_aliases():
    assert serialization.table_of(initializers.HeNormal, first=initializers.Zeros) == {
        "HeNormal": initializers.HeNormal,
        "he_normal": initializers.HeNormal,
        "first": initializers.Zeros,
    }
