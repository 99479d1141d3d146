"""Recurrent layers and their wrappers: kernels, states, masks, directions, dropout."""

import numpy as np
import pytest

from nbkeras import Input, Model, Sequential, layers, masks, ops
from nbkeras.backends import use_backend
from tests.cases.numbers import stream
from tests.closeness import assert_close
from tests.kernel_checks import check_fused
from tests.references.rows import BACKENDS

BATCH, STEPS, FEATURES, UNITS = 4, 5, 3, 2


def drawn(*shape, salt=0):
    return stream(salt, shape).standard_normal(shape).astype("float32")


def padded(*lengths, left=False):
    """A mask of sequences of these lengths."""
    kept = np.arange(STEPS) < np.array(lengths)[:, None]
    return kept[:, ::-1] if left else kept


X = drawn(BATCH, STEPS, FEATURES)
MASKS = {  # with a row of which nothing is kept
    "padded right": padded(5, 3, 1, 0),
    "padded left": padded(5, 3, 1, 0, left=True),
    "scattered": np.array([[1, 0, 1, 1, 0], [0, 1, 0, 0, 1], [0] * 5, [0, 0, 1, 1, 1]], bool),
}
FAMILIES = ["SimpleRNN", "LSTM", "GRU"]
MAKERS = {  # and which of the states is the output
    **{family: (getattr(layers, family), 0) for family in FAMILIES},
    "GRU reset before": (lambda units, **options: layers.GRU(units, reset_after=False, **options), 0),
    "LSTM softsign": (lambda units, **options: layers.LSTM(units, "softsign", "hard_sigmoid", **options), 0),
    "RNN": (lambda units, **options: layers.RNN(layers.LSTMCell(units), **options), 0),
    "stacked": (lambda units, **options: layers.RNN([layers.GRUCell(3), layers.LSTMCell(units)], **options), 1),
}
EITHER = [False, True]
families = pytest.mark.parametrize("family", FAMILIES)
makers = pytest.mark.parametrize(("make", "place"), MAKERS.values(), ids=MAKERS)
some_masks = pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)


@pytest.fixture(params=BACKENDS)
def each_backend(request):
    with use_backend(request.param):
        yield


def filled(layer, x=X):
    """`layer` with drawn weights, the same for layers of the same shapes."""
    layer(x)
    layer.set_weights([0.7 * drawn(*w.shape, salt=i) for i, w in enumerate(layer.get_weights())])
    return layer


def flat(nest):
    return [leaf for item in nest for leaf in flat(item)] if isinstance(nest, (list, tuple)) else [nest]


def some_states(layer, batch=BATCH):
    return [drawn(*np.shape(state), salt=i) for i, state in enumerate(flat(layer.get_initial_state(batch)))]


# --- kernels ----------------------------------------------------------------------------------------------------------

KERNEL_ROWS = {  # op, numbers of gates and states, optional arguments, attributes
    "simple_rnn": ("simple_rnn", 1, 1, [], {}),
    "lstm": ("lstm", 4, 2, [], {}),
    "gru": ("gru", 3, 1, [drawn(3 * UNITS)], {}),
    "gru without bias": ("gru", 3, 1, [None], {}),
    "gru reset before": ("gru", 3, 1, [None], {"reset_after": False}),
}


@pytest.mark.parametrize("dropped", EITHER)
@pytest.mark.parametrize("zero_output_for_mask", EITHER)
@pytest.mark.parametrize("return_sequences", EITHER)
@pytest.mark.parametrize("mask", [None, *MASKS.values()], ids=["no mask", *MASKS])
@pytest.mark.parametrize(("op", "gates", "states", "optional", "attributes"), KERNEL_ROWS.values(), ids=KERNEL_ROWS)
def test_kernel(op, gates, states, optional, attributes, mask, return_sequences, zero_output_for_mask, dropped):
    shapes = [(STEPS, BATCH, gates * UNITS), *[(BATCH, UNITS)] * states, (UNITS, gates * UNITS)]
    dropout = 2.0 * (drawn(gates, BATCH, UNITS) > 0) if dropped else None
    check_fused(
        op,
        [*(stream(op, i).standard_normal(shape) for i, shape in enumerate(shapes)), *optional],
        [None if mask is None else mask.T, dropout],
        return_sequences=return_sequences,
        zero_output_for_mask=zero_output_for_mask,
        **attributes,
    )


