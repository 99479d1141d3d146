"""Activations that are layers of their own."""

from tests.cases.case import LayerCase as Case
from tests.cases.numbers import given

CASES = [
    Case("relu", lambda k: k.layers.ReLU(), [(3, 4)]),
    Case("relu max value", lambda k: k.layers.ReLU(max_value=0.8), [(3, 4)]),
    Case("relu slope", lambda k: k.layers.ReLU(negative_slope=0.2), [(3, 4)]),
    Case("relu threshold", lambda k: k.layers.ReLU(threshold=0.5), [(3, 4)]),
    Case("relu all", lambda k: k.layers.ReLU(1.0, 0.1, 0.3), [(3, 4)]),
    Case("leaky relu", lambda k: k.layers.LeakyReLU(), [(3, 4)]),
    Case("leaky relu slope", lambda k: k.layers.LeakyReLU(negative_slope=0.05), [(3, 4)]),
    Case("prelu", lambda k: k.layers.PReLU(), [(3, 4)]),
    Case("prelu shared", lambda k: k.layers.PReLU(shared_axes=[1, 2]), [(2, 3, 2, 4)]),
    Case(
        "prelu options",
        lambda k: k.layers.PReLU(
            alpha_initializer=k.initializers.Constant(0.25), alpha_regularizer="l2", alpha_constraint="non_neg"
        ),
        [(3, 4)],
    ),
    Case("elu", lambda k: k.layers.ELU(), [(3, 4)]),
    Case("elu alpha", lambda k: k.layers.ELU(alpha=0.5), [(3, 4)]),
    Case("softmax", lambda k: k.layers.Softmax(), [(3, 4)]),
    Case("softmax axis", lambda k: k.layers.Softmax(axis=1), [(2, 3, 4)]),
    Case("softmax axes", lambda k: k.layers.Softmax(axis=(1, 2)), [(2, 3, 4)]),
    Case(
        "softmax mask",
        lambda k: k.layers.Softmax(),
        [(2, 4)],
        keywords={"mask": given([[1, 1, 0, 1], [0, 1, 1, 0]], "bool")},
    ),
]
