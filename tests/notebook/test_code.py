"""Models as source: cells and plain Keras, for models however they were made, and what building from them gives."""

import json

import pytest

import nbkeras
from nbkeras import Model, Sequential, layers
from nbkeras.naming import fresh_names
from nbkeras.random import host_generator
from tests.notebook.cells import declare, declare_cell


def chain():
    model = Sequential([layers.Input((8,)), layers.Dense(4, activation="relu"), layers.Dense(1)], name="net")
    model.compile("adam", "mse", metrics=["mae"])
    return model


def chain_with_settings():
    regularizer = nbkeras.regularizers.L2(0.1)
    hidden = layers.Dense(4, kernel_initializer="he_normal", kernel_regularizer=regularizer, name="my-hidden")
    model = Sequential([layers.Input((8,), batch_size=2, name="rows"), hidden, layers.LeakyReLU(0.1)], name="net")
    model.compile(nbkeras.optimizers.SGD(0.1, momentum=0.9), nbkeras.losses.Huber(delta=2.0))
    return model


def functional_chain():
    x = layers.Input((8,))
    return Model(x, layers.Dense(1)(x), name="net")


def branches():
    words, price = layers.Input((5,), dtype="int32", name="words"), layers.Input((2,), name="price")
    read = layers.LSTM(3)(layers.Embedding(10, 4)(words))
    return Model([words, price], layers.Dense(1)(layers.Concatenate()([read, price])), name="net")


def inputs_in_another_order():
    a, b = layers.Input((2,), name="a"), layers.Input((3,), name="b")
    return Model([b, a], layers.Dense(1)(layers.Concatenate()([a, b])), name="net")


def shared():
    a, b = layers.Input((4,)), layers.Input((4,))
    tower = layers.Dense(3, name="tower")
    return Model([a, b], layers.Subtract()([tower(a), tower(b)]), name="net")


def several_outputs():
    x = layers.Input((4,))
    h = layers.Dense(3)(x)
    return Model(x, [layers.Dense(1)(h), h], name="net")


def outputs_by_name():
    x = layers.Input((4,))
    h = layers.Dense(3)(x)
    model = Model(x, {"main": layers.Dense(1)(h), "aux": h}, name="net")
    model.compile("sgd", {"main": "mse", "aux": "mae"}, loss_weights={"main": 1.0, "aux": 0.5})
    return model


def everything_in_lists():
    x = layers.Input((4,))
    return Model([x], [layers.Dense(3)(x)], name="net")


def inputs_by_name():
    a, b = layers.Input((4,), name="a"), layers.Input((4,), name="b")
    return Model({"a": a, "b": b}, layers.Add()([a, b]), name="net")


def states():
    x = layers.Input((5, 4))
    y, h, c = layers.LSTM(3, return_sequences=True, return_state=True)(x)
    return Model(x, layers.LSTM(3)(y, initial_state=[h, c]), name="net")


def nested_chain():
    inner = Sequential([layers.Input((4,)), layers.Dense(3)], name="inner")
    return Sequential([layers.Input((4,)), inner, layers.Dense(1)], name="net")


def nested_graph():
    a = layers.Input((4,), name="a")
    inner = Model(a, layers.Add()([layers.Dense(4)(a), a]), name="inner")
    x, y = layers.Input((4,)), layers.Input((4,))
    return Model([x, y], layers.Multiply()([inner(x), inner(y)]), name="net")


def wrappers():
    x = layers.Input((5, 4))
    both = layers.Bidirectional(layers.GRU(3, return_sequences=True))(x)
    return Model(x, layers.TimeDistributed(layers.Dense(2))(both), name="net")


def odd_names():
    x = layers.Input((4,), name="class")
    h = layers.Dense(3, name="add")(x)
    return Model(x, layers.Concatenate(name="a b")([h, layers.Dense(2, name="ops")(h)]), name="net")


MODELS = [
    chain,
    chain_with_settings,
    functional_chain,
    branches,
    inputs_in_another_order,
    shared,
    several_outputs,
    outputs_by_name,
    everything_in_lists,
    inputs_by_name,
    states,
    nested_chain,
    nested_graph,
    wrappers,
    odd_names,
]


@pytest.fixture(params=MODELS, ids=lambda make: make.__name__)
def model(request):
    return request.param()


def check_equal(again, model):
    assert type(again) is type(model)
    assert json.dumps(again.get_config()) == json.dumps(model.get_config())
    assert again.get_compile_config() == model.get_compile_config()


def test_cell_and_back(model):
    check_equal(declare_cell(model.to_cell()), model)


def test_python_and_back(model):
    namespace = {}
    exec(model.to_python("nbkeras"), namespace)
    check_equal(namespace["net"], model)


def test_loaded_and_back(model):
    loaded = type(model).from_config(model.get_config())
    loaded.compile("sgd", "mse")
    check_equal(declare_cell(loaded.to_cell()), loaded)


def test_what_only_shows_draws_nothing(model):
    before = host_generator().bit_generator.state
    for show in (model.to_cell, model.to_python, model._repr_mimebundle_):
        show()
    assert host_generator().bit_generator.state == before


