"""What optimizers do besides arithmetic: variables, options, missing gradients, purity, state, Keras' own form."""

import copy
import re
import warnings

import numpy as np
import pytest

from nbkeras import Variable, ops, optimizers
from nbkeras.backends import use_backend
from nbkeras.optimizers import schedules
from nbkeras.variables import Scope


def variables(*shapes, dtype="float32"):
    return [Variable(np.ones(shape, dtype), dtype=dtype, name=f"weight_{i}") for i, shape in enumerate(shapes)]


def gradients(seed, *shapes):
    generator = np.random.RandomState(seed)
    return [generator.standard_normal(shape).astype("float32") for shape in shapes]


def trained(optimizer, weights, steps=5):
    shapes = [w.shape for w in weights]
    for step in range(steps):
        optimizer.apply(gradients(step, *shapes), weights)
    return [w.numpy() for w in weights]


class InKerasForm(optimizers.Optimizer):
    """Momentum as Keras' guides write an optimizer."""

    def __init__(self, momentum=0.9, **kwargs):
        super().__init__(**kwargs)
        self.momentum = momentum

    def build(self, variables):
        if self.built:
            return
        super().build(variables)
        self.momentums = [self.add_variable_from_reference(v, name="momentum") for v in variables]

    def update_step(self, gradient, variable, learning_rate):
        m = self.momentums[self._get_variable_index(variable)]
        rate = ops.cast(learning_rate, variable.dtype)
        self.assign(m, ops.subtract(ops.multiply(m, self.momentum), ops.multiply(gradient, rate)))
        self.assign_add(variable, m)


class ByFormula(optimizers.Optimizer):
    """The same, as a formula."""

    slots = ("momentum",)

    def __init__(self, momentum=0.9, **kwargs):
        super().__init__(**kwargs)
        self.momentum = momentum

    def update(self, step, learning_rate, weight, grad, velocity):
        velocity = self.momentum * velocity - learning_rate * grad
        return weight + velocity, velocity


class NotElementwise(ByFormula):
    elementwise = False


OPTIONS = [
    {},
    {"weight_decay": 0.1, "clipnorm": 0.5},
    {"gradient_accumulation_steps": 2, "use_ema": True, "ema_overwrite_frequency": 2},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
@pytest.mark.parametrize("cls", [InKerasForm, ByFormula, NotElementwise])
def test_a_users_optimizer_equals_sgd(cls, options):
    ours = trained(cls(learning_rate=0.1, **options), variables((3, 2), (2,)))
    builtin = trained(optimizers.SGD(0.1, 0.9, **options), variables((3, 2), (2,)))
    for a, b in zip(ours, builtin):
        np.testing.assert_allclose(a, b, rtol=1e-6)


@pytest.mark.parametrize("cls", [InKerasForm, ByFormula])
def test_a_users_optimizer_has_a_configuration(cls):
    optimizer = cls(momentum=0.5, learning_rate=0.25, clipvalue=1.0)
    twin = cls.from_config(optimizer.get_config())
    assert (twin.momentum, float(twin.learning_rate), twin.clipvalue) == (0.5, 0.25, 1.0)


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (lambda: optimizers.SGD(), []),
        (lambda: optimizers.SGD(momentum=0.9), ["a_momentum", "b_momentum"]),
        (lambda: optimizers.Adam(), ["a_momentum", "a_velocity", "b_momentum", "b_velocity"]),
        (
            lambda: optimizers.Adam(amsgrad=True, use_ema=True, gradient_accumulation_steps=2),
            "a_average b_average a_gradient_accumulator b_gradient_accumulator a_momentum a_velocity b_momentum "
            "b_velocity a_velocity_hat b_velocity_hat".split(),
        ),
        (
            lambda: optimizers.RMSprop(momentum=0.5, centered=True),
            "a_velocity b_velocity a_momentum b_momentum a_average_gradient b_average_gradient".split(),
        ),
    ],
)
def test_variables_are_in_keras_order(make, names):
    optimizer = make()
    optimizer.build([Variable(np.ones(2), name="a"), Variable(np.ones(2), name="b")])
    assert [v.name for v in optimizer.variables] == ["iteration", "learning_rate", *names]
    assert all(v.path == f"{optimizer.name}/{v.name}" for v in optimizer.variables)


def test_base_arguments_by_position():
    assert optimizers.Adam(0.1, 0.9, 0.99, 1e-6, False, 0.5).weight_decay == 0.5
    with pytest.raises(TypeError, match="too many positional arguments"):
        optimizers.SGD(*range(20))


