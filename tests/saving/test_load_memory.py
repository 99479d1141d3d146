"""A file that is loaded takes at most 2.2 times its size in memory, the model that stays included."""

import tracemalloc

import numpy as np
import pytest

import nbkeras
from nbkeras import layers
from nbkeras.saving import load_model

MOST = 2.2


def network(optimizer):
    parts = [layers.Dense(700, activation="relu"), layers.Dense(500), layers.BatchNormalization(), layers.Dense(1)]
    model = nbkeras.Sequential([nbkeras.Input((600,)), *parts])
    model.compile(optimizer, "mse")
    model.fit(np.ones((4, 600), "float32"), np.ones((4, 1), "float32"), verbose=0)
    return model


def peak(function, *args):
    tracemalloc.start()
    kept = function(*args)
    largest = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    del kept
    return largest


@pytest.mark.parametrize("optimizer", ["adam", "sgd", nbkeras.optimizers.SGD(momentum=0.9)])
def test_loading(optimizer, tmp_path):
    model = network(optimizer)
    for name, load in (("net.keras", load_model), ("net.weights.h5", model.load_weights)):
        path = tmp_path / name
        model.save(path) if name.endswith(".keras") else model.save_weights(path)
        load(path)  # once before, since the first load of a process imports
        assert peak(load, path) <= MOST * path.stat().st_size, name