# --- dropout, against a plain loop ------------------------------------------------------------------------------------


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def product(x, kernel, dropout):
    """`x @ kernel`, with dropout of its own for each gate; gate by gate."""
    return [(x * kept) @ gate for kept, gate in zip(dropout, np.split(kernel, len(dropout), axis=1))]


def simple_rnn_step(x, h, c, bias):
    return np.tanh(x[0] + h[0] + bias), c


def lstm_step(x, h, c, bias):
    i, f, a, o = (p + q + b for p, q, b in zip(x, h, np.split(bias, 4)))
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(a)
    return sigmoid(o) * np.tanh(c), c


def gru_step(x, h, c, bias):
    """`c` is the state before."""
    x, h = ([p + b for p, b in zip(side, np.split(of_side, 3))] for side, of_side in zip((x, h), bias))
    update, reset = sigmoid(x[0] + h[0]), sigmoid(x[1] + h[1])
    h = update * c + (1 - update) * np.tanh(x[2] + reset * h[2])
    return h, h


PLAIN_STEPS = {"SimpleRNN": simple_rnn_step, "LSTM": lstm_step, "GRU": gru_step}


@families
def test_dropout_in_training(family, each_backend):
    """Each gate sees input and state through masks of its own, which are the same at all steps."""
    options = {"dropout": 0.5, "recurrent_dropout": 0.2, "seed": 3, "return_sequences": True}
    layer, twin = (filled(getattr(layers, family)(UNITS, **options)) for _ in range(2))
    dropout, recurrent_dropout = (np.asarray(m) for m in twin.cell.hold_dropout(BATCH))
    assert_close(np.unique(dropout), [0, 2])
    assert_close(np.unique(recurrent_dropout), [0, 1.25])
    kernel, recurrent_kernel, bias = layer.get_weights()
    h, c = np.zeros((2, BATCH, UNITS))
    expected = []
    for t in range(STEPS):
        gates = product(X[:, t], kernel, dropout), product(h, recurrent_kernel, recurrent_dropout)
        h, c = PLAIN_STEPS[family](*gates, c, bias)
        expected.append(h)
    assert_close(np.asarray(layer(X, training=True)), np.stack(expected, axis=1))


TIME = np.arange(STEPS)[None, :, None]


@pytest.mark.parametrize(
    ("rate", "x", "kept"),
    [
        ("dropout", np.ones((50, STEPS, 3), "float32"), 2.0 * (TIME + 1)),
        ("recurrent_dropout", np.ones((50, 1, 3), "float32") * (TIME == 0), 2.0**TIME),
    ],
)
@pytest.mark.parametrize("wrap", [lambda cell: cell, lambda cell: [cell]], ids=["one cell", "stacked cells"])
def test_dropout_of_a_linear_recurrence(rate, x, kept, wrap, each_backend):
    """`h = x + h`: a unit whose input or state is dropped is 0 at all later steps, the others grow."""
    cell = layers.SimpleRNNCell(3, "linear", use_bias=False, **{rate: 0.5})
    layer = layers.RNN(wrap(cell), return_sequences=True)
    layer(x)
    layer.set_weights([np.eye(3)] * 2)
    y = np.asarray(layer(x, training=True))
    survives = y[:, -1:] > 0
    assert 0.3 < survives.mean() < 0.7
    np.testing.assert_array_equal(y[:, 1:], np.where(survives, kept, 0)[:, 1:])
    np.testing.assert_array_equal(np.asarray(layer(x)), np.cumsum(x, axis=1))


@families
def test_dropout_by_seed(family):
    def runs(seed):
        layer = filled(getattr(layers, family)(UNITS, dropout=0.5, recurrent_dropout=0.5, seed=seed))
        return [layer(X, training=True) for _ in range(2)]

    (first, second), again, other = runs(1), runs(1), runs(2)
    np.testing.assert_array_equal([first, second], again)
    assert not np.array_equal(first, second)  # another batch, another choice
    assert not np.array_equal(first, other[0])


