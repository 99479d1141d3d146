"""What real Keras' applications are: layers, their configurations and connections, counts, predictions, and files.

python -m tests.references.architectures             # stores the facts of every row: some minutes
python -m tests.references.architectures ResNet50    # prints the layers of one row, to compare with ours
"""

import hashlib
import inspect
import json
import math
import os
import sys
import zlib
from contextlib import ExitStack, contextmanager
from unittest import mock

import numpy as np

if __name__ == "__main__":
    os.environ["KERAS_BACKEND"] = "jax"
    os.environ.setdefault("JAX_PLATFORMS", "cpu")

from tests.cases.applications import CASES, LEARNING, NAMES, PREDICTING
from tests.references.store import save

# Of configurations: what the architectures choose. The rest are defaults, which the tables of layers compare.
CHOSEN = (
    *("filters", "kernel_size", "strides", "padding", "groups", "depth_multiplier", "use_bias", "activation", "units"),
    *("axis", "momentum", "epsilon", "scale", "center", "rate", "noise_shape", "max_value", "pool_size", "keepdims"),
    *("target_shape", "cropping", "offset", "mean", "variance", "batch_shape", "init_values", "projection_dim"),
    *("kernel_initializer", "depthwise_initializer", "pointwise_initializer", "bias_initializer", "data_format"),
)
DIGITS = 4  # of each layer's digest: a wrong layer passes once in 65,536


def layer_facts(layer):
    """What is compared of a layer: name, class, shapes, numbers of weights, configuration, and what it reads."""
    node = (getattr(layer, "_inbound_nodes", None) or layer._nodes)[-1]
    config = {key: _plain(value) for key, value in layer.get_config().items() if key in CHOSEN}
    if isinstance(config.get("axis"), float) and type(layer).__name__ == "LayerNormalization":
        config["axis"] = [config["axis"]]  # as Keras writes it once the layer is built
    reads = [_source(tensor) for tensor in node.input_tensors]
    shapes = [list(tensor.shape) for tensor in node.output_tensors] if hasattr(node, "output_tensors") else []
    shapes = shapes or [list(layer.output.shape)]
    counts = [[list(weight.shape), bool(weight.trainable)] for weight in layer.weights]
    inner = [layer_facts(one) for one in layer.layers] if hasattr(layer, "layers") else []
    return [layer.name, type(layer).__name__, shapes, counts, config, reads, inner]


def _source(tensor):
    """The name of the operation that gives a symbolic tensor."""
    history = getattr(tensor, "_keras_history", None)
    return history.operation.name if history is not None else tensor.node.operation.name


def _plain(value):
    """A value of a configuration, without what the libraries write in their own ways."""
    if isinstance(value, dict) and "class_name" in value:
        inside = {key: one for key, one in value["config"].items() if key != "seed"}
        return [value["class_name"], inside]
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


def digests(model):
    """The layers of a model, some digits for each."""
    texts = (json.dumps(layer_facts(layer), sort_keys=True) for layer in model.layers)
    return "".join(hashlib.sha256(text.encode()).hexdigest()[:DIGITS] for text in texts)


def facts(model):
    """What is compared of a model."""
    sizes = {
        kind: int(sum(np.prod(weight.shape, dtype="int64") for weight in getattr(model, kind)))
        for kind in ("trainable_weights", "non_trainable_weights")
    }
    return {"name": model.name, "layers": len(model.layers), "digests": digests(model), **sizes}


def fill(model):
    """Gives weights that depend on nothing but their shapes and order, and keep activations within bounds."""
    values = []
    for weight in model.weights:
        shape, name = tuple(weight.shape), weight.path.split("/")[-1]
        noise = np.resize(_noise(len(values)), shape)
        if len(shape) > 1:
            over = shape[:-2] if shape[-1] == 1 and len(shape) == 4 else shape[:-1]
            values.append(noise * math.sqrt(2 / math.prod(over)))  # a Python number, so that all stays float32
        elif "variance" in name:
            values.append(1 + noise**2)
        else:
            values.append(np.abs(noise) / 4 + 0.5 if name.startswith(("gamma", "variable")) else noise / 10)
    model.set_weights([np.asarray(value, str(w.dtype)) for value, w in zip(values, model.weights)])


