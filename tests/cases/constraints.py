"""Constraints: what they make of a weight, configurations, names."""

from tests.cases.case import FunctionCase as Case
from tests.cases.numbers import normal


def case(name, build, *inputs):
    return Case(name, build, list(inputs or [normal(4, 3, scale=2.0)]), gradients=False, config=True)


NAMES = ("max_norm", "non_neg", "unit_norm", "min_max_norm", "MaxNorm", "NonNeg", "UnitNorm", "MinMaxNorm")

CASES = [
    case("max norm", lambda k: k.constraints.MaxNorm()),
    case("max norm value", lambda k: k.constraints.MaxNorm(1.0)),
    case("max norm axis", lambda k: k.constraints.MaxNorm(max_value=1.0, axis=1)),
    case("max norm of a convolution", lambda k: k.constraints.MaxNorm(1.0, axis=[0, 1, 2]), normal(2, 2, 3, 2)),
    case("max norm of small weights", lambda k: k.constraints.MaxNorm(2.0), normal(4, 3, scale=0.1)),
    case("non negative", lambda k: k.constraints.NonNeg()),
    case("unit norm", lambda k: k.constraints.UnitNorm()),
    case("unit norm axis", lambda k: k.constraints.UnitNorm(axis=1)),
    case("unit norm axes", lambda k: k.constraints.UnitNorm(axis=[0, 1]), normal(2, 3, 4)),
    case("min max norm", lambda k: k.constraints.MinMaxNorm()),
    case("min max norm values", lambda k: k.constraints.MinMaxNorm(0.5, 1.5)),
    case("min max norm rate", lambda k: k.constraints.MinMaxNorm(0.5, 1.5, rate=0.3)),
    case("min max norm axis", lambda k: k.constraints.MinMaxNorm(1.0, 2.0, axis=1), normal(4, 3, scale=0.1)),
    *(case(f"name {name}", lambda k, name=name: k.constraints.get(name)) for name in NAMES),
    case("alias max_norm", lambda k: k.constraints.max_norm(1.5)),
]