# body -> the cell that says the same, without the compile
CELLS = {
    "formulas": (
        "x: Input((4,))\ny: Input((4,))\n(x - y) ** 2 / (1 + x) - -x * (y * 2)[:, 0:1]",
        "x: Input((4,))\ny: Input((4,))\n(x - y) ** 2 / (1 + x) - ops.negative(x) * (y * 2)[:, 0:1]\n",
    ),
    "a label on a formula": ("Input((4,))\nz: _ + 1\nDense(2)", "Input((4,))\nz: _ + 1\nDense(2)\n"),
    "what is read twice gets a label": (
        "Input((4,))\nDense(4)\nskip = _\nDense(4)\n_ + skip",
        "Input((4,))\ndense: Dense(4)\nDense(4)\n_ + dense\n",
    ),
    "an added loss": (
        "Input((4,))\nh: Dense(2)\nDense(1)\nadd_loss(0.1 * ops.mean(h ** 2), name='small')",
        'Input((4,))\nh: Dense(2)\nDense(1)\nadd_loss(0.1 * ops.mean(h ** 2), name="small")\n',
    ),
    "random numbers": (
        "Input((4,))\n_ + random.normal(ops.shape(_), stddev=0.1)",
        "Input((4,))\n_ + random.normal(ops.shape(_), stddev=0.1)\n",
    ),
    "a model that says what it is": (
        "x: Input((4,))\ny: Dense(2)\nModel([x], {'y': y})",
        'x: Input((4,))\ny: Dense(2)\nModel([x], {"y": y})\n',
    ),
}


@pytest.mark.parametrize(("body", "cell"), CELLS.values(), ids=CELLS)
def test_cell(body, cell):
    model = declare(body)
    assert model.to_cell() == f"%%model net\n{cell}"
    check_equal(declare_cell(model.to_cell()), model)


def test_a_cell_reads_well():
    with fresh_names():
        model = branches()
    assert model.to_cell() == (
        "%%model net\n"
        'words: Input((5,), dtype="int32")\n'
        "Embedding(10, 4)\n"
        "lstm: LSTM(3)\n"
        "price: Input((2,))\n"
        "Concatenate()([lstm, price])\n"
        "Dense(1)\n"
    )


def test_python_reads_well():
    with fresh_names():
        model = chain()
    assert model.to_python() == (
        "from keras import Input, Sequential, layers\n"
        "\n"
        "net = Sequential(\n"
        "    [\n"
        '        Input((8,), name="input_layer"),\n'
        '        layers.Dense(4, activation="relu", name="dense"),\n'
        '        layers.Dense(1, name="dense_1"),\n'
        "    ],\n"
        '    name="net",\n'
        ")\n"
        'net.compile("adam", "mse", metrics=["mae"])\n'
    )


def test_functional_python_reads_well():
    with fresh_names():
        model = branches()
    assert model.to_python() == (
        "from keras import Input, Model, layers\n"
        "\n"
        'words = Input((5,), dtype="int32", name="words")\n'
        'x = layers.Embedding(10, 4, name="embedding")(words)\n'
        'lstm = layers.LSTM(3, name="lstm")(x)\n'
        'price = Input((2,), name="price")\n'
        'x = layers.Concatenate(name="concatenate")([lstm, price])\n'
        'dense = layers.Dense(1, name="dense")(x)\n'
        'net = Model(inputs=[words, price], outputs=dense, name="net")\n'
    )


class Scale(layers.Layer):
    """A layer of the reader's own."""

    def __init__(self, factor, **base):
        super().__init__(**base)
        self.factor = factor

    def call(self, x):
        return self.factor * x


def test_layers_of_the_readers_own():
    model = declare("Input((4,))\nScale(3.0)", {"Scale": Scale})
    assert model.to_cell() == "%%model net\nInput((4,))\nScale(3.0)\n"
    code = model.to_python("nbkeras")
    assert "# Your own, to be defined or imported here: Scale\n" in code
    namespace = {"Scale": Scale}
    exec(code, namespace)
    check_equal(namespace["net"], model)


@pytest.mark.parametrize("method", ["to_cell", "to_python"])
def test_a_lambda_cannot_be_written(method):
    model = Sequential([layers.Input((4,)), layers.Lambda(lambda x: 2 * x)])
    with pytest.raises(ValueError, match="a lambda has no name that code could call it by"):
        getattr(model, method)()


class Own(Model):
    """A model that its `call` defines."""

    def call(self, x):
        return x


@pytest.mark.parametrize(
    ("make", "method", "match"),
    [
        (Own, "to_cell", "only graphs can be written"),
        (Own, "to_python", "is defined by its call"),
        (lambda: Sequential([layers.Dense(1)]), "to_cell", "build it first"),
    ],
)
def test_what_cannot_be_written(make, method, match):
    with pytest.raises(ValueError, match=match):
        getattr(make(), method)()


def test_a_sequential_without_an_input_is_python():
    namespace = {}
    exec(Sequential([layers.Dense(1)], name="net").to_python("nbkeras"), namespace)
    assert not namespace["net"].built


@pytest.mark.keras
def test_real_keras_runs_the_code(model):
    keras = pytest.importorskip("keras")
    namespace = {}
    exec(model.to_python(), namespace)
    theirs = namespace["net"]
    assert theirs.__class__.__module__.split(".")[0] == keras.__name__ == "keras"
    assert [tuple(w.shape) for w in theirs.weights] == [w.shape for w in model.weights]
    assert [layer.name for layer in theirs.layers] == [layer.name for layer in model.layers]
