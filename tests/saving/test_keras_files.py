"""Files between nbkeras and real Keras, both ways: weights bit for bit, predictions, training that continues alike."""

import zlib

import numpy as np
import pytest

from nbkeras.saving import load_model
from tests.cases.case import is_plain
from tests.cases.layers.models import CASES as MODELS
from tests.cases.optimizers import CASES as optimizer_cases
from tests.closeness import assert_close
from tests.references import tables
from tests.references.libraries import Nbkeras, RealKeras, flatten
from tests.references.measure import built_layer, symbolic_inputs
from tests.references.rows import rows
from tests.references.tables import LAYERS

pytestmark = [
    pytest.mark.keras,
    pytest.mark.jax,
    pytest.mark.filterwarnings("ignore"),  # Keras' own
]
TABLES = [f"layers/{family}" for family in LAYERS]
# Of Keras 3.15, for no file of it can be expected to open there.
KERAS_FAILS = {
    "equalization": "its symbolic call finds a cycle",
    "shear": "it refuses the range below 0 that it writes itself",
}


@pytest.fixture(scope="module")
def real():
    return RealKeras()


@pytest.fixture(scope="module")
def ours():
    return Nbkeras()


def serialisable(case):
    """Rows of models have no configuration that can be compared, but can be written.

    Not weights of low rank: a file has them merged into the kernel, and `test_low_rank` is about that.
    """
    plain = all(is_plain(value) for value in case.keywords.values()) and not case.name.startswith("low rank")
    return case.models and plain and (case.config or case in MODELS) and case.name not in KERAS_FAILS


def sampled(case):
    """All models, and some of the layers; not the model in whose file Keras would call an op as a layer is called."""
    return zlib.crc32(case.name.encode()) % 9 == 0 or (case in MODELS and case.name != "embedding masks merged")


def sample():
    """The first row of each kind of layer, by the first word of its name, and a third of the others."""
    cases = [case for table in TABLES for case in tables.rows(table)]
    first = {case.name.split()[0]: case for case in reversed(cases) if serialisable(case)}
    return [*first.values(), *(case for case in cases if zlib.crc32(case.name.encode()) % 3 == 0)]


SAMPLE = sample()


def model_of(library, case):
    layer = built_layer(library, case)
    inputs = symbolic_inputs(library, case)
    return library.k.Model(inputs, case.call(layer, inputs, **case.keywords))


def outputs(library, model, arrays):
    arrays = [library.array(array) for array in arrays]
    return [np.asarray(y) for y in flatten(model(arrays if len(arrays) > 1 else arrays[0], training=False))]


def weights(model):
    return [np.asarray(weight) for weight in model.get_weights()]


def assert_same_weights(got, expected):
    got, expected = weights(got), weights(expected)
    assert [a.shape for a in got] == [a.shape for a in expected]
    assert all((a == b).all() and a.dtype == b.dtype for a, b in zip(got, expected))


@rows(*TABLES, where=lambda case: case.name in KERAS_FAILS)
def test_what_keras_cannot_read_of_itself(table, case, real, tmp_path):
    def there_and_back():
        model_of(real, case).save(tmp_path / "net.keras")
        real.k.models.load_model(tmp_path / "net.keras")

    with pytest.raises((TypeError, ValueError), match=r"cycle|could not be deserialized"):
        there_and_back()


@rows(*TABLES, where=lambda case: serialisable(case) and (case in MODELS or case in SAMPLE))
def test_a_layer(table, case, real, ours, tmp_path):
    """From Keras to nbkeras and back."""
    there, back = tmp_path / "there.keras", tmp_path / "back.keras"
    model = model_of(real, case)
    model.save(there)
    arrived = load_model(there)
    arrived.save(back)
    returned = real.k.models.load_model(back)
    expected = outputs(real, model, case.arrays())
    for library, again in ((ours, arrived), (real, returned)):
        assert_same_weights(again, model)
        assert_close(outputs(library, again, case.arrays()), expected)


@rows(*TABLES, where=lambda case: serialisable(case) and sampled(case))
def test_a_layer_made_here(table, case, real, ours, tmp_path):
    """Keras reads the configuration that nbkeras writes of its own objects."""
    model = model_of(ours, case)
    model.save(tmp_path / "net.keras")
    again = real.k.models.load_model(tmp_path / "net.keras")
    assert_same_weights(again, model)
    assert [tuple(t.shape) for t in flatten(again.outputs)] == [tuple(t.shape) for t in flatten(model.outputs)]


