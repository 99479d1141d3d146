"""Activations as functions: values and gradients, far from and near to zero, and the names they are found by."""

from tests.cases.case import FunctionCase as Case
from tests.cases.numbers import given, normal

# On both sides of every kink (±0.5, ±1, ±3, 6), near zero, and where exponentials overflow float32.
LINE = given(
    [
        -100.0,
        -20.0,
        -5.0,
        -3.1,
        -2.9,
        -1.2,
        -0.9,
        -0.55,
        -0.45,
        -0.1,
        0.1,
        0.45,
        0.55,
        0.9,
        1.2,
        2.9,
        3.1,
        5.9,
        6.1,
        20.0,
        100.0,
    ]
)
ROWS = normal(3, 6)

ELEMENTWISE = (
    "celu elu exponential gelu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu linear log_sigmoid "
    "mish relu relu6 selu sigmoid silu soft_shrink softplus softsign sparse_plus sparse_sigmoid squareplus swish tanh "
    "tanh_shrink"
).split()
ALONG_AXIS = ("softmax", "log_softmax", "glu")  # sparsemax: tests/test_activations.py, with the reason
NAMES = [*ELEMENTWISE, *ALONG_AXIS]


def function(name):
    return lambda k: getattr(k.activations, name)


def applied(name, *arguments, **options):
    return lambda k: lambda x: getattr(k.activations, name)(x, *arguments, **options)


CASES = [
    *(Case(name, function(name), [normal(21) if name == "exponential" else LINE]) for name in ELEMENTWISE),
    *(Case(name, function(name), [ROWS]) for name in ALONG_AXIS),
    *(Case(f"{name} by name", lambda k, name=name: k.activations.get(name), [ROWS]) for name in NAMES),
    Case("none by name", lambda k: k.activations.get(None), [ROWS]),
    Case("celu alpha", applied("celu", alpha=0.5), [LINE]),
    Case("elu alpha", applied("elu", alpha=0.3), [LINE]),
    Case("gelu approximate", applied("gelu", approximate=True), [LINE]),
    Case("leaky relu slope", applied("leaky_relu", negative_slope=0.05), [LINE]),
    Case("relu slope", applied("relu", negative_slope=0.1), [LINE]),
    Case("relu max", applied("relu", max_value=2.0), [LINE]),
    Case("relu threshold", applied("relu", threshold=0.5), [given([-1.0, 0.3, 0.45, 0.55, 2.0])]),
    Case("relu all", applied("relu", negative_slope=0.1, max_value=2.0, threshold=0.6), [LINE]),
    Case("hard shrink threshold", applied("hard_shrink", threshold=1.0), [LINE]),
    Case("soft shrink threshold", applied("soft_shrink", threshold=1.0), [LINE]),
    Case("squareplus b", applied("squareplus", b=1.0), [LINE]),
    Case("threshold", applied("threshold", 0.6, -1.0), [LINE]),
    Case("softmax axis", applied("softmax", axis=0), [ROWS]),
    Case("softmax of a block", applied("softmax", axis=1), [normal(2, 3, 4)]),
    Case("softmax of large logits", applied("softmax"), [given([[1000.0, 999.0, -1000.0]])]),
    Case("log softmax axis", applied("log_softmax", axis=0), [ROWS]),
    Case("log softmax of large logits", applied("log_softmax"), [given([[1000.0, 999.0, -1000.0]])]),
    Case("glu axis", applied("glu", axis=1), [normal(2, 4, 3)]),
]
