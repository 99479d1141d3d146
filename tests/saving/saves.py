"""Every kind of file that the library writes: how to write its n-th version, and how to tell a whole one."""

import csv
import sqlite3
from pathlib import Path

import numpy as np

import nbkeras
from nbkeras import callbacks, layers
from nbkeras.callbacks.backup import Backup
from nbkeras.callbacks.tensorboard.event_file import EventFile
from nbkeras.callbacks.tensorboard.summaries import scalar
from nbkeras.notebook.training.facts import Facts
from nbkeras.notebook.training.run_store import RunStore
from nbkeras.saving.training_files import load_training

X, Y = np.ones((4, 60), "f4"), np.ones((4, 60), "f4")


def model(version):
    """A model all of whose weights are `version`."""
    net = nbkeras.Sequential([layers.Input((60,)), layers.Dense(60, name="only")], name="net")
    net.compile("sgd", "mse")
    net.set_weights([np.full_like(weight, version) for weight in net.get_weights()])
    return net


def version_of(net):
    """The version of a model; all of its numbers must say the same one."""
    (version,) = {float(value) for weight in net.get_weights() for value in np.unique(weight)}
    return version


def save(path, version):
    model(version).save(path)


def save_weights(path, version):
    model(version).save_weights(path)


def check_weights(path):
    net = model(0)
    net.load_weights(path)
    return version_of(net)


def checkpoint(path, version):
    net = model(version)
    saver = callbacks.ModelCheckpoint(path)
    saver.set_model(net)
    saver.on_epoch_end(0, {})


def log(path, version):
    logger = callbacks.CSVLogger(path, append=True)
    logger.on_train_begin()
    logger.on_epoch_end(version, {"loss": version, "accuracy": 0.5})


def check_log(path):
    text = path.read_text()
    rows = list(csv.reader(text.splitlines()))
    assert text == "" or (text.endswith("\n") and {len(row) for row in rows} == {5} and rows[0][0] == "epoch")
    return len(rows)


class Anew(Backup):
    """Begins, whatever is there."""

    def _read(self):
        return None


def keep(path, version):
    net = model(version)
    net.optimizer.learning_rate = 0.0
    net.fit(X, Y, verbose=0, callbacks=[Anew(path)])


def check_kept(path):
    net = model(0)
    net.optimizer.build(net.trainable_variables)
    state, assign = load_training(net, path)
    assign()
    assert (state["epoch"], state["done"]) in [(0, 1), (1, None)]
    return version_of(net)


def store(path, version):
    RunStore(path).put([Facts(f"net-{number}", "net", seconds=version) for number in range(5)])


def check_store(path):
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()
    found = {facts.seconds for facts in RunStore(path).all()}
    assert len(found) <= 1
    return found


def add_event(path, version):
    file = EventFile(path)
    for step in range(20):
        file.add(step, scalar("loss", version))
    file.sync()


def check_events(path):
    """No record is in the way of others: each is whole, but for the last one of a file whose writer was killed."""
    for file in path.iterdir():
        content, at = file.read_bytes(), 0
        while at + 12 <= len(content):
            at += 16 + int.from_bytes(content[at : at + 8], "little")
        assert at >= len(content) - 12


KINDS = {  # the name, how to write a version, how to check what is there
    "net.keras": (save, lambda path: version_of(nbkeras.models.load_model(path))),
    "net.weights.h5": (save_weights, check_weights),
    "checkpoint.keras": (checkpoint, lambda path: version_of(nbkeras.models.load_model(path))),
    "log.csv": (log, check_log),
    "kept.weights.h5": (keep, check_kept),
    "kept.keras": (keep, check_kept),
    "runs.sqlite": (store, check_store),
    "events": (add_event, check_events),
}


def first_versions(folder):
    """Writes version 1 of each."""
    for name, (write, _) in KINDS.items():
        write(Path(folder) / name, 1)