@rows("layers/adapted", where=lambda case: case.name in ("low rank dense", "low rank embedding"))
def test_low_rank(table, case, real, ours, tmp_path):
    """Its product is added to the kernel in the file, so that the outputs stay."""
    for there, here in ((real, ours), (ours, real)):
        model = model_of(there, case)
        model.save(tmp_path / "net.keras")
        read = (load_model if here is ours else real.k.models.load_model)(tmp_path / "net.keras")
        assert_close(outputs(here, read, case.arrays()), outputs(there, model, case.arrays()))


@pytest.mark.parametrize("name", ["MultiHeadAttention", "GroupQueryAttention"])
def test_attention_with_a_gate(name, real, ours, tmp_path):
    x = np.random.default_rng(2).normal(size=(2, 5, 4)).astype("float32")

    def model(k):
        sizes = {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}
        sizes = sizes if name == "GroupQueryAttention" else {"num_heads": 2, "key_dim": 3}
        inputs = k.Input((5, 4))
        return k.Model(inputs, getattr(k.layers, name)(**sizes, use_gate=True)(inputs, inputs))

    for there, here in ((real, ours), (ours, real)):
        written = model(there.k)
        written.save(tmp_path / "net.keras")
        read = (load_model if here is ours else real.k.models.load_model)(tmp_path / "net.keras")
        assert_close(outputs(here, read, [x]), outputs(there, written, [x]))


def test_training_is_asked_of_the_model(real, tmp_path):
    """Keras writes `training` with its default for layers that act in training alone; nobody has asked for it."""
    k, x = real.k, np.random.default_rng(3).random((40, 6, 5, 3)).astype("float32")
    inputs = k.Input((6, 5, 3))
    noisy = k.layers.GaussianNoise(0.5, name="noise")(k.layers.RandomInvert(1.0, value_range=(0, 1))(inputs))
    kept = k.layers.BatchNormalization(name="norm")(noisy, training=False)
    k.Model(inputs, [noisy, kept]).save(tmp_path / "net.keras")
    model = load_model(tmp_path / "net.keras")
    for y in model(x, training=False):
        assert_close(np.asarray(y), x, times=100)  # of the epsilon in "norm"
    noisy, kept = (np.asarray(y) for y in model(x, training=True))
    assert np.std(noisy + x) > 0.4
    assert_close(kept, noisy, times=100)


# --- training -------------------------------------------------------------------------------------------------------

X = np.random.default_rng(1).normal(size=(12, 4)).astype("float32")
Y = np.sin(X.sum(1, keepdims=True))
KINDS = [
    case
    for case in optimizer_cases
    if case.name in {"Adam amsgrad", "SGD momentum", "SGD nesterov", "RMSprop centered momentum", "Adam schedule"}
    or case.name.endswith((" rate", "Adam average", "SGD accumulates", "AdamW weight decay", "SGD clipnorm"))
]


def compiled(k, case):
    layers = [k.layers.Input((4,)), k.layers.Dense(3, activation="tanh"), k.layers.BatchNormalization()]
    model = k.Sequential([*layers, k.layers.Dense(1)])
    metrics = ["mae", k.metrics.RootMeanSquaredError(name="root")]
    model.compile(case.build(k), k.losses.MeanSquaredError(), metrics=metrics, run_eagerly=True)
    return model


def trained(model):
    """The history of two epochs; eager, because compiling the steps would take most of the time of the test."""
    return model.fit(X, Y, batch_size=4, epochs=2, shuffle=False, verbose=0).history


@pytest.mark.parametrize("case", KINDS, ids=lambda case: case.name)
def test_training_continues(case, real, ours, tmp_path):
    """Both libraries train alike after a file of Keras was read here, and again after it went back."""
    real.fresh()
    model = compiled(real.k, case)
    trained(model)
    model.save(tmp_path / "there.keras")
    arrived = load_model(tmp_path / "there.keras")
    assert_close(trained(arrived), trained(model), times=10)
    arrived.save(tmp_path / "back.keras")
    returned = real.k.models.load_model(tmp_path / "back.keras")
    assert_same_weights(returned, arrived)
    assert_close(trained(returned), trained(arrived), times=10)


