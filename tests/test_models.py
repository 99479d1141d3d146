"""Models: graphs, chains and subclasses; their order of layers, configurations, copies and errors."""

import copy
import json
import pickle

import numpy as np
import pytest

import nbkeras as keras
from nbkeras import layers, ops
from nbkeras.models.summary import summarize

X = np.random.default_rng(0).normal(size=(5, 8)).astype("float32")


def chain():
    return keras.Sequential([layers.Input((8,)), layers.Dense(4, activation="relu"), layers.Dense(2)], name="chain")


def residual():
    x = layers.Input((8,), name="x")
    h = layers.Dense(8, activation="tanh")(x)
    return keras.Model(x, layers.Dense(2)(layers.add([h, x]) + ops.exp(-h)), name="residual")


def shared():
    left, right = layers.Input((8,), name="left"), layers.Input((8,), name="right")
    tower = layers.Dense(3)
    return keras.Model([left, right], ops.square(tower(left) - tower(right)))


def nested():
    x = layers.Input((8,))
    inner = keras.Sequential([layers.Input((8,)), layers.Dense(4)], name="inner")
    return keras.Model(x, layers.Dense(1)(inner(x)))


def several_outputs():
    x = layers.Input((8,))
    h = layers.Dense(4)(x)
    return keras.Model(x, {"a": layers.Dense(1)(h), "b": layers.Dense(2)(h)})


def keyword_call():
    x = layers.Input((6, 8))
    return keras.Model(x, layers.MultiHeadAttention(2, 4)(x, value=x))


class Residual(keras.Model):
    def __init__(self, units=4):
        super().__init__()
        self.units = units
        self.blocks = [layers.Dense(units, activation="relu"), layers.Dense(units)]
        self.head = layers.Dense(1)

    def call(self, x):
        for block in self.blocks:
            x = block(x)
        return self.head(x)


def sliced():
    x = layers.Input((6, 8))
    return keras.Model(x, layers.Dense(2)(x[:, 1:-1:2, ..., None][..., 0]))


def begun_within():
    """It begins with what layers of another model gave, which are no part of it."""
    before, x = layers.Dense(8)(layers.Input((5,))), layers.Input((8,), name="x")
    h = layers.Dropout(0.5)(layers.add([before, x]))
    return keras.Model([x, before], {"h": h, "y": layers.Dense(3)(h)})


GRAPHS = [chain, residual, shared, nested, several_outputs, keyword_call, sliced, begun_within]


def inputs_of(model):
    rng = np.random.default_rng(1)
    x = [rng.normal(size=(5, *t.shape[1:])).astype("float32") for t in model.inputs]
    return x if len(x) > 1 else x[0]


def equal(a, b):
    return all(np.array_equal(p, q) for p, q in zip(keras.tree.flatten(a), keras.tree.flatten(b), strict=True))


@pytest.mark.parametrize("make", GRAPHS)
def test_config_round_trip(make):
    model = make()
    config = json.loads(json.dumps(model.get_config()))
    copied = type(model).from_config(config)
    copied.set_weights(model.get_weights())
    x = inputs_of(model)
    assert equal(copied(x), model(x))
    assert copied.get_config() == model.get_config()
    assert json.loads(keras.models.model_from_json(model.to_json()).to_json()) == json.loads(model.to_json())


@pytest.mark.parametrize("make", GRAPHS)
def test_clone_has_the_architecture_and_new_weights(make):
    model = make()
    clone = keras.models.clone_model(model)
    assert [w.shape for w in clone.weights] == [w.shape for w in model.weights]
    assert not np.array_equal(clone.get_weights()[0], model.get_weights()[0])
    assert {id(w) for w in clone.weights}.isdisjoint(id(w) for w in model.weights)


@pytest.mark.parametrize("make", GRAPHS)
def test_symbolic_shape_is_the_real_shape(make):
    model = make()
    symbolic = keras.tree.flatten(model.output_shape)
    real = [y.shape for y in keras.tree.flatten(model(inputs_of(model)))]
    flat = keras.tree.flatten(keras.tree.map_structure(lambda t: np.empty([d or 5 for d in t.shape]), model.output))
    assert [a.shape for a in flat] == real
    assert len(symbolic) > 0


