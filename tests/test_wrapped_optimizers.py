"""Optimizers around others: loss scaling and several at once; and every optimizer in a recorded step and in files."""

import numpy as np
import pytest

import nbkeras
from nbkeras import Variable, layers, optimizers
from nbkeras.backends import use_backend

LATER = {
    "Adafactor": lambda: optimizers.Adafactor(0.05),
    "Ftrl": lambda: optimizers.Ftrl(0.05, l1_regularization_strength=0.01),
    "Lamb": lambda: optimizers.Lamb(0.05, weight_decay=0.01),
    "Muon": lambda: optimizers.Muon(0.05),
    "ScheduleFreeAdamW": lambda: optimizers.ScheduleFreeAdamW(0.05, warmup_steps=3),
    "LossScaleOptimizer": lambda: optimizers.LossScaleOptimizer(optimizers.Adam(0.05), 8.0, dynamic_growth_steps=3),
    "MultiOptimizer": lambda: optimizers.MultiOptimizer(
        optimizers.OptimizerMap(optimizers.SGD(0.05), {".*bias": optimizers.Adam(0.05)})
    ),
}
EVERY = pytest.mark.parametrize("name", LATER)


def data():
    generator = np.random.RandomState(0)
    x = generator.standard_normal((20, 4)).astype("float32")
    return x, x[:, :1] - x[:, 1:2]


def compiled(name, **options):
    nbkeras.utils.clear_session()
    model = nbkeras.Sequential([nbkeras.Input((4,)), layers.Dense(5, activation="tanh"), layers.Dense(1)])
    for i, weight in enumerate(model.weights):
        weight.assign(np.random.RandomState(i).uniform(-0.5, 0.5, weight.shape))
    model.compile(LATER[name](), "mse", **options)
    return model


def trained(name, epochs=4, **options):
    model = compiled(name, **options)
    model.fit(*data(), batch_size=5, epochs=epochs, shuffle=False, verbose=0)
    return model


@EVERY
def test_a_recorded_step_equals_an_eager_one(name):
    recorded, eager = trained(name), trained(name, run_eagerly=True)
    for a, b in zip(recorded.get_weights(), eager.get_weights()):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("name", ["LossScaleOptimizer", "MultiOptimizer", "Muon"])
@pytest.mark.jax
def test_jax_trains_alike(name):
    with use_backend("jax"):
        model = trained(name)
    for a, b in zip(model.get_weights(), trained(name).get_weights()):
        np.testing.assert_allclose(a, b, rtol=2e-4, atol=2e-5)


@EVERY
def test_a_saved_model_goes_on(name, tmp_path):
    whole, first = trained(name, epochs=4), trained(name, epochs=2)
    first.save(tmp_path / "first.keras")
    again = nbkeras.models.load_model(tmp_path / "first.keras")
    assert type(again.optimizer).__name__ == name
    again.fit(*data(), batch_size=5, epochs=2, shuffle=False, verbose=0)
    for a, b in zip(again.get_weights(), whole.get_weights()):
        np.testing.assert_allclose(a, b, rtol=1e-6)


def weight(*values, name="w"):
    return Variable(np.float32(values), name=name)


def test_loss_scale_grows_and_falls():
    inner = optimizers.SGD(0.5)
    optimizer, w = optimizers.LossScaleOptimizer(inner, initial_scale=4.0, dynamic_growth_steps=2), weight(1.0)
    optimizer.build([w])
    told = []
    for gradient in (4.0, 4.0, np.inf, np.nan, 2.0):
        optimizer.apply([np.float32([gradient])])
        told.append((w.numpy()[0], float(optimizer.dynamic_scale), int(optimizer.iterations)))
    assert told == [(0.5, 4.0, 1), (0.0, 8.0, 2), (0.0, 4.0, 2), (0.0, 2.0, 2), (-0.5, 2.0, 3)]
    assert float(optimizer.scale_loss(np.float32(3.0))) == 6.0
    optimizer.learning_rate = 0.25
    assert float(inner.learning_rate) == float(optimizer.learning_rate) == 0.25


def test_loss_scale_does_not_change_a_training_without_overflow():
    x, y = data()
    plain = compiled("LossScaleOptimizer")
    plain.compile(optimizers.Adam(0.05), "mse")
    plain.fit(x, y, batch_size=5, epochs=4, shuffle=False, verbose=0)
    for a, b in zip(trained("LossScaleOptimizer").get_weights(), plain.get_weights()):
        np.testing.assert_array_equal(a, b)  # scales are powers of two