def _noise(place):
    """4093 normal numbers, a prime, so that repeating them makes no two filters alike."""
    return np.random.default_rng(zlib.crc32(str(place).encode())).standard_normal(4093).astype("float32")


def image(shape):
    """Two images of pixels from 0 to 255."""
    return np.random.default_rng(7).uniform(0, 255, (2, *shape)).astype("float32")


def prediction(applications, case):
    """What the model of a case says of two images, with the weights of `fill`."""
    model = getattr(applications, case.function)(weights=None, **case.arguments)
    fill(model)
    return np.asarray(model.predict_on_batch(image(case.arguments["input_shape"])), "float32")


def losses(library, case):
    """The losses of a few steps of gradient descent, with the weights of `fill` to begin with."""
    model = getattr(library.applications, case.function)(weights=None, **case.arguments)
    fill(model)
    model.compile(library.optimizers.SGD(1e-3), "sparse_categorical_crossentropy")
    x = image(case.arguments["input_shape"])
    found = []
    for _ in range(3):
        model.reset_metrics()  # Keras on JAX forgets the loss of the step before, on other backends it takes the mean
        found.append(float(model.train_on_batch(x, np.array([0, 2]))))
    return np.array(found, "float32")


def signatures(applications):
    """The arguments of every architecture, and their defaults."""
    return {name: str(inspect.signature(getattr(applications, name))) for name in NAMES}


def files(keras, name):
    """The files of weights that Keras would download: name, address and hash, with the classifier and without."""
    from keras.src.models import Functional
    from keras.src.utils import file_utils

    asked = []

    def note(fname, origin, cache_subdir, file_hash=None):
        asked.append([fname, origin, cache_subdir, file_hash])
        return "nowhere"

    with mock.patch.object(file_utils, "get_file", note), mock.patch.object(Functional, "load_weights"):
        for include_top in (True, False):
            keras.backend.clear_session(free_memory=False)
            shape = {} if include_top or "NASNet" not in name else {"input_shape": (224, 224, 3)}
            getattr(keras.applications, name)(weights="imagenet", include_top=include_top, **shape)
    return asked


@contextmanager
def cheap_weights():
    """Weights of zeros in real Keras, which compiles a program for each shape, and draws, otherwise."""
    from keras.src.initializers import random_initializers

    def zeros(self, shape, dtype=None):
        return np.zeros(shape, dtype or "float32")

    with ExitStack() as stack:
        for kind in (random_initializers.VarianceScaling, random_initializers.RandomUniform):
            stack.enter_context(mock.patch.object(kind, "__call__", zeros))
        yield


def measured(keras):
    """The facts of all rows on real Keras."""
    results = {"predictions": {}, "losses": {}, "models": {}, "files": {}, "signatures": signatures(keras.applications)}
    for case in PREDICTING:
        keras.backend.clear_session(free_memory=False)
        results["predictions"][case.name] = prediction(keras.applications, case)
        print("predicted", case.name, flush=True)
    for case in LEARNING:
        keras.backend.clear_session(free_memory=False)
        results["losses"][case.name] = losses(keras, case)
        print("trained", case.name, flush=True)
    for case in CASES:
        keras.backend.clear_session(free_memory=False)
        results["models"][case.name] = facts(getattr(keras.applications, case.function)(weights=None, **case.arguments))
        print("described", case.name, flush=True)
    for name in NAMES:
        results["files"][name] = files(keras, name)
        print("asked for the files of", name, flush=True)
    return results


def main(names):
    import keras

    if not names:
        with cheap_weights():
            results = measured(keras)
        save("applications", keras.__version__, results)
    for case in (case for case in CASES if case.name in names):
        keras.backend.clear_session()
        for layer in getattr(keras.applications, case.function)(weights=None, **case.arguments).layers:
            print(json.dumps(layer_facts(layer), sort_keys=True))


if __name__ == "__main__":
    main(sys.argv[1:])