def modules(model):
    """By class: the `module` and `registered_name` that are written for `model` and everything in it."""
    found = {}

    def visit(item):
        if isinstance(item, dict):
            if "registered_name" in item:
                found[item["class_name"]] = (item["module"], item["registered_name"])
            for value in item.values():
                visit(value)
        elif isinstance(item, (list, tuple)):
            for value in item:
                visit(value)

    visit(json.loads(model.to_json()))
    return found


FUNCTIONAL = ("keras.src.models.functional", "Functional")


def models_of(k):
    """A model of each kind, made with the package `k`."""

    class Branching(k.Model):
        def __init__(self, units=2, **kwargs):
            super().__init__(**kwargs)
            self.head = k.layers.Dense(units)

        def call(self, x):
            return self.head(x)

    class Chain(k.Sequential):
        pass

    x = k.Input((8,))
    chained = k.Sequential([k.Input((8,)), k.layers.Dense(4)])
    graph = k.Model(x, k.layers.Dense(8)(x))
    per_step = k.layers.TimeDistributed(graph)
    steps = k.Input((3, 8))
    return {
        "sequential": chained,
        "functional": graph,
        "functional in sequential": k.Sequential([k.Input((8,)), graph, k.layers.ReLU()]),
        "sequential in functional": k.Model(x, chained(graph(x))),
        "functional in a wrapper": k.Model(steps, per_step(steps)),
        "subclass": Branching(),
        "subclass of sequential": Chain([k.Input((8,)), k.layers.Dense(4)]),
        "subclass of functional": type("Wide", (k.Model,), {})(x, k.layers.Dense(8)(x)),
    }


def test_modules_written():
    written = {kind: modules(model) for kind, model in models_of(keras).items()}
    assert written["sequential"]["Sequential"] == ("keras", None)
    assert written["functional"]["Functional"] == FUNCTIONAL
    assert written["functional in sequential"]["Functional"] == FUNCTIONAL
    assert written["sequential in functional"]["Sequential"] == ("keras", None)
    assert written["subclass"]["Branching"] == (__name__, "Branching")


@pytest.mark.keras
@pytest.mark.filterwarnings("ignore")  # Keras' own
def test_modules_written_are_those_of_keras():
    import keras as real

    theirs = {kind: modules(model) for kind, model in models_of(real).items()}
    assert {kind: modules(model) for kind, model in models_of(keras).items()} == theirs


@pytest.mark.keras
@pytest.mark.filterwarnings("ignore")  # Keras' own
@pytest.mark.parametrize("kind", [kind for kind in models_of(keras) if "subclass" not in kind])
def test_each_reads_what_the_other_writes(kind):
    import keras as real

    ours, theirs = models_of(keras)[kind], models_of(real)[kind]
    for model, reader in ((ours, real), (theirs, keras)):
        read = reader.models.model_from_json(model.to_json())
        assert type(read).__name__ == type(model).__name__
        assert [w.shape for w in read.weights] == [w.shape for w in model.weights]


@pytest.mark.parametrize(
    "module", ["keras", "keras.models", "keras.src.models", "keras.src.models.sequential", "keras.src.models.model"]
)
def test_modules_that_a_sequential_is_read_from(module):
    config = {**json.loads(chain().to_json()), "module": module}
    assert type(keras.models.model_from_json(json.dumps(config))) is keras.Sequential


@pytest.mark.parametrize("module", ["keras", "keras.models", "keras.src.models", "keras.src.models.functional"])
@pytest.mark.parametrize("registered_name", [None, "Functional"])
def test_modules_that_a_graph_is_read_from(module, registered_name):
    config = {**json.loads(residual().to_json()), "module": module, "registered_name": registered_name}
    assert type(keras.models.model_from_json(json.dumps(config))) is keras.models.Functional


def test_a_users_class_of_a_librarys_name_is_read_as_theirs():
    class Sequential(keras.Sequential):
        pass

    written = Sequential([layers.Input((8,)), layers.Dense(4)], name="own").to_json()
    assert type(keras.models.model_from_json(written)) is Sequential


def test_clone_function_replaces_layers():
    model = residual()
    clone = keras.models.clone_model(
        model,
        clone_function=lambda layer: (
            layers.Dense(layer.units, name=layer.name, use_bias=False)
            if isinstance(layer, layers.Dense)
            else type(layer).from_config(layer.get_config())
        ),
    )
    assert clone.count_params() == 8 * 8 + 8 * 2