# --- masks and states -------------------------------------------------------------------------------------------------


def check_mask(make, place, mask, go_backwards=False, zero_output=False, return_sequences=True):
    """A masked row gives what its kept steps alone give, and repeats the last output, or zeros, where it is masked."""
    options = {"return_sequences": return_sequences, "go_backwards": go_backwards, "zero_output_for_mask": zero_output}
    layer = filled(make(UNITS, return_state=True, **options))
    plain = filled(make(UNITS, return_state=True, return_sequences=True))
    states = some_states(layer)
    output, *after = flat(layer(X, initial_state=states, mask=mask))
    for row in range(BATCH):
        x, kept = (a[row, ::-1] if go_backwards else a[row] for a in (X, mask))
        row_states = [state[row : row + 1] for state in states]
        shown = states[place][row : row + 1]
        if kept.any():
            y, *row_states = flat(plain(x[kept][None], initial_state=row_states))
            shown = np.concatenate([shown, np.asarray(y)[0]])
        expected = shown[np.cumsum(kept)] * (kept[:, None] if zero_output else 1)
        assert_close(np.asarray(output)[row], expected if return_sequences else expected[-1], "output")
        assert_close([np.asarray(state)[row] for state in after], [np.asarray(s)[0] for s in row_states], "state")


@pytest.mark.parametrize("return_sequences", EITHER)
@pytest.mark.parametrize("zero_output", EITHER)
@pytest.mark.parametrize("go_backwards", EITHER)
@some_masks
@makers
def test_mask(make, place, mask, go_backwards, zero_output, return_sequences):
    check_mask(make, place, mask, go_backwards, zero_output, return_sequences)


@pytest.mark.jax
@makers
def test_mask_on_jax(make, place):
    with use_backend("jax"):
        check_mask(make, place, MASKS["scattered"], go_backwards=True)


@makers
def test_states_carry_on(make, place):
    """A sequence in two calls, the second of which begins with the states of the first, is the sequence in one."""
    layer = filled(make(UNITS, return_sequences=True, return_state=True))
    mask, states = MASKS["scattered"], some_states(layer)
    whole = flat(layer(X, initial_state=states, mask=mask))
    first, *states = flat(layer(X[:, :2], initial_state=states, mask=mask[:, :2]))
    second, *states = flat(layer(X[:, 2:], initial_state=states, mask=mask[:, 2:]))
    assert_close([np.concatenate([first, second], axis=1), *states], whole)
    assert_close(flat(layer([X, *some_states(layer)], mask=mask)), whole)


@makers
def test_stateful(make, place):
    layer = filled(make(UNITS, return_state=True))
    stateful = filled(make(UNITS, stateful=True))
    stateful.reset_states()
    y, *states = flat(layer(X))
    assert_close(stateful(X), y)
    y, *states = flat(layer(X, initial_state=states))
    assert_close(stateful(X), y)
    assert_close([v.numpy() for v in flat(stateful.states)], states)
    y, *states = flat(layer(X, initial_state=some_states(layer)))
    assert_close(stateful(X, initial_state=some_states(layer)), y)
    assert_close([v.numpy() for v in flat(stateful.states)], states)
    stateful.reset_states()
    assert_close(stateful(X), layer(X)[0])


def test_stateful_model(each_backend):
    """Row by row, each batch of `predict` and of `fit` goes on where the one before it ended."""
    model = Sequential([Input(batch_shape=(2, STEPS, FEATURES)), layers.LSTM(UNITS, stateful=True)])
    filled(model, X[:2])
    whole = filled(layers.LSTM(UNITS))
    model.layers[0].reset_states()
    y = model.predict(X, batch_size=2, verbose=0)
    assert_close(y, np.concatenate([whole(X[:2]), whole(np.concatenate([X[:2], X[2:]], axis=1))]))
    after = [v.numpy() for v in model.layers[0].states]
    model.layers[0].reset_states()
    model.compile("sgd", "mse")
    model.optimizer.learning_rate = 0.0
    model.fit(X, np.zeros((BATCH, UNITS), "float32"), batch_size=2, shuffle=False, verbose=0)
    assert_close([v.numpy() for v in model.layers[0].states], after)


