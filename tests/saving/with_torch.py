"""Files between Keras on PyTorch and nbkeras, both ways; each step is a process of its own.

`write FOLDER [EVERY]`, with Keras on PyTorch: every so many-th row of the tables of layers, and all of training, as
`.keras` files, and what these models compute. `cross FOLDER`, with nbkeras: reads each, compares, trains on, writes it
back. `read FOLDER`, with Keras on PyTorch: reads and compares these. Each prints what it did as one line of JSON.

    python -m tests.saving.with_torch write /tmp/files && python -m tests.saving.with_torch cross /tmp/files && \\
        python -m tests.saving.with_torch read /tmp/files
"""

import json
import os
import sys
import traceback
import warnings
from pathlib import Path

import numpy as np

from tests.cases.case import is_plain
from tests.cases.layers.models import CASES as MODELS
from tests.cases.optimizers import CASES as OPTIMIZERS
from tests.closeness import assert_close
from tests.references import tables
from tests.references.libraries import Nbkeras, flatten
from tests.references.measure import built_layer, symbolic_inputs

X = np.random.default_rng(1).normal(size=(12, 4)).astype("float32")
Y = np.sin(X.sum(1, keepdims=True))
# Rows in which Keras on PyTorch computes otherwise than on JAX, or keeps other weights than it had. (What it cannot
# write and read back itself is found when it is written.)
UNLIKE = {
    "average pooling 2d strides same": "counts cells of the padding",
    "upsampling 2d bicubic": "another polynomial",
    "resizing bytes": "rounds halves otherwise",
    "clahe": "other bins",
}
TRAINED = [case for case in OPTIMIZERS if case.name.endswith(" rate") or case.name.endswith("momentum")]


class TorchKeras:
    """Real Keras on PyTorch, as `libraries.RealKeras` is it on JAX."""

    def __init__(self):
        os.environ["KERAS_BACKEND"] = "torch"
        import keras

        self.k = keras

    def fresh(self):
        self.k.backend.clear_session(free_memory=False)

    def array(self, value):
        return value if value is None else self.k.ops.convert_to_tensor(value)

    def numpy(self, value):
        return np.array(self.k.ops.convert_to_numpy(value))


def serialisable(case):
    """Rows whose results no chance decides: those of augmentation are called as in training."""
    certain = not case.random and "training" not in case.keywords and not case.name.startswith("low rank")
    plain = case.models and all(map(is_plain, case.keywords.values()))
    return certain and plain and (case.config or case in MODELS)


def cases(every):
    found = [case for family in tables.LAYERS for case in tables.rows(f"layers/{family}") if serialisable(case)]
    return [case for case in found if case.name not in UNLIKE][::every]


def model_of(library, case):
    layer = built_layer(library, case)
    inputs = symbolic_inputs(library, case)
    return library.k.Model(inputs, case.call(layer, inputs, **case.keywords))


def outputs(library, model, arrays):
    arrays = [library.array(array) for array in arrays]
    return [library.numpy(y) for y in flatten(model(arrays if len(arrays) > 1 else arrays[0], training=False))]


def compiled(k, case):
    parts = [k.layers.Input((4,)), k.layers.Dense(3, activation="tanh"), k.layers.BatchNormalization()]
    model = k.Sequential([*parts, k.layers.Dense(1)])
    model.compile(case.build(k), k.losses.MeanSquaredError(), metrics=["mae"], run_eagerly=True)
    return model


def trained(model):
    """The history of one more epoch."""
    return model.fit(X, Y, batch_size=4, epochs=1, shuffle=False, verbose=0).history


def write(folder, every):
    library = TorchKeras()
    left_out = []
    for number, case in enumerate(cases(every)):
        try:
            model = model_of(library, case)
            model.save(folder / f"{number}.keras")
            library.k.models.load_model(folder / f"{number}.keras")
        except Exception as error:
            left_out.append(f"{case.name}: {type(error).__name__}")
            (folder / f"{number}.keras").unlink(missing_ok=True)
            continue
        found = outputs(library, model, case.arrays())
        weights = [library.numpy(weight) for weight in model.weights]
        arrays = {"y": found, "w": weights, "x": case.arrays()}
        np.savez(folder / f"{number}.npz", **{f"{k}{i}": a for k, some in arrays.items() for i, a in enumerate(some)})
    for case in TRAINED:
        model = compiled(library.k, case)
        trained(model)
        model.save(folder / f"{case.name}.keras")
        (folder / f"{case.name}.json").write_text(json.dumps(trained(model)))
    return {"written": len(list(folder.glob("*.keras"))), "left_out": left_out}


def stored(path):
    with np.load(path.with_suffix(".npz")) as arrays:
        return [[arrays[f"{kind}{i}"] for i in range(sum(key[0] == kind for key in arrays))] for kind in "xyw"]


def compare(library, model, path):
    inputs, expected, weights = stored(path)
    for got, weight in zip(model.weights, weights, strict=True):
        np.testing.assert_array_equal(library.numpy(got), weight)
    assert_close(outputs(library, model, inputs), expected)


def each(paths, check):
    """How many files passed, and what was wrong with the others."""
    wrong = {}
    for path in paths:
        try:
            check(path)
        except Exception as error:
            wrong[path.stem] = f"{error!r:.300}" or traceback.format_exc()[-300:]
    return {"passed": len(paths) - len(wrong), "wrong": wrong}


def cross(folder):
    from nbkeras.saving import load_model

    library = Nbkeras()
    (folder / "back").mkdir(exist_ok=True)

    def layer(path):
        model = load_model(path)
        compare(library, model, path)
        model.save(folder / "back" / path.name)

    def training(path):
        model = load_model(path.with_suffix(".keras"))
        assert_close(trained(model), json.loads(path.read_text()), times=10)
        model.save(folder / "back" / path.with_suffix(".keras").name)
        (folder / "back" / path.name).write_text(json.dumps(trained(model)))

    models = [path for path in sorted(folder.glob("*.keras")) if path.with_suffix(".npz").exists()]
    return {"layers": each(models, layer), "training": each(sorted(folder.glob("*.json")), training)}


def read(folder):
    library = TorchKeras()
    load = library.k.models.load_model

    def training(path):
        assert_close(trained(load(path.with_suffix(".keras"))), json.loads(path.read_text()), times=10)

    models = [path for path in sorted((folder / "back").glob("*.keras")) if (folder / f"{path.stem}.npz").exists()]
    layers = each(models, lambda path: compare(library, load(path), folder / path.name))
    return {"layers": layers, "training": each(sorted((folder / "back").glob("*.json")), training)}


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    step, folder, *every = sys.argv[1:]
    steps = {"write": lambda f: write(f, int(every[0]) if every else 1), "cross": cross, "read": read}
    print(json.dumps(steps[step](Path(folder))))
