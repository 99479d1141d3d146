"""Trainings that are killed and go on: a table of them, and a script that kills real processes.

    python -m tests.saving.kill_training --kills 100

trains each in a process of its own, kills that with SIGKILL at random moments, starts it again until the training is at
its end, and compares all that is left, bit for bit, with a training that nobody touched.
"""

import argparse
import hashlib
import json
import random as python_random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import nbkeras
from nbkeras import callbacks, layers, optimizers
from nbkeras.data.chance import chance

ROWS, EPOCHS = 52, 4
X = np.linspace(-1, 1, ROWS * 6, dtype="f4").reshape(ROWS, 6) ** 2
Y = np.sin(X.sum(axis=1, keepdims=True) * 3)
CLASSES = (Y[:, 0] > 0.2).astype("int32")


def net(*hidden, optimizer="adam", loss="mse", units=1, **options):
    last = layers.Dense(units, activation="softmax" if units > 1 else None)
    model = nbkeras.Sequential([layers.Input((6,)), *hidden, last])
    model.compile(optimizer, loss, **options)
    return model


def dense():
    return layers.Dense(5, activation="tanh")


class OwnStep(nbkeras.Sequential):
    """A model whose step gives logs of its own."""

    def train_step(self, data):
        return {**super().train_step(data), "double": 2 * float(self.metrics[0].result())}


def own_step():
    model = OwnStep([layers.Input((6,)), dense(), layers.Dropout(0.2), layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


def generated():
    """Batches without an end that depend on NumPy's own random numbers."""
    while True:
        rows = np.random.permutation(ROWS)[:8]  # noqa: NPY002
        yield X[rows], Y[rows]


class Augmented(nbkeras.utils.PyDataset):
    """Batches with noise from a generator of its own, in an order that changes at the end of each epoch."""

    def __init__(self):
        super().__init__()
        self.rng = np.random.default_rng(3)
        self.order = np.arange(ROWS)

    def __len__(self):
        return 6

    def __getitem__(self, index):
        rows = self.order[8 * index : 8 * index + 8]
        return X[rows] + self.rng.normal(size=(8, 6)), Y[rows]

    def on_epoch_end(self):
        self.rng.shuffle(self.order)

    def get_state(self):
        return {"rng": self.rng.bit_generator.state, "order": self.order}

    def set_state(self, state):
        self.rng.bit_generator.state, self.order = state["rng"], state["order"].copy()


def listed():
    return [(X[start : start + 8], Y[start : start + 8]) for start in range(0, 48, 8)]


def arrays(**options):
    return {"x": X, "y": Y, "batch_size": 8, **options}


HELD_OUT = {"validation_split": 0.25}
FALLING = optimizers.schedules.ExponentialDecay(0.05, 5, 0.8)
TRAININGS = {  # the model, what `fit` is given, and the callbacks in the given folder
    "dropout": (lambda: net(dense(), layers.Dropout(0.4), dense(), layers.GaussianNoise(0.1)), arrays, None),
    "batch normalization": (lambda: net(dense(), layers.BatchNormalization(), metrics=["mae"]), arrays, None),
    "a schedule": (lambda: net(dense(), optimizer=optimizers.SGD(FALLING, momentum=0.9, nesterov=True)), arrays, None),
    "averages": (
        lambda: net(dense(), optimizer=optimizers.SGD(0.1, use_ema=True, ema_momentum=0.8)),
        lambda: arrays(**HELD_OUT),
        lambda folder: [callbacks.SwapEMAWeights(swap_on_epoch=True)],
    ),
    "accumulated gradients": (
        lambda: net(dense(), optimizer=optimizers.Adam(0.01, gradient_accumulation_steps=3)),
        arrays,
        None,
    ),
    "a plateau": (
        lambda: net(dense(), optimizer=optimizers.RMSprop(0.05)),
        lambda: arrays(**HELD_OUT),
        lambda folder: [callbacks.ReduceLROnPlateau(patience=1, min_delta=0.01, factor=0.5)],
    ),
    "early stopping": (
        lambda: net(dense(), layers.Dropout(0.3)),
        lambda: arrays(**HELD_OUT),
        lambda folder: [callbacks.EarlyStopping("loss", mode="max", patience=2, restore_best_weights=True)],
    ),
    "a scheduler and a log": (
        lambda: net(dense(), metrics=["mae"]),
        lambda: arrays(**HELD_OUT),
        lambda folder: [
            callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.9),
            callbacks.CSVLogger(folder / "log.csv"),
            callbacks.ModelCheckpoint(folder / "best.keras", monitor="loss", save_best_only=True),
        ],
    ),
    "class weights": (
        lambda: net(dense(), loss="sparse_categorical_crossentropy", units=2, weighted_metrics=["accuracy"]),
        lambda: arrays(y=CLASSES, class_weight={0: 1.0, 1: 4.0}),
        None,
    ),
    "rows in their order": (lambda: net(layers.Dropout(0.2)), lambda: arrays(shuffle=False), None),
    "rows in batches": (lambda: net(dense()), lambda: arrays(shuffle="batch"), None),
    "passes over ends of epochs": (lambda: net(dense()), lambda: arrays(batch_size=10, steps_per_epoch=3), None),
    "several steps at once": (lambda: net(dense(), layers.Dropout(0.2), steps_per_execution=3), arrays, None),
    "eagerly": (lambda: net(dense(), layers.Dropout(0.2), run_eagerly=True), arrays, None),
    "an own step": (own_step, arrays, None),
    "a generator": (
        lambda: net(layers.Dropout(0.2)),
        lambda: {"x": generated(), "steps_per_epoch": 5, "validation_data": listed(), "validation_steps": 3},
        None,
    ),
    "a list of batches": (lambda: net(dense()), lambda: {"x": listed()}, None),
    "a dataset with a state": (lambda: net(dense()), lambda: {"x": Augmented(), "shuffle": True}, None),
    "a recurrent net": (
        lambda: net(layers.Reshape((3, 2)), layers.LSTM(4, dropout=0.2, seed=5), metrics=["mse", "mae"]),
        arrays,
        None,
    ),
}


def begin(name, folder):
    """A model and the arguments of its `fit`, as a new process makes them; one that goes on has another seed."""
    make, data, others = TRAININGS[name]
    nbkeras.utils.set_random_seed(99 if any(folder.glob("kept/*.h5")) else 1)
    model = make()
    return model, {**data(), "epochs": EPOCHS, "verbose": 0}, others(folder) if others is not None else []


def remains(model, others, folder):
    """All that a training leaves, as bytes or numbers by name; the epochs of checkpoints aside."""
    kinds = {"weight": model.variables, "slot": model.optimizer.variables, "metric": model.metrics_variables}
    left = {f"{kind} {n}": v.numpy().tobytes() for kind, variables in kinds.items() for n, v in enumerate(variables)}
    left["history"] = repr(sorted(model.history.history.items())) + repr(model.history.epoch)
    left["callbacks"] = repr([callback.get_state() for callback in others])
    left.update({f"chance of {source}": repr(state) for source, state in chance().items()})
    left["keys"] = repr(nbkeras.random.global_generator().state.numpy())
    left.update({path.name: path.read_bytes() for path in sorted(folder.glob("*.csv"))})
    return {key: value.encode() if isinstance(value, str) else value for key, value in left.items()}


def untouched(name, folder):
    model, options, others = begin(name, folder)
    model.fit(**options, callbacks=others)
    return remains(model, others, folder)


def run_child(name, folder, save_freq):
    """Trains, or goes on, and says what is left in the end."""
    model, options, others = begin(name, folder)
    slow = callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: time.sleep(0.005))  # something to hit
    backup = callbacks.BackupAndRestore(folder / "kept", save_freq=save_freq)
    print("ready", flush=True)
    model.fit(**options, callbacks=[backup, slow, *others])
    digests = {key: hashlib.sha256(value).hexdigest() for key, value in remains(model, others, folder).items()}
    print(json.dumps(digests), flush=True)