def test_deepcopy_keeps_weights():
    model = residual()
    copied = copy.deepcopy(model)
    assert equal(copied(X), model(X))
    copied.layers[1].kernel.assign(np.zeros((8, 8)))
    assert not equal(copied(X), model(X))


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))])
def test_a_copy_goes_on_training(copied):
    model = chain()
    model.compile(keras.optimizers.Adam(0.1), "mse", metrics=["mae"])
    y = np.ones((len(X), *model.output_shape[1:]), "float32")
    model.fit(X, y, verbose=0, shuffle=False)
    twin = copied(model)
    histories = [one.fit(X, y, epochs=2, verbose=0, shuffle=False).history for one in (model, twin)]
    assert histories[0] == histories[1]
    assert equal(*(one.predict(X, verbose=0) for one in (model, twin)))


def test_shared_layer_counts_once():
    model = shared()
    assert model.count_params() == 8 * 3 + 3
    assert [layer.name for layer in model.layers][:2] == ["left", "right"]


def test_inputs_by_name():
    model = shared()
    left, right = X, X[::-1]
    assert equal(model({"right": right, "left": left}), model([left, right]))


@pytest.mark.parametrize("several", [list, tuple])
def test_a_list_of_one_is_that_one(several):
    x = layers.Input((8,))
    y = layers.Dense(2)(x)
    model = keras.Model(several([x]), several([y]))
    assert (model.input_shape, model.output_shape) == ((None, 8), (None, 2))
    assert type(model.input) is several
    assert model(X).shape == model([X]).shape == model.predict(X, verbose=0).shape == (5, 2)


def recurrent_chain():
    return keras.Sequential([layers.LSTM(3, return_sequences=True), layers.Dense(2)])


def recurrent_graph():
    x = layers.Input((6, 5))
    return keras.Model(x, layers.Dense(2)(layers.GRU(3, return_sequences=True)(x)))


@pytest.mark.parametrize("make", [recurrent_chain, recurrent_graph])
def test_other_lengths_than_the_first_where_the_layers_take_them(make):
    model = make()
    model.compile("sgd", "mse")
    for length in (6, 3, 9):
        x, y = np.ones((4, length, 5), "float32"), np.ones((4, length, 2), "float32")
        model.fit(x, y, validation_data=(x, y), verbose=0)
        assert model.predict(x, verbose=0).shape == model(x).shape == (4, length, 2)
    with pytest.raises(ValueError, match=r"expects input '\w+' of shape \(None, 6, 5\), got \(None, 6, 4\)"):
        model(np.ones((4, 6, 4), "float32"))


def test_features_of_an_inner_layer():
    model = chain()
    features = keras.Model(model.inputs, model.layers[0].output)
    assert features(X).shape == (5, 4)
    assert equal(features(X), model.layers[0](X))


def test_subclass_builds_from_shapes_and_from_data():
    a, b = Residual(), Residual()
    a.build((None, 8))
    assert b(X).shape == (5, 1)
    assert [w.path.split("/")[-1] for w in a.weights] == ["kernel", "bias"] * 3
    assert a.count_params() == b.count_params()
    assert Residual.from_config(a.get_config()).units == 4


def test_trainable_flag_reaches_within():
    model = nested()
    model.get_layer("inner").trainable = False
    assert len(model.trainable_variables) == 2
    assert len(model.non_trainable_variables) == 2
    model.trainable = True
    assert len(model.trainable_variables) == 4


def test_models_begun_within_leave_out_what_was_before():
    x = layers.Input((8,))
    h = layers.Dense(4)(x)
    whole = keras.Model(x, layers.Dense(1)(h))
    head = keras.Model(h, whole.output)
    assert [type(layer) for layer in head.layers] == [layers.InputLayer, layers.Dense]
    assert head.weights == whole.weights[2:]
    assert whole.layers[-1].output is whole.output
    np.testing.assert_array_equal(head(keras.Model(x, h)(X)), whole(X))


def test_a_compiled_model_within_keeps_its_losses_to_itself():
    inner = nested()
    outer = keras.Model(inner.input, inner(inner.input))
    for model in (inner, outer):
        model.compile("sgd", "mse", metrics=["mae"])
    y = np.arange(5.0)
    assert outer.evaluate(X, y, verbose=0) == inner.evaluate(X, y, verbose=0)
    assert outer.metrics_names == ["loss", "mae"]


