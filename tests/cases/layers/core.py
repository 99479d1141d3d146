"""Dense, Embedding and other layers that need no neighbours."""

from tests.cases.case import LayerCase as Case
from tests.cases.case import call_without_mask
from tests.cases.numbers import drawn, given, integers, normal, uniform

SAMPLE = drawn(normal(20, 2, scale=3), "adapt")

CASES = [
    Case("dense", lambda k: k.layers.Dense(3), [(4, 5)]),
    Case("dense relu", lambda k: k.layers.Dense(3, activation="relu"), [(4, 5)]),
    Case("dense positional activation", lambda k: k.layers.Dense(3, "tanh"), [(4, 5)]),
    Case("dense softmax", lambda k: k.layers.Dense(3, activation="softmax"), [(4, 5)]),
    Case("dense sigmoid", lambda k: k.layers.Dense(1, activation="sigmoid"), [(4, 5)]),
    Case("dense gelu", lambda k: k.layers.Dense(3, activation="gelu"), [(4, 5)]),
    Case("dense activation function", lambda k: k.layers.Dense(3, activation=k.activations.silu), [(4, 5)]),
    Case("dense without bias", lambda k: k.layers.Dense(3, use_bias=False), [(4, 5)]),
    Case("dense on sequences", lambda k: k.layers.Dense(3), [(2, 4, 5)], symbolic=[(None, None, 5)]),
    Case("dense on images", lambda k: k.layers.Dense(3, activation="elu"), [(2, 2, 3, 5)]),
    Case("dense on one row", lambda k: k.layers.Dense(3), [(1, 5)]),
    Case(
        "dense regularizers",
        lambda k: k.layers.Dense(3, kernel_regularizer="l2", bias_regularizer=k.regularizers.L1(0.02)),
        [(4, 5)],
    ),
    Case(
        "dense activity regularizer",
        lambda k: k.layers.Dense(3, activity_regularizer=k.regularizers.L1L2(0.01, 0.02)),
        [(4, 5)],
    ),
    Case(
        "dense constraints",
        lambda k: k.layers.Dense(3, kernel_constraint=k.constraints.MaxNorm(2), bias_constraint="non_neg"),
        [(4, 5)],
    ),
    Case(
        "dense initializers",
        lambda k: k.layers.Dense(
            3, kernel_initializer=k.initializers.HeNormal(seed=1), bias_initializer=k.initializers.Constant(0.5)
        ),
        [(4, 5)],
    ),
    Case("dense named", lambda k: k.layers.Dense(3, name="head"), [(4, 5)]),
    Case("dense frozen", lambda k: k.layers.Dense(3, trainable=False), [(4, 5)]),
    Case(
        "dense mask passes",
        lambda k: k.layers.Dense(3),
        [(2, 3, 5)],
        call=call_without_mask,
        keywords={"mask": given([[1, 0, 1], [1, 1, 0]], "bool")},
        masks=True,
    ),
    Case("activation relu", lambda k: k.layers.Activation("relu"), [(4, 5)]),
    Case("activation softmax", lambda k: k.layers.Activation("softmax"), [(2, 4, 5)]),
    Case("activation function", lambda k: k.layers.Activation(k.activations.softplus), [(4, 5)]),
    Case("embedding", lambda k: k.layers.Embedding(7, 3), [integers(2, 5, high=7)], symbolic=[(None, None)]),
    Case("embedding of vectors", lambda k: k.layers.Embedding(7, 3), [integers(6, high=7)]),
    Case("embedding of blocks", lambda k: k.layers.Embedding(7, 3), [integers(2, 2, 3, high=7)]),
    Case("embedding of repeated indices", lambda k: k.layers.Embedding(4, 2), [given([[1, 1, 1, 0, 3, 1]], "int32")]),
    Case(
        "embedding masks zero", lambda k: k.layers.Embedding(5, 3, mask_zero=True), [integers(3, 4, high=3)], masks=True
    ),
    Case("embedding of int64", lambda k: k.layers.Embedding(5, 3), [integers(3, 4, high=3, dtype="int64")]),
    Case(
        "embedding options",
        lambda k: k.layers.Embedding(
            5,
            3,
            embeddings_initializer="glorot_normal",
            embeddings_regularizer=k.regularizers.L2(0.1),
            embeddings_constraint="unit_norm",
        ),
        [integers(3, 4, high=5)],
    ),
    Case(
        "masking",
        lambda k: k.layers.Masking(),
        [given([[[0, 0], [1, 0], [0, 0]], [[2, 3], [0, 0], [4, 5]]])],
        masks=True,
        smooth=False,
    ),
    Case(
        "masking value",
        lambda k: k.layers.Masking(mask_value=-1.0),
        [given([[[-1, -1], [1, -1], [0, 0]], [[2, 3], [-1, -1], [4, 5]]])],
        masks=True,
        smooth=False,
    ),
    Case("lambda", lambda k: k.layers.Lambda(lambda x: x * 2 + 1), [(3, 4)], config=False),
    Case("lambda of ops", lambda k: k.layers.Lambda(lambda x: k.ops.sum(k.ops.exp(x), axis=1)), [(3, 4)], config=False),
    Case(
        "lambda arguments",
        lambda k: k.layers.Lambda(lambda x, scale, shift: x * scale + shift, arguments={"scale": 3.0, "shift": -1.0}),
        [(3, 4)],
        config=False,
    ),
    Case("identity", lambda k: k.layers.Identity(), [(3, 4)]),
    Case("rescaling", lambda k: k.layers.Rescaling(1 / 255), [uniform(2, 3, 3, 2, high=255)]),
    Case("rescaling offset", lambda k: k.layers.Rescaling(1 / 127.5, offset=-1), [uniform(2, 3, 3, 2, high=255)]),
    Case("rescaling per channel", lambda k: k.layers.Rescaling([1.0, 2.0], offset=[0.5, -0.5]), [(3, 4, 2)]),
    Case("activity regularization", lambda k: k.layers.ActivityRegularization(l1=0.1, l2=0.2), [(3, 4)]),
    Case("normalization given", lambda k: k.layers.Normalization(mean=[1.0, 2.0], variance=[4.0, 0.5]), [(3, 2)]),
    Case("normalization given scalars", lambda k: k.layers.Normalization(axis=None, mean=3.0, variance=2.0), [(3, 2)]),
    Case(
        "normalization inverted",
        lambda k: k.layers.Normalization(mean=[1.0, 2.0], variance=[4.0, 0.5], invert=True),
        [(3, 2)],
    ),
    Case(
        "normalization adapted over two axes",
        lambda k: k.layers.Normalization(axis=(1, 2)),
        [(3, 4, 2)],
        prepare=lambda layer: layer.adapt(SAMPLE.reshape(5, 4, 2)),
    ),
    Case(
        "normalization adapted",
        lambda k: k.layers.Normalization(),
        [(3, 2)],
        prepare=lambda layer: layer.adapt(SAMPLE),
    ),
    Case(
        "normalization adapted to a whole",
        lambda k: k.layers.Normalization(axis=None),
        [(3, 2)],
        prepare=lambda layer: layer.adapt(SAMPLE),
    ),
]
