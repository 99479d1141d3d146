"""Learning rate schedules: the rate at steps before, at and after their turning points."""

from tests.cases.case import FunctionCase as Case
from tests.cases.numbers import given

STEPS = (0, 1, 3, 9, 10, 11, 15, 20, 21, 37, 100)


def case(name, build):
    def rates(k):
        schedule = build(k)

        def at_all(steps):
            return [schedule(int(step)) for step in steps]

        at_all.schedule = schedule
        at_all.get_config = schedule.get_config
        return at_all

    return Case(name, rates, [given(STEPS, "int32")], gradients=False, config=True)


def s(k):
    return k.optimizers.schedules


CASES = [
    case("exponential", lambda k: s(k).ExponentialDecay(0.1, 10, 0.9)),
    case("exponential stairs", lambda k: s(k).ExponentialDecay(0.1, 10, 0.9, staircase=True)),
    case("inverse time", lambda k: s(k).InverseTimeDecay(0.1, 10, 0.5)),
    case("inverse time stairs", lambda k: s(k).InverseTimeDecay(0.1, 10, 0.5, staircase=True)),
    case("piecewise", lambda k: s(k).PiecewiseConstantDecay([10, 20], [0.1, 0.05, 0.01])),
    case("polynomial", lambda k: s(k).PolynomialDecay(0.1, 20)),
    case("polynomial power", lambda k: s(k).PolynomialDecay(0.1, 20, end_learning_rate=0.01, power=2.0)),
    case("polynomial cycle", lambda k: s(k).PolynomialDecay(0.1, 10, end_learning_rate=0.01, power=0.5, cycle=True)),
    case("cosine", lambda k: s(k).CosineDecay(0.1, 20)),
    case("cosine alpha", lambda k: s(k).CosineDecay(0.1, 20, alpha=0.1)),
    case("cosine warmup", lambda k: s(k).CosineDecay(0.0, 20, warmup_target=0.2, warmup_steps=10)),
    case("cosine warmup alpha", lambda k: s(k).CosineDecay(0.01, 15, alpha=0.2, warmup_target=0.1, warmup_steps=5)),
    case("cosine restarts", lambda k: s(k).CosineDecayRestarts(0.1, 10)),
    case("cosine restarts factors", lambda k: s(k).CosineDecayRestarts(0.1, 10, t_mul=1.5, m_mul=0.8, alpha=0.05)),
    case("cosine restarts equal", lambda k: s(k).CosineDecayRestarts(0.1, 10, t_mul=1.0)),
]
