"""Divergence: the step that would spoil a model is not taken, and is explained."""

import numpy as np
import pytest

import nbkeras as keras
from nbkeras import layers, ops
from nbkeras.training.guard import DivergenceWarning

ROWS, BATCH = 64, 8
X = np.linspace(-1, 1, ROWS * 4, dtype="f4").reshape(ROWS, 4)
Y = X.sum(axis=1, keepdims=True)
BAD = 21  # the row that is not like the others: the sixth of the third batch


def logarithm_net(**options):
    """Gives NaN where the first column is below -1.5, and a gradient that is not finite where it is just that."""
    model = keras.Sequential(
        [
            layers.Input((4,)),
            layers.Dense(4, kernel_initializer="identity", trainable=False, name="same"),
            layers.Lambda(lambda x: ops.sqrt(x + 1.5), name="root"),
            layers.Dense(1, name="head"),
        ],
        name="net",
    )
    model.compile("adam", "mse", **options)
    return model


def exploding_net():
    """Of which the weights grow a thousandfold in each step."""
    model = keras.Sequential([layers.Input((4,)), layers.Dense(8, name="one"), layers.Dense(1, name="two")], name="net")
    model.compile(keras.optimizers.SGD(1e4), "mse")
    return model


def data(value):
    x = X.copy()
    x[BAD, 0] = value
    return x, Y


def fit(model, x, y, **options):
    options = {"batch_size": BATCH, "shuffle": False, "verbose": 0, **options}
    with np.errstate(all="ignore"), pytest.warns(DivergenceWarning) as caught:
        history = model.fit(x, y, **options)
    assert [str(one.message) for one in caught] == [str(model.divergence)]
    return history


def trained_before(make, x, y, batches):
    """The weights after the batches that a training ought to have kept."""
    model = make()
    for start in range(0, batches * BATCH, BATCH):
        model.train_on_batch(x[start : start + BATCH], y[start : start + BATCH])
    return model.get_weights()


def same_bits(ours, theirs):
    return all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True))


@pytest.mark.parametrize("eagerly", [False, True])
def test_outputs_that_are_none(eagerly):
    keras.utils.set_random_seed(0)
    model = logarithm_net(run_eagerly=eagerly)
    begin = model.get_weights()
    x, y = data(-2.0)
    history = fit(model, x, y, epochs=5)
    assert str(model.divergence) == (
        "training stopped in batch 3 of epoch 1: the outputs of Lambda 'root' are not finite in row 5 of the batch; "
        "the weights are those before that batch; lower the learning rate, or clip the gradients: "
        "optimizer(clipnorm=1.0)"
    )
    assert (model.divergence.layer, model.divergence.rows) == ("root", (5,))
    assert len(history.epoch) == 1
    assert np.isnan(history.history["loss"][0])

    def same():
        other = logarithm_net()
        other.set_weights(begin)
        return other

    assert same_bits(model.get_weights(), trained_before(same, x, y, 2))


def test_a_gradient_that_is_none():
    keras.utils.set_random_seed(0)
    model = logarithm_net()
    model.get_layer("same").trainable = True
    model.compile("adam", "mse")
    begin = model.get_weights()
    x, y = data(-1.5)
    weights = [w.copy() for w in begin]
    with np.errstate(all="ignore"):
        fit(model, x, np.vstack([y[:20], [[np.float32(9)]], y[21:]]), batch_size=ROWS)
    assert "the gradient of 'net/same/kernel'" in str(model.divergence)
    assert same_bits(model.get_weights(), weights)


