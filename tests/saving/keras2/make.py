"""Makes the files of this folder with Keras 2: `python tests/saving/keras2/make.py`, with tf_keras.

Each `NAME.h5` is a whole model; `NAME.npz` has inputs (`x0`, `x1`, …) and what Keras 2 predicts for them (`y0`, …).
"""

from pathlib import Path

import numpy as np
import tf_keras as keras
from tf_keras import layers

FOLDER = Path(__file__).parent


def chain():
    model = keras.Sequential(
        [
            layers.Conv2D(2, 3, padding="same", input_shape=(6, 6, 1)),
            layers.BatchNormalization(),
            layers.LeakyReLU(alpha=0.1),
            layers.MaxPooling2D(),
            layers.SeparableConv2D(3, 2, activation="relu"),
            layers.Dropout(0.5),
            layers.GlobalAveragePooling2D(),
            layers.Dense(3, activation="softmax", kernel_regularizer="l2"),
        ],
        name="chain",
    )
    model.compile(keras.optimizers.Adam(0.01), "categorical_crossentropy", metrics=["accuracy"])
    return model, [(5, 6, 6, 1)], (5, 3)


def sequences():
    model = keras.Sequential(
        [
            layers.Embedding(11, 4, mask_zero=True, input_length=5),
            layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
            layers.TimeDistributed(layers.Dense(4, activation="tanh")),
            layers.GRU(3, return_sequences=True),
            layers.SimpleRNN(2),
        ],
        name="sequences",
    )
    model.compile("sgd", "mse")
    return model, [("words", 4, 5)], (4, 2)


def graph():
    a, b = keras.Input((4,), name="a"), keras.Input((5, 4), name="b")
    shared = layers.Dense(4, name="shared")
    inner_input = keras.Input((4,))
    inner = keras.Model(inner_input, layers.Dense(3, activation="elu")(inner_input), name="inner")
    first = layers.Add()([shared(a), shared(a)])
    states, h, c = layers.LSTM(4, return_state=True, return_sequences=True)(b, initial_state=[first, a])
    attended = layers.MultiHeadAttention(2, 3, name="attention")(states, b, return_attention_scores=False)
    merged = layers.Concatenate()([inner(first), inner(h), layers.Flatten()(layers.LayerNormalization()(attended)), c])
    model = keras.Model([a, b], [layers.Dense(2, name="out")(merged), inner(a)], name="graph")
    return model, [(3, 4), (3, 5, 4)], None


def main():
    generator = np.random.default_rng(0)
    for build in (chain, sequences, graph):
        model, shapes, target = build()
        inputs = [
            generator.integers(0, 11, shape[1:]).astype("int32")
            if shape[0] == "words"
            else generator.normal(size=shape).astype("float32")
            for shape in shapes
        ]
        if target is not None:
            model.fit(inputs[0], generator.random(target).astype("float32"), epochs=2, verbose=0)
        outputs = model.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0)
        outputs = outputs if isinstance(outputs, list) else [outputs]
        model.save(FOLDER / f"{build.__name__}.h5")
        arrays = {f"x{i}": x for i, x in enumerate(inputs)} | {f"y{i}": y for i, y in enumerate(outputs)}
        np.savez(FOLDER / f"{build.__name__}.npz", **arrays)


if __name__ == "__main__":
    main()