def test_weights_alone(real, ours, tmp_path):
    """`.weights.h5` files, with the state of the optimizer."""
    case = next(case for case in KINDS if case.name == "Adam rate")
    model, other = compiled(real.k, case), compiled(ours.k, case)
    trained(model)
    model.save_weights(tmp_path / "net.weights.h5")
    other.load_weights(tmp_path / "net.weights.h5")
    assert_same_weights(other, model)
    assert_close(trained(other), trained(model), times=10)
    other.save_weights(tmp_path / "net.weights.h5")
    model.load_weights(tmp_path / "net.weights.h5")
    assert_same_weights(model, other)


# --- models of a user's own -----------------------------------------------------------------------------------------


def own_model(k):
    """A class and its layer, registered in the library `k`, with layers in attributes, lists and lists of lists."""

    @k.saving.register_keras_serializable("own", "Block")
    class Block(k.layers.Layer):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.units = units
            self.dense = k.layers.Dense(units)
            self.more = [k.layers.Dense(units), [k.layers.Dense(units), k.layers.Dense(units)]]

        def build(self, shape):
            self.factor = self.add_weight(shape=(self.units,), initializer="ones", name="factor")
            for layer in (self.dense, self.more[0], *self.more[1]):
                layer.build((None, self.units))

        def call(self, x):
            for layer in (self.dense, self.more[0], *self.more[1]):
                x = layer(x)
            return x * self.factor

        def get_config(self):
            return {**super().get_config(), "units": self.units}

    @k.saving.register_keras_serializable("own", "Net")
    class Net(k.Model):
        def __init__(self, units=4, **kwargs):
            super().__init__(**kwargs)
            self.units = units
            self.block = Block(units)
            self.head = k.layers.Dense(1)

        def call(self, x):
            return self.head(self.block(x))

        def get_config(self):
            return {**super().get_config(), "units": self.units}

    return Net(name="net")


def test_a_class_of_a_user(real, ours, tmp_path):
    models = [own_model(real.k), own_model(ours.k)]
    for model in models:
        model(X)
    models[0].save(tmp_path / "there.keras")
    models[1].save(tmp_path / "here.keras")
    arrived = load_model(tmp_path / "there.keras")
    returned = real.k.models.load_model(tmp_path / "here.keras")
    for got, expected, library in ((arrived, models[0], ours), (returned, models[1], real)):
        assert_same_weights(got, expected)
        assert_close(np.asarray(got(library.array(X))), np.asarray(expected(X)))


def several(k, shared_inside):
    """Two inputs, a shared layer, a model in a model, which may share that layer, outputs by name."""
    a, b = k.Input((4,), name="a"), k.Input((4,), name="b")
    shared = k.layers.Dense(4, name="shared")
    inner_input = k.Input((4,))
    first = shared if shared_inside else k.layers.Dense(4, name="first")
    inner = k.Model(inner_input, [first(inner_input), k.layers.Dense(2, name="two")(inner_input)], name="inner")
    left, right = inner(a), inner(shared(b))
    total = k.layers.Add(name="total")([left[0], right[0]])
    return k.Model({"a": a, "b": b}, {"sum": total, "rest": k.ops.concatenate([left[1], right[1]], axis=-1) - 1.0})


def assert_same_outputs(got, expected):
    given = {"a": X, "b": 2 * X}
    assert_same_weights(got, expected)
    assert_close(*({name: np.asarray(y) for name, y in model(given).items()} for model in (got, expected)))


@pytest.mark.parametrize("shared_inside", [False, True])
def test_several_inputs_and_shared_layers(shared_inside, real, ours, tmp_path):
    real.fresh()
    ours.fresh()
    theirs, here = several(real.k, shared_inside), several(ours.k, shared_inside)
    theirs.save(tmp_path / "there.keras")
    here.save(tmp_path / "here.keras")
    arrived = load_model(tmp_path / "there.keras")
    assert len(arrived.weights) == len(here.weights)
    assert_same_outputs(arrived, theirs)
    assert_same_outputs(load_model(tmp_path / "here.keras"), here)
    if not shared_inside:  # Keras 3.15.1 cannot read what it writes itself of a layer that two models share
        assert_same_outputs(real.k.models.load_model(tmp_path / "here.keras"), here)