def killed(name, seed, most_kills):
    """Trains in processes of which up to `most_kills` are killed; returns their number and what differs in the end."""
    chance_of = python_random.Random(seed)
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        expected = {key: hashlib.sha256(value).hexdigest() for key, value in untouched(name, Path(one)).items()}
        kills = 0
        while True:
            frequency = chance_of.choice(["epoch", 1, 3])
            command = [sys.executable, "-m", "tests.saving.kill_training", "--child", name, other, str(frequency)]
            process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            assert process.stdout.readline() == "ready\n"
            if kills < most_kills:
                time.sleep(chance_of.uniform(0, 0.25))
                process.kill()
            said = process.communicate()[0]
            if process.returncode != -signal.SIGKILL:
                assert process.returncode == 0
                found = json.loads(said)
                return kills, sorted(key for key in expected | found if expected.get(key) != found.get(key))
            kills += 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--child", nargs=3)
    args = parser.parse_args()
    if args.child:
        name, folder, save_freq = args.child
        run_child(name, Path(folder), save_freq if save_freq == "epoch" else int(save_freq))
        return
    total, seed = 0, 0
    while total < args.kills:
        name = list(TRAININGS)[seed % len(TRAININGS)]
        kills, different = killed(name, seed, most_kills=4)
        total, seed = total + kills, seed + 1
        print(f"{total:4} kills, {kills} in {name}: {different or 'the same bits'}", flush=True)
        assert not different


if __name__ == "__main__":
    main()