def test_a_decoder_begins_with_the_states_of_an_encoder(each_backend):
    source, target = Input((None, FEATURES)), Input((None, FEATURES))
    encoder, decoder = layers.LSTM(UNITS, return_state=True), layers.LSTM(UNITS, return_sequences=True)
    model = Model([source, target], decoder(target, initial_state=encoder(source)[1:]))
    model.set_weights([drawn(*w.shape, salt=i) for i, w in enumerate(model.get_weights())])
    assert_close(model.predict([X, X[:, :2]], verbose=0), np.asarray(decoder(X[:, :2], initial_state=encoder(X)[1:])))


class RunningSum:
    """A cell that is no layer: its output, the sum of all inputs twice, has another size than its state."""

    state_size, output_size = FEATURES, 2 * FEATURES

    def call(self, inputs, states):
        total = states[0] + inputs
        return ops.concatenate([total, total], axis=-1), [total]


class RunningSumLayer(layers.Layer):
    """The same as a layer, with its sizes in a list and its state alone."""

    state_size, output_size = [FEATURES], 2 * FEATURES

    def call(self, inputs, states):
        output, (total,) = RunningSum().call(inputs, states)
        return output, total


@pytest.mark.parametrize("cell", [RunningSum, RunningSumLayer])
def test_a_cell_of_ones_own(cell, each_backend):
    """It gets its states as a list, even if there is one; masked steps at the beginning output zeros."""
    layer, mask = layers.RNN(cell(), return_sequences=True), MASKS["scattered"]
    for x, keywords in ((X, {}), (X * mask[..., None], {"mask": mask})):
        assert_close(np.asarray(layer(X, **keywords)), np.tile(np.cumsum(x, axis=1), 2))
    assert_close(np.asarray(layer(X, initial_state=X[:, 0])), np.tile(np.cumsum(X, axis=1) + X[:, :1], 2))
    stacked = layers.RNN([layers.SimpleRNNCell(FEATURES), cell()], return_state=True)
    y, _, total = flat(stacked(X))
    assert_close(np.asarray(y), np.tile(np.asarray(total), 2))


# --- Masking, Bidirectional, TimeDistributed --------------------------------------------------------------------------


@families
def test_masking(family, each_backend):
    """A masked step is one of which all features are the given value; the mask goes through all that follows."""
    x = np.where(MASKS["scattered"][..., None], X, np.float32(7))
    x[0, 0, 1:] = 7  # not all features
    make = getattr(layers, family)
    inner = [make(3, return_sequences=True), layers.Dense(3), make(UNITS)]
    model = filled(Sequential([layers.Masking(7.0), *inner]), x)
    first = inner[0](x, mask=MASKS["scattered"])
    assert_close(np.asarray(model(x)), np.asarray(inner[2](inner[1](first), mask=MASKS["scattered"])))


@pytest.mark.parametrize(
    ("return_sequences", "return_state", "expected"),
    [(False, False, None), (True, False, "mask"), (False, True, [None] * 3), (True, True, ["mask", None, None])],
)
def test_the_mask_of_an_output(return_sequences, return_state, expected):
    layer = layers.LSTM(UNITS, return_sequences=return_sequences, return_state=return_state)
    assert layer.compute_mask(X, "mask") == expected
    with masks.scope():
        masks.set(X, MASKS["scattered"])
        outputs = layer(X)
        found = [masks.get(y) for y in (outputs if return_state else [outputs])]
    assert [m is not None for m in found] == [m == "mask" for m in (expected if return_state else [expected])]


MERGES = {
    "concat": lambda a, b: [np.concatenate([a, b], axis=-1)],
    "sum": lambda a, b: [a + b],
    "mul": lambda a, b: [a * b],
    "ave": lambda a, b: [(a + b) / 2],
    None: lambda a, b: [a, b],
}