def test_sequential_add_and_pop():
    model = keras.Sequential()
    model.add(layers.Dense(4, input_dim=8))
    model.add(layers.Dense(3))
    assert model.output_shape == (None, 3)
    model.pop()
    assert model.output_shape == (None, 4)
    assert model(X).shape == (5, 4)


def test_sequential_without_input_builds_at_the_first_call():
    model = keras.Sequential([layers.Dense(4), layers.Dense(2)])
    assert not model.built
    assert model(X).shape == (5, 2)
    assert model.output_shape == (None, 2)


def test_a_thousand_layers():
    model = keras.Sequential([layers.Input((8,)), *[layers.Dense(8) for _ in range(1000)]])
    assert keras.Sequential.from_config(model.get_config()).count_params() == 1000 * 72


def test_summary_lists_layers_and_totals(capsys):
    residual().summary()
    text = capsys.readouterr().out
    for part in ["residual", "x (InputLayer)", "(None, 8)", "Total params: 90 (360.00 B)", "Connected to"]:
        assert part in text


@pytest.mark.parametrize("cell", [layers.LSTM, layers.GRU, layers.SimpleRNN])
def test_operations_grow_with_the_steps(cell):
    def operations(steps):
        return summarize(keras.Sequential([layers.Input((steps, 1)), cell(4)])).flops

    products = 2 * cell(4).cell.gates * 4 * (1 + 4)
    assert operations(12) == 12 * operations(1)
    assert products < operations(1) < 2 * products


def test_summary_counts_an_optimizer_once_it_has_weights():
    model = chain()
    model.compile("adam", "mse")
    assert summarize(model).optimizer_parameters == 0
    model.fit(X, np.ones((5, 2)), verbose=0)
    assert summarize(model).optimizer_parameters == 2 * model.count_params() + 2


def test_summary_breaks_long_lists_of_connections(capsys):
    inputs = [layers.Input((2,), name=f"column_{n}") for n in range(9)]
    keras.Model(inputs, layers.concatenate(inputs)).summary()
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 100
    assert all(any(f"column_{n}[0]" in line for line in lines) for n in range(9))


def test_summary_of_sequences_of_any_length(capsys):
    """Nobody can tell the operations for a sequence in which one window of seven fits."""
    model = keras.Sequential([layers.Input((None, 3)), layers.Conv1D(2, 7)])
    model.summary()
    assert "Total params: 44" in capsys.readouterr().out
    assert summarize(model).flops is None


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: chain()(X[:, :5]), r"Sequential 'chain' expects input .* of shape \(None, 8\), got \(None, 5\)"),
        (lambda: shared()([X]), r"expects 2 inputs, got 1"),
        (lambda: shared()({"left": X}), r"expects inputs \['left', 'right'\], got \['left'\]"),
        (lambda: chain().get_layer("nope"), r"has no layer 'nope'; it has"),
        (lambda: keras.Model(X, X), r"must be symbolic tensors"),
        (lambda: keras.Sequential([layers.Dense(2, name="d"), layers.Dense(2, name="d")]), "already has a layer 'd'"),
        (lambda: keras.Sequential([3]), r"expects a layer, got int"),
        (lambda: keras.Sequential([layers.Dense(2)]).count_params(), "has no weights yet"),
        (lambda: keras.Model(layers.Input((2,)), layers.Dense(1)(layers.Input((2,)))), "not among the model's inputs"),
        (lambda: chain().set_weights([]), "expects 4 weights, got 0"),
        (lambda: layers.Dense(3, color="red"), "Dense has no argument 'color'"),
    ],
)
def test_errors_say_what_is_wrong(call, message):
    with pytest.raises((ValueError, TypeError), match=message):
        call()


def test_weights_file_round_trip(tmp_path):
    model = residual()
    model.save_weights(tmp_path / "net.weights.h5")
    other = keras.models.clone_model(model)
    other.load_weights(tmp_path / "net.weights.h5")
    assert equal(other(X), model(X))
    wrong = chain()
    before = wrong.get_weights()
    with pytest.raises(ValueError, match="does not fit"):
        wrong.load_weights(tmp_path / "net.weights.h5")
    assert equal(before, wrong.get_weights())
    assert [p.name for p in tmp_path.iterdir()] == ["net.weights.h5"]
