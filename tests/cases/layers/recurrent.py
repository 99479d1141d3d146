"""SimpleRNN, LSTM, GRU and RNN over cells: sequences, states, masks, directions."""

from tests.cases.case import LayerCase as Case
from tests.cases.numbers import drawn, given

RIGHT = {"mask": given([[1, 1, 1, 0], [1, 1, 0, 0], [1, 1, 1, 1]], "bool")}
SCATTERED = {"mask": given([[1, 0, 1, 0], [0, 1, 1, 0], [0, 0, 0, 0]], "bool")}
X = (3, 4, 2)


def with_state(layer, inputs, **keywords):
    x, *state = inputs
    return layer(x, initial_state=state if len(state) > 1 else state[0], **keywords)


def with_state_as_list(layer, inputs, **keywords):
    x, *state = inputs
    return layer(x, initial_state=list(state), **keywords)


def from_kept_state(layer, inputs, **keywords):
    """As if a batch had gone before and left these states; tests/test_layers.py has the batches that follow."""
    if layer.built:
        for place, variable in enumerate(layer.states):
            variable.assign(drawn((3, 3), "kept state", place))
    return layer(inputs[0], **keywords)


def every(family, states):
    """The rows that the three recurrent layers share."""

    def make(k, **options):
        return getattr(k.layers, family)(3, **options)

    name = family.lower()
    state = [(3, 3)] * states

    def case(label, options, inputs=(X,), **more):
        return Case(f"{name} {label}".strip(), lambda k: make(k, **options), list(inputs), **more)

    return [
        case("", {}, symbolic=[(None, None, 2)]),
        case("sequences", {"return_sequences": True}, symbolic=[(None, None, 2)]),
        case("state", {"return_state": True}),
        case("sequences and state", {"return_sequences": True, "return_state": True}),
        case("one step", {"return_sequences": True}, [(3, 1, 2)]),
        case("backwards", {"go_backwards": True}),
        case("backwards sequences", {"go_backwards": True, "return_sequences": True}),
        case("without bias", {"use_bias": False}),
        case("unrolled", {"unroll": True, "return_sequences": True}),
        case("relu", {"activation": "relu"}),
        case("linear", {"activation": None, "return_sequences": True}),
        case("initial state", {}, [X, *state], call=with_state),
        case("initial state as list", {"return_sequences": True}, [X, *state], call=with_state_as_list),
        case("mask", {}, keywords=RIGHT),
        case("mask sequences", {"return_sequences": True}, keywords=RIGHT),
        case("mask and state", {"return_sequences": True, "return_state": True}, keywords=RIGHT),
        case("scattered mask", {}, keywords=SCATTERED),
        case("scattered mask sequences", {"return_sequences": True}, keywords=SCATTERED),
        case("scattered mask backwards", {"return_sequences": True, "go_backwards": True}, keywords=SCATTERED),
        case("mask backwards", {"go_backwards": True}, keywords=RIGHT),
        case(
            "mask with zeros for masked steps",
            {"return_sequences": True, "zero_output_for_mask": True},
            keywords=SCATTERED,
        ),
        case(
            "mask and initial state",
            {"return_state": True},
            [X, *state],
            call=with_state_as_list,
            keywords=RIGHT,
        ),
        case("mask unrolled", {"unroll": True, "return_sequences": True}, keywords=SCATTERED),
        case("stateful", {"stateful": True}, call=from_kept_state, symbolic=[X], models=False),
        case(
            "stateful sequences",
            {"stateful": True, "return_sequences": True},
            call=from_kept_state,
            symbolic=[X],
            models=False,
        ),
        case("output mask", {"return_sequences": True}, keywords=RIGHT, masks=True),
        case("dropout", {"dropout": 0.4, "recurrent_dropout": 0.3, "seed": 3}, random=True),
        case(
            "options",
            {
                "kernel_initializer": "he_normal",
                "recurrent_initializer": "glorot_uniform",
                "bias_initializer": "ones",
                "kernel_regularizer": "l2",
                "recurrent_regularizer": "l1",
                "bias_regularizer": "l2",
                **({} if family == "SimpleRNN" else {"activity_regularizer": "l1"}),  # Keras 3.15 loses SimpleRNN's
                "kernel_constraint": "unit_norm",
                "recurrent_constraint": "max_norm",
                "bias_constraint": "non_neg",
            },
        ),
    ]


CASES = [
    *every("SimpleRNN", 1),
    *every("LSTM", 2),
    *every("GRU", 1),
    Case("lstm recurrent activation", lambda k: k.layers.LSTM(3, recurrent_activation="hard_sigmoid"), [X]),
    Case("lstm swapped activations", lambda k: k.layers.LSTM(3, "sigmoid", "tanh", return_sequences=True), [X]),
    Case("lstm without forget bias", lambda k: k.layers.LSTM(3, unit_forget_bias=False), [X]),
    Case("lstm long", lambda k: k.layers.LSTM(2, return_sequences=True), [(2, 20, 2)]),
    Case("gru recurrent activation", lambda k: k.layers.GRU(3, recurrent_activation="relu"), [X]),
    Case("gru reset before", lambda k: k.layers.GRU(3, reset_after=False), [X]),
    Case(
        "gru reset before sequences",
        lambda k: k.layers.GRU(3, reset_after=False, return_sequences=True, return_state=True),
        [X],
        keywords=SCATTERED,
    ),
    Case("gru reset before without bias", lambda k: k.layers.GRU(3, reset_after=False, use_bias=False), [X]),
    Case("gru long", lambda k: k.layers.GRU(2, return_sequences=True), [(2, 20, 2)]),
    Case("rnn of a simple cell", lambda k: k.layers.RNN(k.layers.SimpleRNNCell(3)), [X]),
    Case("rnn of an lstm cell", lambda k: k.layers.RNN(k.layers.LSTMCell(3), return_sequences=True), [X]),
    Case("rnn of a gru cell", lambda k: k.layers.RNN(k.layers.GRUCell(3), return_state=True), [X], keywords=RIGHT),
    Case(
        "rnn of stacked cells",
        lambda k: k.layers.RNN([k.layers.LSTMCell(3), k.layers.GRUCell(2)], return_sequences=True, return_state=True),
        [X],
    ),
    Case(
        "rnn of stacked cells with a mask",
        lambda k: k.layers.RNN(k.layers.StackedRNNCells([k.layers.LSTMCell(3), k.layers.LSTMCell(2)])),
        [X],
        keywords=SCATTERED,
    ),
    Case(
        "simple cell",
        lambda k: k.layers.SimpleRNNCell(3),
        [(4, 2), (4, 3)],
        call=lambda layer, inputs, **keywords: layer(inputs[0], inputs[1], **keywords),
    ),
    Case(
        "lstm cell",
        lambda k: k.layers.LSTMCell(3),
        [(4, 2), (4, 3), (4, 3)],
        call=lambda layer, inputs, **keywords: layer(inputs[0], list(inputs[1:]), **keywords),
    ),
    Case(
        "gru cell",
        lambda k: k.layers.GRUCell(3),
        [(4, 2), (4, 3)],
        call=lambda layer, inputs, **keywords: layer(inputs[0], inputs[1], **keywords),
    ),
]