def test_several_optimizers_move_what_is_theirs():
    first, second = weight(1.0, 2.0, name="encoder_w"), weight(3.0, name="head")
    pairs = [(optimizers.Adam(0.1), first), (optimizers.SGD(0.1), second)]
    alone = [Variable(w.numpy()) for _, w in pairs]
    several = optimizers.MultiOptimizer(
        optimizers.OptimizerMap(optimizers.SGD(0.1), {"encoder.*": optimizers.Adam(0.1)}), loss_scale_factor=2.0
    )
    for step in range(3):
        gradients = [np.float32([step, 1.0]), np.float32([2.0])]
        several.apply([2 * g for g in gradients], [w for _, w in pairs])
        for (optimizer, _), w, g in zip(pairs, alone, gradients):
            optimizer.apply([g], [w])
    for (_, w), expected in zip(pairs, alone):
        np.testing.assert_allclose(w.numpy(), expected.numpy(), rtol=1e-6)
    assert int(several.iterations) == 3
    assert [o.loss_scale_factor for o in several.optimizers] == [2.0, 2.0]


def test_a_function_chooses_the_optimizer():
    fast, slow = optimizers.SGD(1.0), optimizers.SGD(0.1)
    optimizer = optimizers.MultiOptimizer(lambda variable: fast if "a" in variable.path else slow)
    a, b = weight(1.0, name="a"), weight(1.0, name="b")
    optimizer.apply([np.float32([1.0]), np.float32([1.0])], [a, b])
    assert (a.numpy()[0], round(float(b.numpy()[0]), 6)) == (0.0, 0.9)
    optimizer.set_weights([v.numpy() for v in optimizer.variables])


def test_a_map_of_optimizers_is_a_dictionary():
    sgd, adam = optimizers.SGD(), optimizers.Adam()
    by_path = optimizers.OptimizerMap(sgd)
    by_path["encoder/.*"] = adam
    assert (by_path["encoder/kernel"], by_path["head/kernel"]) == (adam, sgd)
    assert list(by_path) == ["encoder/.*"]
    by_path["encoder/k.*"] = sgd
    with pytest.raises(ValueError, match="one pattern that matches 'encoder/kernel', got encoder/"):
        by_path["encoder/kernel"]
    del by_path["encoder/k.*"]
    twin = optimizers.deserialize(optimizers.serialize(optimizers.MultiOptimizer(by_path)))
    assert type(twin.optimizer_map["encoder/kernel"]) is optimizers.Adam


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: optimizers.LossScaleOptimizer(optimizers.SGD(), clipnorm=1.0), ValueError, "give it to the inner"),
        (lambda: optimizers.LossScaleOptimizer(optimizers.SGD(), dynamic=False), ValueError, "always dynamic"),
        (lambda: optimizers.LossScaleOptimizer(optimizers.SGD(), scale=2), ValueError, "has no argument 'scale'"),
        (lambda: optimizers.OptimizerMap(optimizers.SGD(), {3: optimizers.SGD()}), ValueError, "keys, got 3"),
        (lambda: optimizers.OptimizerMap(optimizers.SGD(), {"a": "sgd"}), ValueError, "plain optimizers within"),
        (lambda: LATER["MultiOptimizer"]().learning_rate, AttributeError, "no learning rate of its own"),
        (lambda: optimizers.Ftrl(learning_rate_power=1.0), ValueError, "at most 0, got 1.0"),
        (lambda: optimizers.Ftrl(l1_regularization_strength=-1.0), ValueError, "not to be negative, got -1.0"),
        (lambda: optimizers.Muon().zeropower_via_newtonschulz5(np.ones(3), 5), ValueError, "of shape (3,)"),
        (lambda: optimizers.legacy.Adam(0.1), ImportError, "use optimizers.Adam"),
    ],
)
def test_mistakes(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert message in str(caught.value)


def test_newton_schulz_makes_orthogonal():
    x = np.random.RandomState(0).standard_normal((4, 7)).astype("float32")
    values = np.linalg.svd(optimizers.Muon().zeropower_via_newtonschulz5(x, 10), compute_uv=False)
    assert (np.abs(values - 1) < 0.35).all()
