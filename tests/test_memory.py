"""Memory: activations are freed on the way back, training again and again does not grow, data may stay on disk."""

import gc
import subprocess
import sys
import tracemalloc

import numpy as np
import pytest

import nbkeras
from nbkeras import layers, ops
from nbkeras.autodiff import Tape
from nbkeras.backends import backend

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 4)).astype("float32")
Y = (X[:, :1] > 0).astype("float32")
MEGABYTE = 1 << 20


def model():
    net = nbkeras.Sequential([nbkeras.Input((4,)), layers.Dense(3, activation="relu"), layers.Dense(1, "sigmoid")])
    net.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return net


def peak_bytes(work):
    """What `work` holds at most beyond what there was before."""
    gc.collect()
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


# --- activations ------------------------------------------------------------------------------------------------------


def test_activations_are_freed_on_the_way_back():
    """A layer of 1 MB leaves an activation, then a gradient in its place: never all of both at once."""
    depth, weights = 32, [np.ones((256, 1024), "float32") for _ in range(32)]

    def loss(weights):
        y = weights[0]
        for w in weights:
            y = y * w
        return ops.sum(y), None

    assert peak_bytes(lambda: backend().value_and_grad(loss)(weights)) < 1.25 * depth * MEGABYTE


def test_a_recorded_step_takes_the_memory_of_what_was_freed():
    """Per layer of 1 MB: what is passed on and what the layer keeps for its gradient. Gradients take turns."""
    x = np.ones((1024, 256), "float32")

    def held(depth):
        tanhs = [layers.Activation("tanh") for _ in range(depth)]
        net = nbkeras.Sequential([nbkeras.Input((256,)), layers.Dense(256), *tanhs, layers.Dense(1)])
        net.compile("sgd", "mse")
        return peak_bytes(lambda: net.fit(x, x[:, :1], batch_size=1024, epochs=2, verbose=0))

    assert (held(24) - held(8)) / 16 < 1.3 * MEGABYTE


@pytest.mark.parametrize("way", ["__call__", "predict", "predict_on_batch"])
def test_inference_opens_no_tape(way, monkeypatch):
    def refuse(tape):
        raise AssertionError("a tape was opened")

    monkeypatch.setattr(Tape, "__init__", refuse)
    net = model()
    for _ in range(4):  # as written, recorded, proved, replayed
        assert getattr(net, way)(X).shape == (40, 1)


def test_inference_keeps_no_activations():
    """Of 32 activations of 1 MB a few are held at a time."""
    net = nbkeras.Sequential([nbkeras.Input((256,)), *[layers.Activation("tanh") for _ in range(32)]])
    x = np.ones((1024, 256), "float32")
    assert peak_bytes(lambda: [net(x) for _ in range(4)]) < 12 * MEGABYTE


# --- again and again --------------------------------------------------------------------------------------------------


def a_fit():
    net = model()
    return lambda: net.fit(X, Y, batch_size=10, verbose=0)


def compiled_again():
    net = model()

    def work():
        net.compile("adam", "binary_crossentropy", metrics=["accuracy"])
        net.fit(X, Y, batch_size=10, verbose=0)

    return work


def with_validation():
    net = model()
    return lambda: net.fit(X, Y, batch_size=16, validation_split=0.2, epochs=2, verbose=0)


def from_a_generator():
    net = model()
    return lambda: net.fit(((X[i : i + 8], Y[i : i + 8]) for i in range(0, 40, 8)), verbose=0)


def on_batches():
    net = model()
    return lambda: net.train_on_batch(X, Y)


def inference():
    net = model()
    return lambda: (net(X), net.predict(X, verbose=0), net.evaluate(X, Y, verbose=0))


def differentiated():
    net = model()

    def work():
        with nbkeras.GradientTape() as tape:
            loss = ops.mean(net(X))
        tape.gradient(loss, net.trainable_variables)

    return work


def made_anew():
    return lambda: model().fit(X, Y, batch_size=10, epochs=2, verbose=0)