def test_weights_that_explode_are_those_of_the_last_good_step():
    keras.utils.set_random_seed(0)
    model = exploding_net()
    begin = model.get_weights()
    fit(model, X, Y, epochs=100)
    place = model.divergence
    taken = int(model.optimizer.iterations.numpy())
    assert taken == (place.epoch - 1) * (ROWS // BATCH) + place.batch - 1
    assert all(np.isfinite(w).all() for w in model.get_weights())

    def same():
        other = exploding_net()
        other.set_weights(begin)
        return other

    assert same_bits(model.get_weights(), trained_before(same, np.tile(X, (20, 1)), np.tile(Y, (20, 1)), taken))
    assert not np.isfinite(fit(model, X, Y).history["loss"]).all()


def test_a_learning_rate_that_a_callback_sets_is_part_of_what_is_kept():
    keras.utils.set_random_seed(0)
    rates = iter([1e-3, 2e-3, 1e4])
    schedule = keras.callbacks.LearningRateScheduler(lambda epoch: next(rates, 1e4))
    model = exploding_net()
    fit(model, X, Y, epochs=100, callbacks=[schedule])
    assert model.divergence.epoch >= 3
    assert float(model.optimizer.learning_rate) == 1e4
    taken = int(model.optimizer.iterations.numpy())
    assert taken == (model.divergence.epoch - 1) * (ROWS // BATCH) + model.divergence.batch - 1


def gradient_net():
    """Gives a gradient that is not finite, with a loss that is, where the first column is -1.5; nothing else moves."""
    model = logarithm_net()
    model.get_layer("same").trainable = True
    model.compile(keras.optimizers.SGD(0.0), "mse")
    return model


class Sees(keras.callbacks.Callback):
    """Notes whether the weights are finite when others look at them."""

    def __init__(self, hook):
        super().__init__()
        self.finite = []
        setattr(self, hook, self.look)

    def look(self, *args, **kwargs):
        self.finite.append(all(np.isfinite(weight).all() for weight in self.model.get_weights()))


@pytest.mark.parametrize("hook", ["on_test_begin", "on_epoch_end", "on_train_end"])
def test_nobody_sees_weights_that_are_none_at_the_end_of_an_epoch(hook):
    x, _ = data(0.0)
    x[-1, 0] = -1.5  # in the last batch
    sees, model = Sees(hook), gradient_net()
    fit(model, x, Y, epochs=3, callbacks=[sees], validation_data=(X, Y))
    assert sees.finite == [True]
    assert (model.divergence.epoch, model.divergence.batch) == (1, ROWS // BATCH)


def test_a_callback_of_batches_sees_no_weights_that_a_loss_has_spoilt():
    sees, model = Sees("on_train_batch_end"), logarithm_net()
    fit(model, *data(-2.0), callbacks=[sees])
    assert sees.finite == [True] * 3


def test_what_ends_a_training_leaves_no_weights_that_are_none(tmp_path):
    model = gradient_net()
    saver = keras.callbacks.ModelCheckpoint(tmp_path / "w.weights.h5", save_weights_only=True, save_freq=1)
    with pytest.raises(ValueError, match="has NaN in 'net/same/kernel', so it is not saved"):
        fit(model, *data(-1.5), callbacks=[saver])
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
    assert model.divergence.batch == 3


def test_batches_of_a_generator():
    keras.utils.set_random_seed(0)
    x, y = data(-2.0)
    model = logarithm_net()

    def endless():
        while True:
            for start in range(0, ROWS, BATCH):
                yield x[start : start + BATCH], y[start : start + BATCH]

    with pytest.warns(DivergenceWarning, match="batch 3 of epoch 1: the outputs of Lambda 'root'"):
        model.fit(endless(), steps_per_epoch=8, epochs=3, verbose=0)


def test_a_good_training_is_left_alone():
    model = exploding_net()
    model.compile("adam", "mse")
    model.fit(X, Y, epochs=3, verbose=0)
    assert model.divergence is None
    assert len(model.history.epoch) == 3


def test_the_next_training_begins_without_the_old_divergence():
    model = logarithm_net()
    fit(model, *data(-2.0))
    model.fit(X, Y, epochs=1, verbose=0)
    assert model.divergence is None
