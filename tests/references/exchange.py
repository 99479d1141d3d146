"""A model of preprocessing layers that goes from real Keras to nbkeras, and back, in a `.keras` file.

`KERAS_BACKEND=tensorflow python -m tests.references.exchange` stores the file that real Keras writes and what its model
gives, and has real Keras open the file that nbkeras writes of it.
"""

import tempfile
from pathlib import Path

import numpy as np

from tests.cases.preprocessing import TEXTS
from tests.references.store import FOLDER

FILE = FOLDER / "text_model.keras"
OUTPUTS = FOLDER / "text_model.npy"
INPUTS = {
    "text": np.array(TEXTS, object),
    "pair": np.array([["u", "v"], ["w", "u"], ["v", "?"], ["", "u"], ["v", "v"]], object),
    "number": np.array([[5], [6], [99], [-7], [6]]),
    "size": np.array([[0.5], [1.5], [-2.0], [3.0], [0.0]], "float32"),
}


def build(k):
    """A model with every layer that has a vocabulary, bins or a hash."""
    layers = k.layers
    text = k.Input((), dtype="string", name="text")
    pair = k.Input((2,), dtype="string", name="pair")
    number = k.Input((1,), dtype="int64", name="number")
    size = k.Input((1,), name="size")
    words, weighted = layers.TextVectorization(output_sequence_length=6), layers.TextVectorization(output_mode="tf_idf")
    seen, known = layers.StringLookup(output_mode="count", mask_token=""), layers.IntegerLookup(output_mode="one_hot")
    bins, normal = layers.Discretization(num_bins=3, output_mode="one_hot"), layers.Normalization()
    for layer, name in (
        (words, "text"),
        (weighted, "text"),
        (seen, "pair"),
        (known, "number"),
        (bins, "size"),
        (normal, "size"),
    ):
        layer.adapt(INPUTS[name])
    parts = [
        layers.GlobalAveragePooling1D()(layers.Embedding(20, 3)(words(text))),
        weighted(text),
        seen(pair),
        known(number),
        layers.Hashing(4, output_mode="one_hot", salt=3)(number),
        layers.StringLookup(vocabulary=["u", "v"], output_mode="multi_hot")(pair),
        bins(size),
        normal(size),
    ]
    outputs = layers.Dense(2)(layers.Concatenate()([layers.Rescaling(1.0)(part) for part in parts]))
    return k.Model([text, pair, number, size], outputs)


def main():
    import keras
    import tensorflow

    import nbkeras

    def outputs_of(model):
        return np.asarray(model([tensorflow.constant(x.tolist() if x.dtype == object else x) for x in INPUTS.values()]))

    keras.utils.set_random_seed(1)
    model = build(keras)
    model.save(FILE)
    np.save(OUTPUTS, outputs_of(model))
    with tempfile.TemporaryDirectory() as folder:
        ours = Path(folder) / "ours.keras"
        nbkeras.models.load_model(FILE).save(ours)
        difference = np.abs(outputs_of(keras.models.load_model(ours)) - outputs_of(model)).max()
    print(f"real Keras reads what nbkeras writes of its model; outputs differ by {difference:.1e}")


if __name__ == "__main__":
    main()
