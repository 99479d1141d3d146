"""A training that is cut off at any moment goes on in another process as if nothing had been, bit for bit."""

import random as python_random

import numpy as np
import pytest

import nbkeras
from nbkeras import callbacks, layers, optimizers
from nbkeras.callbacks import BackupAndRestore
from nbkeras.callbacks.backup import Backup
from nbkeras.saving import FileError
from nbkeras.saving.training_files import save_training
from nbkeras.training.guard import DivergenceWarning
from tests.saving.kill_training import EPOCHS, TRAININGS, X, Y, arrays, begin, killed, net, remains, untouched

EVENTS = ("on_train_batch_begin", "on_train_batch_end", "on_test_batch_end", "on_epoch_begin", "on_epoch_end")


class Kill(BaseException):
    """The end of a process: nothing may catch it."""


class Killer(callbacks.Callback):
    """Ends the training at its `moment`-th event, before other callbacks hear of that."""

    def __init__(self, moment):
        super().__init__()
        self.left = moment


def _count(self, *args, **kwargs):
    self.left -= 1
    if self.left < 0:
        raise Kill


for _event in EVENTS:
    setattr(Killer, _event, _count)


def cut_and_resumed(name, folder, rng, cuts, make_backup):
    """What is left of a training that was ended `cuts` times."""
    for attempt in range(cuts + 1):
        model, options, others = begin(name, folder)
        killer = [Killer(rng.randrange(4 * EPOCHS * 7 // (cuts + 1)))] if attempt < cuts else []
        try:
            model.fit(**options, callbacks=[make_backup(rng), *killer, *others])
        except Kill:
            continue
        return remains(model, others, folder)
    raise AssertionError


@pytest.mark.parametrize("name", TRAININGS)
def test_it_goes_on_bit_for_bit(name, tmp_path):
    (tmp_path / "one").mkdir()
    expected = untouched(name, tmp_path / "one")
    for seed in range(3):
        rng = python_random.Random(f"{name} {seed}")
        folder = tmp_path / str(seed)
        folder.mkdir()
        make = lambda rng: BackupAndRestore(folder / "kept", save_freq=rng.choice(["epoch", 1, 3]))  # noqa: B023
        found = cut_and_resumed(name, folder, rng, 2, make)
        assert [key for key in expected | found if expected.get(key) != found.get(key)] == []
        assert not (folder / "kept").exists()


@pytest.mark.parametrize("name", ["dropout", "a generator"])
def test_processes_that_are_killed(name):
    kills, different = killed(name, seed=5, most_kills=2)
    assert different == []
    assert kills


WRAPPERS = {
    "LossScaleOptimizer": lambda rate: optimizers.LossScaleOptimizer(optimizers.Adam(rate), dynamic_growth_steps=4),
    "MultiOptimizer": lambda rate: optimizers.MultiOptimizer(
        optimizers.OptimizerMap(optimizers.SGD(rate, momentum=0.9), {".*bias": optimizers.Adam(rate)})
    ),
}
OPTIMIZERS = sorted({kind.__name__ for kind in optimizers.TABLE.values()} - {"Optimizer"})


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_goes_on(name, tmp_path):
    make = WRAPPERS.get(name) or getattr(optimizers, name)
    goes_on_after(9, lambda: net(layers.Dropout(0.2), optimizer=make(0.01)), tmp_path)


SCHEDULES = {
    "cosine": lambda: optimizers.schedules.CosineDecay(0.1, 30, warmup_steps=5, warmup_target=0.2),
    "restarts": lambda: optimizers.schedules.CosineDecayRestarts(0.1, 5, t_mul=1.7, m_mul=0.9),
    "polynomial": lambda: optimizers.schedules.PolynomialDecay(0.1, 30, power=0.7),
    "inverse time": lambda: optimizers.schedules.InverseTimeDecay(0.1, 3, 0.5),
    "constants": lambda: optimizers.schedules.PiecewiseConstantDecay([5, 12], [0.1, 0.05, 0.01]),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_goes_on(name, tmp_path):
    goes_on_after(9, lambda: net(layers.Dropout(0.2), optimizer=optimizers.SGD(SCHEDULES[name]())), tmp_path)


@pytest.mark.jax
def test_it_goes_on_where_jax_computes(tmp_path):
    model = lambda: net(layers.Dropout(0.2), metrics=["mae"], backend="jax")
    goes_on_after(9, model, tmp_path, but="chance of numpy")  # from which JAX draws when it compiles


@pytest.mark.torch
def test_a_loader_of_pytorch_goes_on(tmp_path):
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    rows = TensorDataset(torch.from_numpy(X), torch.from_numpy(Y))
    loader = lambda: {"x": DataLoader(rows, batch_size=8, shuffle=True)}
    goes_on_after(9, lambda: net(layers.Dropout(0.2)), tmp_path, data=loader, reseed=torch.manual_seed)


def goes_on_after(batches, make, folder, but=None, data=arrays, reseed=lambda seed: None):
    """Cuts a training off after some batches, and compares what another makes of it with one that was left alone."""
    left = []
    for cuts in ([], [batches, None]):
        nbkeras.utils.set_random_seed(1)
        reseed(1)
        for cut in cuts or [None]:
            model = make()
            backup = [BackupAndRestore(folder / "kept", save_freq=1)] if cuts else []
            killer = [callbacks.LambdaCallback(on_train_batch_begin=_raiser(cut))] if cut else []
            try:
                model.fit(**data(), epochs=3, verbose=0, callbacks=[*backup, *killer])
            except Kill:
                nbkeras.utils.set_random_seed(2)
                reseed(2)
        left.append(remains(model, [], folder))
    assert [key for key in left[0] if key != but and left[0][key] != left[1][key]] == []


def _raiser(batches):
    left = iter(range(batches))

    def check(batch, logs):
        if next(left, None) is None:
            raise Kill

    return check


# --- the file -------------------------------------------------------------------------------------------------------


def fit(model, *backups, epochs=2, **options):
    return model.fit(**{"x": X, "y": Y, "batch_size": 8, **options}, epochs=epochs, verbose=0, callbacks=[*backups])


def kept(folder, model=None, **options):
    """Trains with a backup that stays, and returns its file and the model."""
    model = model or net(layers.Dense(4))
    backup = BackupAndRestore(folder / "kept", delete_checkpoint=False, **options)
    fit(model, backup)
    return backup.path, model


def test_a_finished_training_stays_finished(tmp_path):
    path, model = kept(tmp_path)
    other = net(layers.Dense(4))
    history = fit(other, BackupAndRestore(path.parent))
    assert history.history == model.history.history
    for ours, theirs in zip(model.get_weights(), other.get_weights()):
        np.testing.assert_array_equal(ours, theirs)
    assert not path.parent.exists()


def test_more_epochs_go_on(tmp_path):
    path, _ = kept(tmp_path)
    assert fit(net(layers.Dense(4)), BackupAndRestore(path.parent), epochs=5).epoch == [0, 1, 2, 3, 4]


def test_what_early_stopping_ended_stays_ended(tmp_path):
    make_stop = lambda: callbacks.EarlyStopping("loss", mode="max", patience=1)
    backup = lambda: BackupAndRestore(tmp_path / "kept", delete_checkpoint=False)
    epochs = fit(net(layers.Dense(4)), backup(), make_stop(), epochs=9).epoch
    assert epochs == [0, 1]
    assert fit(net(layers.Dense(4)), backup(), make_stop(), epochs=9).epoch == epochs


def test_other_files_in_the_folder_stay(tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    fit(net(), BackupAndRestore(tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize("ending", [".keras", ".weights.h5"])
def test_the_file_is_one_of_a_model_or_of_weights_too(tmp_path, ending):
    path = tmp_path / f"run{ending}"
    model = net(layers.Dense(4, name="hidden"))
    fit(model, Backup(path))
    if ending == ".keras":
        again = nbkeras.models.load_model(path)
    else:
        again = net(layers.Dense(4, name="hidden"))
        again.load_weights(path)
    np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))
    backup = Backup(path)
    history = fit(net(layers.Dense(4, name="hidden")), backup, epochs=3)
    assert backup.resumed == (2, 0)
    assert history.epoch == [0, 1, 2]


def test_a_stop_within_an_epoch_is_kept(tmp_path):
    def stop(batch, logs):
        model.stop_training = batch >= 3

    path, model = tmp_path / "run.weights.h5", net(layers.Dense(4))
    fit(model, Backup(path), callbacks.LambdaCallback(on_train_batch_end=stop))
    backup = Backup(path)
    fit(net(layers.Dense(4)), backup)
    assert backup.resumed == (0, 4)


def damaged(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2 :] = b""
    path.write_bytes(content)


REFUSED = {  # what is done to the file -> the model and options that then meet it, the error, what it says
    "cut off": (damaged, lambda: net(layers.Dense(4)), {}, FileError, "is cut off"),
    "another model": (None, lambda: net(layers.Dense(5)), {}, FileError, "does not fit"),
    "other metrics": (None, lambda: net(layers.Dense(4), metrics=["mae"]), {}, FileError, "3 metrics and seeds, not 5"),
    "weights alone": (
        lambda path: net(layers.Dense(4)).save_weights(path),
        lambda: net(layers.Dense(4)),
        {},
        FileError,
        "holds weights, but no training",
    ),
    "a training of another version": (
        lambda path: save_training(net(layers.Dense(4)), path, {"epoch": 3}),
        lambda: net(layers.Dense(4)),
        {},
        FileError,
        "not of a training that this version can go on with",
    ),
    "other batches": (None, lambda: net(layers.Dense(4)), {"batch_size": 5}, ValueError, "give it batch_size=8"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name, tmp_path):
    change, make, options, error, message = REFUSED[name]
    path, _ = kept(tmp_path, save_freq=3)
    if change is not None:
        change(path)
    model = make()
    before = model.get_weights()
    with pytest.raises(error, match=message):
        fit(model, BackupAndRestore(path.parent), **options)
    for ours, theirs in zip(before, model.get_weights()):
        np.testing.assert_array_equal(ours, theirs)
    assert path.exists()


def test_the_state_before_is_read_where_the_last_is_damaged(tmp_path):
    path, _ = kept(tmp_path, double_checkpoint=True)
    damaged(path)
    backup = BackupAndRestore(path.parent, double_checkpoint=True)
    with pytest.warns(UserWarning, match="goes on from the one before it"):
        fit(net(layers.Dense(4)), backup, epochs=3)
    assert backup.resumed == (1, 0)
    assert not path.parent.exists()


def test_data_that_has_become_shorter(tmp_path):
    path, _ = kept(tmp_path, save_freq=4)
    with pytest.raises(ValueError, match=r"goes on after batch \d of the data, which now has 1"):
        fit(net(layers.Dense(4)), BackupAndRestore(path.parent), x=X[:8], y=Y[:8])


def test_a_full_disk_does_not_end_the_training(tmp_path, monkeypatch):
    def fails(*args):
        raise OSError(28, "No space left on device")

    backup = BackupAndRestore(tmp_path / "kept", delete_checkpoint=False)
    monkeypatch.setattr("nbkeras.saving.atomic.os.fsync", fails)
    with pytest.warns(UserWarning, match="the training goes on, but is not kept: .*No space left"):
        assert fit(net(), backup).epoch == [0, 1]


def test_numbers_that_are_not_finite_are_not_kept(tmp_path):
    for save_freq in ("epoch", 1):
        model = net(layers.Dense(4), optimizer=optimizers.SGD(1e30))
        backup = BackupAndRestore(tmp_path / "kept", save_freq=save_freq, delete_checkpoint=False)
        with np.errstate(all="ignore"), pytest.warns(DivergenceWarning):
            fit(model, backup)
        assert backup.path.exists() == (save_freq == 1)
    model.load_weights(backup.path)
    assert all(np.isfinite(weight).all() for weight in model.get_weights())
    assert model.divergence.batch > int(model.optimizer.iterations) > 0


def test_a_callback_that_is_missing(tmp_path):
    stop = callbacks.EarlyStopping("loss", mode="min", patience=5)
    fit(net(), BackupAndRestore(tmp_path / "kept", delete_checkpoint=False), stop)
    with pytest.warns(UserWarning, match="had a callback EarlyStopping, which fit has not been given"):
        fit(net(), BackupAndRestore(tmp_path / "kept"))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"backup_dir": ""}, "got an empty one"),
        ({"backup_dir": "kept", "save_freq": "batch"}, "'epoch' or a number of batches, got 'batch'"),
        ({"backup_dir": "kept", "save_freq": 0.5}, "got 0.5"),
        ({"backup_dir": "kept", "save_freq": -1}, "got -1"),
    ],
)
def test_wrong_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        BackupAndRestore(**options)


def test_it_belongs_to_fit():
    with pytest.raises(RuntimeError, match="has to be one of its callbacks"):
        callbacks.CallbackList([BackupAndRestore("kept")], model=net()).on_train_begin()


def test_an_own_callback_with_a_state(tmp_path):
    class Counting(callbacks.Callback):
        batches = 0

        def get_state(self):
            return {"batches": self.batches, "seen": [np.float32(0.5), (1, None)]}

        def set_state(self, state):
            assert state["seen"] == [0.5, [1, None]]
            self.batches = state["batches"]

        def on_train_batch_end(self, batch, logs=None):
            self.batches += 1

    backup = lambda: BackupAndRestore(tmp_path / "kept", delete_checkpoint=False)
    fit(net(), backup(), Counting())
    counting = Counting()
    fit(net(), backup(), counting, epochs=3)
    assert counting.batches == 3 * 7


@pytest.mark.keras
@pytest.mark.parametrize("ending", [".keras", ".weights.h5"])
def test_keras_opens_the_file(tmp_path, ending):
    import keras

    path, model = tmp_path / f"run{ending}", net(layers.Dense(4, name="hidden"))
    fit(model, Backup(path))
    if ending == ".keras":
        theirs = keras.models.load_model(path)
    else:
        theirs = keras.Sequential([keras.Input((6,)), keras.layers.Dense(4), keras.layers.Dense(1)])
        theirs.compile("adam", "mse")
        theirs.optimizer.build(theirs.trainable_variables)
        theirs.load_weights(path)
    np.testing.assert_allclose(theirs.predict(X, verbose=0), model.predict(X, verbose=0), rtol=1e-5, atol=1e-6)
    assert int(theirs.optimizer.iterations) == int(model.optimizer.iterations)