def test_missing_gradients_leave_weights_and_slots_alone():
    optimizer, weights = optimizers.Adam(0.1, weight_decay=0.1), variables((2,), (2,))
    with pytest.warns(UserWarning, match="no gradient with respect to weight_0: they stay"):
        optimizer.apply([None, np.ones(2)], weights)
    np.testing.assert_array_equal(weights[0].numpy(), [1.0, 1.0])
    assert (weights[1].numpy() < 1).all()
    assert not optimizer.variables[2].numpy().any()
    with pytest.raises(ValueError, match="no gradient reaches any variable"):
        optimizer.apply([None, None])


def test_some_of_the_variables_can_be_updated_alone():
    optimizer, weights = optimizers.SGD(0.5), variables((2,), (2,), (3,))
    optimizer.build(weights)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        optimizer.apply([np.ones(3), np.ones(2)], [weights[2], weights[0]])
        optimizer.apply_gradients([(np.ones(2), weights[0])])
    assert [w.numpy()[0] for w in weights] == [0.0, 1.0, 0.5]
    assert int(optimizer.iterations) == 2


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: optimizers.SGD(name="s").apply([1.0]), "the optimizer 's' does not know its variables yet"),
        (lambda: optimizers.SGD(name="s").stateless_apply([], [], []), "has no state yet; call build(variables) first"),
        (lambda: optimizers.SGD().apply([1.0], variables((), ())), "got 1 gradients for 2 variables"),
        (lambda: optimizers.SGD().apply([np.ones(3)], variables((2,))), "must have its shape (2,), got (3,)"),
        (lambda: optimizers.Adam(lr=0.1), "Adam has no argument 'lr'; did you mean 'learning_rate'?"),
        (lambda: optimizers.Adam(decay=0.1), "give learning_rate a schedule"),
        (lambda: optimizers.Adam("fast"), "expects learning_rate to be a number"),
        (lambda: optimizers.SGD(clipnorm=1.0, clipvalue=1.0), "takes one of clipnorm, clipvalue and global_clipnorm"),
        (lambda: optimizers.SGD(gradient_accumulation_steps=1), "must be an integer of at least 2"),
        (lambda: optimizers.SGD(use_ema=True, ema_momentum=2.0), "ema_momentum must be in [0, 1]"),
        (lambda: optimizers.SGD(momentum=-1.0), "momentum must be in [0, 1]"),
        (lambda: optimizers.AdamW(weight_decay=None), "use Adam without decay"),
        (lambda: schedules.ExponentialDecay(0.1, 0, 0.5), "decay_steps must be positive, got 0"),
        (lambda: schedules.PiecewiseConstantDecay([1], [0.1]), "one value more than boundaries"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


def test_a_variable_that_it_was_not_built_with():
    optimizer = optimizers.SGD(name="s")
    optimizer.build(variables((2,)))
    with pytest.raises(ValueError, match="'s' was built without the variable 'stranger'"):
        optimizer.apply([np.ones(2)], [Variable(np.ones(2), name="stranger")])


def test_what_is_not_there_yet_is_refused():
    with pytest.raises(NotImplementedError, match="overwrite_with_gradient is not there yet: scale"):
        optimizers.SGD().build([Variable(1.0, name="scale", overwrite_with_gradient=True)])


def test_the_learning_rate_can_be_set():
    optimizer, weights = optimizers.SGD(1.0), variables((1,))
    optimizer.learning_rate = 0.25
    optimizer.apply([np.ones(1)], weights)
    assert weights[0].numpy() == 0.75
    optimizer.learning_rate = lambda: 0.5
    optimizer.apply([np.ones(1)])
    assert weights[0].numpy() == 0.25
    optimizer.learning_rate = schedules.PiecewiseConstantDecay([1], [1.0, 0.125])
    assert [v.name for v in optimizer.variables] == ["iteration"]
    optimizer.apply([np.ones(1)])
    assert weights[0].numpy() == 0.125
    with pytest.raises(TypeError, match="follows PiecewiseConstantDecay, so no number can be set"):
        optimizer.learning_rate = 0.1


@pytest.mark.parametrize("first", [True, False], ids=["before build", "after build"])
def test_weights_left_out_of_decay(first):
    kernel, bias, extra = (Variable(np.ones(2), name=name) for name in ("kernel", "bias", "extra"))
    optimizer = optimizers.SGD(0.5, weight_decay=0.5)
    if first:
        optimizer.exclude_from_weight_decay([extra], ["bias"])
    optimizer.build([kernel, bias, extra])
    optimizer.exclude_from_weight_decay([extra], ["bias"])
    optimizer.apply([np.zeros(2)] * 3)
    assert [v.numpy()[0] for v in (kernel, bias, extra)] == [0.75, 1.0, 1.0]


def test_stateless_apply_leaves_its_arguments_alone():
    optimizer, weights = optimizers.Adam(0.1), variables((3,))
    optimizer.build(weights)
    state, values = [v.value for v in optimizer.variables], [w.value for w in weights]
    before = copy.deepcopy((state, values))
    new_values, new_state = optimizer.stateless_apply(state, [np.ones(3, "float32")], values)
    np.testing.assert_equal((state, values), before)
    np.testing.assert_equal([w.numpy() for w in weights], before[1])
    optimizer.apply([np.ones(3)])
    np.testing.assert_array_equal(new_values[0], weights[0].numpy())
    np.testing.assert_array_equal(new_state[2], optimizer.variables[2].numpy())


def test_apply_within_a_scope_stays_in_it():
    optimizer, weights = optimizers.SGD(0.5), variables((1,))
    optimizer.build(weights)
    with Scope([(weights[0], np.zeros(1, "float32"))]):
        optimizer.apply([np.ones(1)])
        assert weights[0].value == -0.5
        assert optimizer.iterations.value == 1
    assert weights[0].numpy() == 1.0
    assert int(optimizer.iterations) == 0


def test_packed_weights_are_updated_as_separate_ones_are():
    """One long array or weight by weight, in blocks or whole: the same numbers."""
    shapes = [(300, 200), (7,), ()]
    packed = trained(optimizers.Adam(0.1), variables(*shapes))
    optimizer, weights = optimizers.Adam(0.1), variables(*shapes)
    optimizer.build(weights)
    for variable in (*weights, *optimizer.variables):
        variable.replace(variable.numpy())
    for a, b in zip(packed, trained(optimizer, weights)):
        np.testing.assert_array_equal(a, b)


def test_an_assigned_weight_keeps_being_updated():
    optimizer, weights = optimizers.SGD(0.5), variables((2,), (2,))
    optimizer.apply([np.ones(2), np.ones(2)], weights)
    weights[0].assign([5.0, 5.0])
    optimizer.apply([np.ones(2), np.ones(2)])
    assert [w.numpy()[0] for w in weights] == [4.5, 0.0]


@pytest.mark.parametrize("name", ["SGD", "Adam", "Nadam", "Lion", "RMSprop"])
@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_dtypes_are_kept(name, dtype):
    """Beside a float32 weight, each weight and its slots keep their own dtype."""
    weights = [*variables((2,)), *variables((2,), dtype=dtype)]
    optimizer = getattr(optimizers, name)(weight_decay=0.1)
    trained(optimizer, weights)
    assert [w.dtype for w in weights] == ["float32", dtype]
    slots = [v.dtype for v in optimizer.variables if v.shape == (2,)]
    assert sorted(slots) == sorted(["float32", dtype] * (len(slots) // 2))


@pytest.mark.jax
def test_a_step_on_jax_can_be_followed_by_one_on_numpy():
    mixed, plain = (optimizers.Adam(0.1), variables((3,))), (optimizers.Adam(0.1), variables((3,)))
    for backend in ("jax", "numpy"):
        with use_backend(backend):
            mixed[0].apply(gradients(1, (3,)), mixed[1])
        plain[0].apply(gradients(1, (3,)), plain[1])
    np.testing.assert_allclose(np.asarray(mixed[1][0].value), plain[1][0].numpy(), rtol=1e-6)


def test_state_is_saved_and_loaded():
    optimizer, weights = optimizers.Adam(0.1), variables((2,), (3,))
    trained(optimizer, weights)
    store = {}
    optimizer.save_own_variables(store)
    assert list(store) == [str(i) for i in range(6)]
    twin, copies = optimizers.Adam(0.5), [Variable(w.numpy()) for w in weights]
    twin.build(copies)
    twin.load_own_variables(store)
    np.testing.assert_equal(trained(twin, copies), trained(optimizer, weights))
    twin.set_weights([v.numpy() for v in optimizer.variables])
    assert int(twin.iterations) == 10
    with pytest.warns(UserWarning, match=r"has 2 variables, the file 6: .* since it has not been built"):
        optimizers.Adam().load_own_variables(store)


def test_loss_scaling():
    scaled = optimizers.SGD(0.5, loss_scale_factor=8.0)
    assert scaled.scale_loss(2.0) == 16.0
    assert optimizers.SGD().scale_loss(2.0) == 2.0
    weights = variables((1,))
    scaled.apply([np.full(1, 8.0)], weights)
    assert weights[0].numpy() == 0.5


def test_names():
    assert type(optimizers.get("RMSprop")) is type(optimizers.get("rmsprop")) is optimizers.RMSprop
    assert type(optimizers.get(optimizers.SGD)) is optimizers.SGD
    assert optimizers.get(None) is None
    assert type(optimizers.get({"class_name": "ADAM", "config": {"learning_rate": 0.5}})) is optimizers.Adam
    with pytest.raises(ValueError, match=r"must be a name, a configuration or an Optimizer, got 3"):
        optimizers.get(3)
