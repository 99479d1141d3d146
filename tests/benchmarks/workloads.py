"""The workloads: what each trains on, for how long, and the weights that every library starts from."""

from typing import NamedTuple

import numpy as np


class Workload(NamedTuple):
    """One row of the suite. `size` and `quick` are (rows, epochs) of the timed `fit`."""

    title: str
    model: str
    kind: str = "fit"
    batch_size: int = 32
    size: tuple[int, int] = (1, 1)
    quick: tuple[int, int] = (1, 1)


WORKLOADS = {
    "W1": Workload("tabular network, Dense 10-8-1, batch 10", "tabular", "fit", 10, (768, 150), (768, 5)),
    "W2": Workload("convolutional network on 32×32×3, batch 32", "images", "fit", 32, (1280, 5), (192, 2)),
    "W2b": Workload("convolutional network on 32×32×3, batch 128", "images", "fit", 128, (2560, 3), (384, 2)),
    "W3": Workload("Embedding-LSTM(64)-Dense, length 80, batch 32", "lstm", "fit", 32, (1280, 5), (192, 2)),
    "W3b": Workload(
        "Embedding-bidirectional GRU(64)-Dense, length 80, batch 32", "gru", "fit", 32, (1280, 5), (192, 2)
    ),
    "W4": Workload("two transformer blocks, length 64, batch 32", "transformer", "fit", 32, (1280, 5), (192, 2)),
    "W5": Workload("784-512-256-10 with dropout 0.2, batch 128", "digits", "fit", 128, (5120, 8), (1280, 2)),
    "W6": Workload("inference of one row", "tabular images digits", "predict"),
    "W7": Workload("cold start of W1: import, build, first step", "tabular", "cold", 10, (10, 1), (10, 1)),
}
CLASSES = {"tabular": 2, "images": 10, "lstm": 2, "gru": 2, "transformer": 2, "digits": 10}
VOCABULARY = {"lstm": 10_000, "gru": 10_000, "transformer": 5_000}
LENGTH = {"lstm": 80, "gru": 80, "transformer": 64}
FEATURES = {"tabular": (8,), "images": (32, 32, 3), "digits": (784,)}


def data(model: str, rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs and labels that can be learnt in part, so that a wrong gradient shows in the loss."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, CLASSES[model], size=rows)
    if model in VOCABULARY:
        x = rng.integers(0, VOCABULARY[model], size=(rows, LENGTH[model]))
        telling = rng.random(x.shape) < 0.1
        x = np.where(telling, 100 * y[:, None] + x % 100, x)
        return x.astype("int32"), y.astype("int32")
    patterns = rng.normal(size=(CLASSES[model], *FEATURES[model]))
    strength = 2 / np.sqrt(patterns[0].size)
    return (strength * patterns[y] + rng.normal(size=(rows, *FEATURES[model]))).astype("float32"), y.astype("int32")


def dense(inputs: int, outputs: int) -> list[tuple]:
    return [("kernel", inputs, outputs), ("zeros", outputs)]


def block(units: int, heads: int, hidden: int) -> list[tuple]:
    """Attention, norm, two dense layers, norm."""
    projection = [("kernel", units, heads, units // heads), ("zeros", heads, units // heads)]
    output = [("kernel", heads, units // heads, units), ("zeros", units)]
    norm = [("ones", units), ("zeros", units)]
    return [*3 * projection, *output, *norm, *dense(units, hidden), *dense(hidden, units), *norm]


# Every array of a model in the order of Keras' `get_weights`, as (how it starts, *shape).
WEIGHTS = {
    "tabular": [*dense(8, 10), *dense(10, 8), *dense(8, 1)],
    "images": [
        *(("kernel", 3, 3, 3, 32), ("zeros", 32), ("kernel", 3, 3, 32, 64), ("zeros", 64)),
        *(*dense(2304, 128), *dense(128, 10)),
    ],
    "lstm": [("embedding", 10_000, 64), *2 * [("kernel", 64, 256)], ("zeros", 256), *dense(64, 1)],
    "gru": [("embedding", 10_000, 64), *2 * [*2 * [("kernel", 64, 192)], ("zeros", 2, 192)], *dense(128, 1)],
    "transformer": [("embedding", 5_000, 64), *2 * block(64, 4, 256), *dense(64, 1)],
    "digits": [*dense(784, 512), *dense(512, 256), *dense(256, 10)],
}


def initial_weights(model: str) -> list[np.ndarray]:
    """The same start for every library: drawn as Keras' default initializers draw, from a seeded generator."""
    rng = np.random.default_rng(1)
    return [_drawn(rng, kind, shape) for kind, *shape in WEIGHTS[model]]


def _drawn(rng, kind: str, shape: list[int]) -> np.ndarray:
    if kind in ("zeros", "ones"):
        return np.full(shape, kind == "ones", "float32")
    window = np.prod(shape[:-2])
    limit = 0.05 if kind == "embedding" else np.sqrt(6 / (window * (shape[-2] + shape[-1])))
    return rng.uniform(-limit, limit, shape).astype("float32")


def flattened_channels_first(weights: list[np.ndarray]) -> list[np.ndarray]:
    """The weights of `images` for a library that flattens (channels, height, width) instead of channels last."""
    kernel = weights[4].reshape(6, 6, 64, 128).transpose(2, 0, 1, 3).reshape(2304, 128)
    return [*weights[:4], kernel, *weights[5:]]
