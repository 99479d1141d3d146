"""Whole models called as layers: what passes between layers (masks, shared weights, nesting, several outputs)."""

from tests.cases.case import LayerCase as Case
from tests.cases.numbers import given, integers

TOKENS = given([[1, 2, 3, 0, 0], [4, 1, 0, 0, 0], [2, 2, 2, 2, 2]], "int32")
HOLED = given([[[1, 2], [0, 0], [3, 4]], [[0, 0], [5, 6], [0, 0]]])


def model_case(name, build, inputs, **more):
    return Case(name, build, inputs, config=False, **more)


def shared(k):
    x, y = k.Input((4,)), k.Input((4,))
    layer = k.layers.Dense(3, activation="tanh")
    return k.Model([x, y], k.layers.Subtract()([layer(x), layer(y)]))


def nested(k):
    inner = k.Sequential([k.Input((4,)), k.layers.Dense(3, activation="relu"), k.layers.BatchNormalization()])
    x = k.Input((4,))
    return k.Model(x, k.layers.Dense(2)(inner(x)))


def outputs_by_name(k):
    x = k.Input((4,))
    hidden = k.layers.Dense(3, activation="elu")(x)
    return k.Model(x, {"b": k.layers.Dense(1, name="b")(hidden), "a": k.layers.Dense(2, name="a")(hidden)})


def residual(k):
    x = k.Input((4,))
    y = k.layers.Dense(4, activation="relu")(x)
    y = k.layers.Dense(4)(y)
    return k.Model(x, k.layers.ReLU()(x + y))


def operators(k):
    x = k.Input((4,))
    return k.Model(x, k.ops.tanh(x[:, 1:] * 2.0 - 1.0) / (1.0 + k.ops.exp(-x[:, :1])))


def masked_twins(k):
    x = k.Input((None,), dtype="int32")
    embedded = k.layers.Embedding(5, 3, mask_zero=True)(x)
    merged = k.layers.Concatenate()([k.layers.LSTM(2, return_sequences=True)(embedded), embedded])
    return k.Model(x, k.layers.GlobalAveragePooling1D()(merged))


def transformer_block(k):
    inputs = k.Input((3, 4))
    normal = k.layers.LayerNormalization()(inputs)
    x = inputs + k.layers.MultiHeadAttention(2, 2)(normal, normal)
    y = k.layers.Dense(6, activation="gelu")(k.layers.LayerNormalization()(x))
    return k.Model(inputs, x + k.layers.Dense(4)(y))


CASES = [
    model_case(
        "sequential", lambda k: k.Sequential([k.layers.Dense(4, activation="relu"), k.layers.Dense(2)]), [(3, 4)]
    ),
    model_case(
        "sequential with input",
        lambda k: k.Sequential([k.Input((4,)), k.layers.Dense(3, activation="selu"), k.layers.Dense(2)]),
        [(3, 4)],
    ),
    model_case("shared layer", shared, [(3, 4)] * 2),
    model_case("nested model", nested, [(5, 4)]),
    model_case("outputs by name", outputs_by_name, [(3, 4)]),
    model_case("residual", residual, [(3, 4)]),
    model_case("operators", operators, [(3, 4)]),
    model_case(
        "masking into lstm", lambda k: k.Sequential([k.layers.Masking(), k.layers.LSTM(3)]), [HOLED], smooth=False
    ),
    model_case(
        "masking through dropout and dense",
        lambda k: k.Sequential(
            [k.layers.Masking(), k.layers.Dropout(0.0), k.layers.Dense(3, activation="tanh"), k.layers.GRU(2)]
        ),
        [HOLED],
        smooth=False,
    ),
    model_case(
        "embedding masks two lstms",
        lambda k: k.Sequential(
            [
                k.layers.Embedding(5, 3, mask_zero=True),
                k.layers.LSTM(3, return_sequences=True),
                k.layers.LSTM(2),
            ]
        ),
        [TOKENS],
    ),
    model_case(
        "embedding masks bidirectional",
        lambda k: k.Sequential(
            [k.layers.Embedding(5, 3, mask_zero=True), k.layers.Bidirectional(k.layers.GRU(2)), k.layers.Dense(2)]
        ),
        [TOKENS],
    ),
    model_case(
        "embedding masks average",
        lambda k: k.Sequential([k.layers.Embedding(5, 3, mask_zero=True), k.layers.GlobalAveragePooling1D()]),
        [TOKENS],
    ),
    model_case(
        "embedding masks time distributed",
        lambda k: k.Sequential(
            [
                k.layers.Embedding(5, 3, mask_zero=True),
                k.layers.TimeDistributed(k.layers.Dense(3)),
                k.layers.SimpleRNN(2),
            ]
        ),
        [TOKENS],
    ),
    model_case("embedding masks merged", masked_twins, [TOKENS]),
    model_case("transformer block", transformer_block, [(2, 3, 4)]),
    model_case(
        "convolutional",
        lambda k: k.Sequential(
            [
                k.layers.Conv2D(2, 3, padding="same", activation="relu"),
                k.layers.MaxPooling2D(),
                k.layers.BatchNormalization(),
                k.layers.Flatten(),
                k.layers.Dense(3, activation="softmax"),
            ]
        ),
        [(2, 4, 4, 1)],
    ),
    model_case(
        "mean of embeddings",
        lambda k: k.Sequential([k.layers.Embedding(6, 3), k.layers.Flatten(), k.layers.Dense(2)]),
        [integers(3, 4, high=6)],
    ),
]