# What is repeated, and how often: what records a step or makes a model each time is slow.
REPEATED = {
    "fit": (a_fit, 200),
    "compile and fit": (compiled_again, 20),
    "fit with validation": (with_validation, 200),
    "fit of a generator": (from_a_generator, 200),
    "train_on_batch": (on_batches, 200),
    "inference": (inference, 200),
    "gradient": (differentiated, 200),
    "make a model": (made_anew, 20),
}


@pytest.mark.parametrize("name", REPEATED)
def test_nothing_grows(name):
    """Containers are none the more; of all blocks of memory a few are, by what NumPy keeps for later."""
    prepare, times = REPEATED[name]
    work = prepare()
    _, (objects_before, blocks_before), (objects, blocks) = (held_after(work, times) for _ in range(3))
    assert objects - objects_before < 0.1 * times
    assert blocks - blocks_before < 0.5 * times + 50


def held_after(work, times):
    """How many containers, and how many blocks of memory, are there after working so often."""
    for _ in range(times):
        work()
    gc.collect()
    return len(gc.get_objects()), sys.getallocatedblocks()


# --- data on disk -----------------------------------------------------------------------------------------------------

# What is done with `x`, a map of 256 MB on a sparse file, and targets, by a process that may have 64 MB more.
ON_DISK = {
    "fit": "net.fit(x, y, batch_size=256, verbose=0)",
    "fit in order": "net.fit(x, y, batch_size=256, shuffle=False, verbose=0)",
    "fit with validation": "net.fit(x, y, batch_size=256, validation_split=0.5, verbose=0)",
    "fit with weights": "net.fit(x, y, batch_size=256, class_weight={0: 1.0, 1: 2.0}, verbose=0)",
    "fit on batches": "net.fit(x, y, batch_size=256, shuffle='batch', verbose=0)",
    "evaluate": "net.evaluate(x, y, batch_size=256, verbose=0)",
    "predict": "net.predict(x, batch_size=256, verbose=0)",
    "targets on disk": "wide.fit(x[:, :8], x, batch_size=256, verbose=0)",
    "classes on disk": "sorts.fit(x[:, :8], x, batch_size=256, verbose=0)",
    "twice as precise": "net.fit(x.view('float64').reshape(-1, 1024), y[::2], batch_size=256, verbose=0)",
}
SCRIPT = """
import resource, sys
import numpy as np
import nbkeras
from nbkeras import layers

def network(features, units, activation, loss):
    net = nbkeras.Sequential([nbkeras.Input((features,)), layers.Dense(units, activation)])
    net.compile("sgd", loss)
    net.fit(np.zeros((1024, features), "float32"), np.zeros((1024, units), "float32"), batch_size=256, verbose=0)
    return net

net = network(1024, 1, "sigmoid", "binary_crossentropy")
wide = network(8, 1024, None, "mse")
sorts = network(8, 1024, "softmax", "categorical_crossentropy")
x = np.memmap(sys.argv[1], "float32", "r", shape=(65_536, 1024))
y = np.zeros((65_536, 1), "float32")
with open("/proc/self/status") as status:
    held = next(int(line.split()[1]) for line in status if line.startswith("VmData"))
resource.setrlimit(resource.RLIMIT_DATA, (held * 1024 + (64 << 20),) * 2)
try:
    np.ones((65_536, 1024), "float32")
except MemoryError:
    exec(sys.argv[2])
"""


@pytest.fixture(scope="module")
def sparse_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "x.bin"
    with open(path, "wb") as file:
        file.truncate(65_536 * 1024 * 4)
    return path


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux bounds what a process may allocate")
@pytest.mark.parametrize("name", ON_DISK)
def test_data_on_disk_stays_there(name, sparse_file):
    work = f"{ON_DISK[name]}; print('done')"
    run = subprocess.run([sys.executable, "-c", SCRIPT, sparse_file, work], capture_output=True, text=True, check=False)
    assert run.stdout == "done\n", run.stderr