def check_bidirectional(family, merge_mode, return_sequences, mask):
    """The way back is the way forth over the reversed sequence, reversed; its states come last."""
    layer = getattr(layers, family)(UNITS, return_sequences=return_sequences, return_state=True)
    both = filled(layers.Bidirectional(layer, merge_mode))
    states = some_states(both.forward_layer), some_states(both.backward_layer)[::-1]
    parts = []
    for weights, start, order in zip(np.split(np.arange(6), 2), states, (1, -1)):
        one = type(layer).from_config(layer.get_config())
        one.zero_output_for_mask = return_sequences
        one(X)
        one.set_weights([both.get_weights()[i] for i in weights])
        y, *after = one(X[:, ::order], initial_state=start, mask=None if mask is None else mask[:, ::order])
        parts.append((np.asarray(y)[:, ::order] if return_sequences else np.asarray(y), *after))
    (forth, *ends), (back, *other_ends) = parts
    found = both(X, initial_state=flat(states), mask=mask)
    assert_close([np.asarray(y) for y in found], [*MERGES[merge_mode](forth, back), *ends, *other_ends])


@pytest.mark.parametrize("mask", [None, *MASKS.values()], ids=["no mask", *MASKS])
@pytest.mark.parametrize("return_sequences", EITHER)
@pytest.mark.parametrize("merge_mode", MERGES)
@families
def test_bidirectional(family, merge_mode, return_sequences, mask):
    check_bidirectional(family, merge_mode, return_sequences, mask)


@pytest.mark.jax
@families
def test_bidirectional_on_jax(family):
    with use_backend("jax"):
        check_bidirectional(family, "concat", True, MASKS["scattered"])


def test_a_stateful_bidirectional_layer():
    both = filled(layers.Bidirectional(layers.GRU(UNITS, return_state=True)))
    stateful = filled(layers.Bidirectional(layers.GRU(UNITS, stateful=True)))
    stateful.reset_states()
    y, *states = both(X)
    assert_close(stateful(X), y)
    y, *states = both(X, initial_state=states)
    assert_close(stateful(X), y)
    assert_close([v.numpy() for v in stateful.states], states)
    stateful.reset_states()
    assert_close(stateful(X), both(X)[0])


def test_bidirectional_uses_copies_and_the_given_backward_layer():
    layer = filled(layers.LSTM(UNITS, name="it"))
    backward = layers.GRU(3, go_backwards=True)
    both = layers.Bidirectional(layer, backward_layer=backward)
    assert both.forward_layer is not layer
    assert both.forward_layer.name == "forward_it"
    assert both.backward_layer is backward
    assert_close(both(X), np.concatenate([both.forward_layer(X), backward(X)], axis=1))
    weights = [np.full(w.shape, i, "float32") for i, w in enumerate(both.get_weights())]
    again = layers.Bidirectional(layer, weights=weights, backward_layer=layers.GRU(3, go_backwards=True))
    again(X)
    assert_close(again.get_weights(), weights)


def check_time_distributed(layer, x, mask=None):
    outer = filled(layers.TimeDistributed(layer), x)
    found = outer(x, mask=mask)
    keywords = [{}] * STEPS if mask is None else [{"mask": mask[:, t]} for t in range(STEPS)]
    assert_close(np.asarray(found), np.stack([layer(x[:, t], **keywords[t]) for t in range(STEPS)], axis=1))


TIME_DISTRIBUTED = {
    "a row of features": (lambda: layers.Dense(2), X, None),
    "images": (lambda: layers.Conv2D(2, 2), drawn(2, STEPS, 4, 3, 1), None),
    "sequences with masks": (lambda: layers.GRU(2), drawn(3, STEPS, 4, 2), drawn(3, STEPS, 4) > 0),
}


@pytest.mark.parametrize(("make", "x", "mask"), TIME_DISTRIBUTED.values(), ids=TIME_DISTRIBUTED)
def test_time_distributed(make, x, mask, each_backend):
    check_time_distributed(make(), x, mask)


def test_time_distributed_statistics_follow_the_steps():
    """Each step is a batch of its own, and only what its mask keeps counts."""
    mask = padded(5, 5, 3, 2)
    layer = layers.TimeDistributed(layers.BatchNormalization(momentum=0.5))
    layer(X, mask=mask, training=True)
    mean = np.zeros(FEATURES)
    for t in range(STEPS):
        mean = (mean + X[mask[:, t], t].mean(0)) / 2
    assert_close(layer.layer.moving_mean.numpy(), mean)


