"""Convolutional LSTMs: sizes, layouts, states, directions. (With a mask, those of Keras 3.15 fail on JAX.)"""

from tests.cases.case import LayerCase as Case
from tests.cases.layers.recurrent import with_state_as_list

FILM = [(2, 3, 5, 4, 2)]


def two(name, inputs=FILM, call=None, **options):
    more = {key: options.pop(key) for key in ("keywords", "symbolic") if key in options}
    if call is not None:
        more["call"] = call
    return Case(f"conv lstm 2d {name}".strip(), lambda k: k.layers.ConvLSTM2D(3, 2, **options), list(inputs), **more)


CASES = [
    two("", symbolic=[(None, None, 5, 4, 2)]),
    two("same", padding="same", return_sequences=True, symbolic=[(None, None, 5, 4, 2)]),
    two("strides", strides=(2, 1), return_state=True),
    two("dilation", dilation_rate=2, return_sequences=True),
    two("channels first", [(2, 3, 2, 5, 4)], data_format="channels_first", return_sequences=True),
    two("channels first same", [(2, 3, 2, 5, 4)], data_format="channels_first", padding="same"),
    two("without bias", use_bias=False),
    two("closed forget gate", unit_forget_bias=False, activation="relu", recurrent_activation="hard_sigmoid"),
    two("backwards", go_backwards=True, return_sequences=True),
    two("regularized", kernel_regularizer="l2", recurrent_regularizer="l1", bias_constraint="non_neg"),
    two("initial state", [*FILM, (2, 4, 3, 3), (2, 4, 3, 3)], call=with_state_as_list, return_state=True),
    Case("conv lstm 1d", lambda k: k.layers.ConvLSTM1D(2, 3), [(2, 3, 6, 2)], symbolic=[(None, None, 6, 2)]),
    Case(
        "conv lstm 1d sequences",
        lambda k: k.layers.ConvLSTM1D(2, 3, padding="same", return_sequences=True, return_state=True),
        [(2, 3, 6, 2)],
    ),
    Case("conv lstm 3d", lambda k: k.layers.ConvLSTM3D(2, 2, strides=2), [(2, 2, 4, 3, 4, 2)]),
    Case(
        "conv lstm 3d channels first",
        lambda k: k.layers.ConvLSTM3D(2, (1, 2, 2), data_format="channels_first", return_sequences=True),
        [(2, 2, 2, 3, 3, 3)],
    ),
]
