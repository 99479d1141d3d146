"""Regularizers: the penalty and its gradient, configurations, names."""

from tests.cases.case import FunctionCase as Case
from tests.cases.numbers import normal


def case(name, build, *inputs, config=True):
    return Case(name, build, list(inputs or [normal(3, 4)]), config=config)


CASES = [
    case("l1", lambda k: k.regularizers.L1(0.2)),
    case("l2", lambda k: k.regularizers.L2(0.3)),
    case("l1 default", lambda k: k.regularizers.L1()),
    case("l2 default", lambda k: k.regularizers.L2()),
    case("l1 l2", lambda k: k.regularizers.L1L2(0.2, 0.3)),
    case("l1 l2 default", lambda k: k.regularizers.L1L2()),
    case("alias l1", lambda k: k.regularizers.l1(0.1)),
    case("alias l2", lambda k: k.regularizers.l2(0.1)),
    case("alias l1_l2", lambda k: k.regularizers.l1_l2(l1=0.1, l2=0.2)),
    case("orthogonal rows", lambda k: k.regularizers.OrthogonalRegularizer(factor=0.5)),
    case("orthogonal columns", lambda k: k.regularizers.OrthogonalRegularizer(factor=0.5, mode="columns")),
    case("of a kernel", lambda k: k.regularizers.L2(0.1), normal(2, 3, 2)),
    *(
        case(f"name {name}", lambda k, name=name: k.regularizers.get(name))
        for name in ("l1", "l2", "l1l2", "L1", "L2", "L1L2")
    ),
    case("get of an instance", lambda k: k.regularizers.get(k.regularizers.L2(0.7))),
    case(
        "get of a configuration",
        lambda k: k.regularizers.get({"class_name": "L2", "config": {"l2": 0.4}}),
    ),
]