def test_time_distributed_passes_masks():
    """Sentences of words: the words' mask reaches the layer inside."""
    words = np.array([[[3, 1, 0], [2, 0, 0]], [[1, 1, 1], [0, 0, 0]]])
    embedding, inner = layers.Embedding(4, 3, mask_zero=True), layers.LSTM(UNITS)
    model = Sequential([embedding, layers.TimeDistributed(inner)])
    y = model(words)
    for row, sentence in np.ndindex(2, 2):
        x = embedding(words[row, sentence][None])
        assert_close(y[row, sentence], inner(x, mask=words[row, sentence][None] != 0)[0])


# --- errors -----------------------------------------------------------------------------------------------------------


def called_twice(layer):
    layer(X)
    layer(X[:3])


def backward(**options):
    return layers.GRU(UNITS, go_backwards=True, **options)


STATES = [drawn(BATCH, UNITS)] * 2
ERRORS = [
    (
        lambda: called_twice(layers.LSTM(2, stateful=True, name="it")),
        "LSTM 'it' is stateful and expects batches of 4 rows, got 3",
    ),
    (
        lambda: layers.GRU(2, stateful=True, name="it")(Input((5, 3))),
        r"GRU 'it' is stateful and expects a batch size that is known, got inputs of shape \(None, 5, 3\)",
    ),
    (
        lambda: layers.LSTM(2, name="it")(X, initial_state=STATES[:1]),
        r"LSTM 'it' expects initial states of shapes \[\(4, 2\), \(4, 2\)\], got \[\(4, 2\)\]",
    ),
    (
        lambda: layers.GRU(2, name="it")(X, initial_state=drawn(3, 2)),
        r"GRU 'it' expects initial states of shapes \[\(4, 2\)\], got \[\(3, 2\)\]",
    ),
    (
        lambda: layers.GRU(2, name="it")(X, mask=np.ones((4, 6), bool)),
        r"GRU 'it' expects a mask of shape \(batch, steps\) = \(4, 5\), got \(4, 6\)",
    ),
    (
        lambda: layers.GRU(2, name="it")(X[:, 0]),
        r"GRU 'it' expects inputs of shape \(batch, steps, features\), got \(4, 3\)",
    ),
    (lambda: layers.RNN(3), r"expects cells with a call\(inputs, states\) method, got 3"),
    (lambda: layers.RNN([layers.Dense(3)]), "expects cells with a state_size"),
    (lambda: layers.LSTM(2, dropout=1.5), "dropout must be a number from 0 to 1, got 1.5"),
    (lambda: layers.Bidirectional(layers.Dense(2)), "expects a recurrent layer, got .*, which has no go_backwards"),
    (lambda: layers.Bidirectional(backward(), "add"), "merge_mode must be one of 'concat', .*, got 'add'"),
    (
        lambda: layers.Bidirectional(backward(), backward_layer=backward()),
        "expects layers that go opposite ways, got go_backwards=True for both",
    ),
    (
        lambda: layers.Bidirectional(layers.LSTM(2), backward_layer=backward(return_sequences=True)),
        "expects layers with the same return_sequences, got False forward and True backward",
    ),
    (
        lambda: layers.Bidirectional(backward())(X, initial_state=[*STATES, STATES[0]]),
        "expects an initial state for each state of both layers, got 3",
    ),
    (
        lambda: layers.TimeDistributed(layers.Dense(2))(X, mask=np.ones((4, 6), bool)),
        r"expects a mask of shape \(batch, steps\) = \(4, 5\), got \(4, 6\)",
    ),
    (
        lambda: layers.TimeDistributed(layers.Dense(2), name="it")(X[:, 0]),
        r"TimeDistributed 'it' expects inputs of shape \(batch, steps, …\), got \(4, 3\)",
    ),
    (lambda: layers.TimeDistributed("dense"), "expects a layer, got 'dense'"),
]


@pytest.mark.parametrize(("call", "message"), ERRORS, ids=[message[:50] for _, message in ERRORS])
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
