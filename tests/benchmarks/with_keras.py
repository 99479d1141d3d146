"""The workloads as a user of Keras writes them. nbkeras is the same code with another import."""

import importlib

import numpy as np


class Keras:
    """nbkeras, or Keras on the backend that `KERAS_BACKEND` names."""

    def __init__(self, package: str):
        self.keras = importlib.import_module(package)

    def build(self, model, weights):
        self.net = MODELS[model](self.keras)
        self.net.set_weights(weights)

    def prepare(self, model, x, y):
        return x, np.eye(10, dtype="float32")[y] if model == "images" else y

    def fit(self, x, y, batch_size, epochs=1, shuffle=True):
        history = self.net.fit(x, y, batch_size=batch_size, epochs=epochs, shuffle=shuffle, verbose=0)
        return history.history["loss"]

    def predict(self, x):
        return self.net.predict(x, verbose=0)

    def call(self, x):
        return self.keras.ops.convert_to_numpy(self.net(x))


def tabular(keras):
    layers = keras.layers
    model = keras.Sequential()
    model.add(keras.Input((8,)))
    model.add(layers.Dense(10, activation="relu"))
    model.add(layers.Dense(8, activation="relu"))
    model.add(layers.Dense(1, activation="sigmoid"))
    model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model


def images(keras):
    layers = keras.layers
    model = keras.Sequential()
    model.add(keras.Input((32, 32, 3)))
    model.add(layers.Conv2D(32, (3, 3), activation="relu"))
    model.add(layers.MaxPooling2D((2, 2)))
    model.add(layers.Conv2D(64, (3, 3), activation="relu"))
    model.add(layers.MaxPooling2D((2, 2)))
    model.add(layers.Flatten())
    model.add(layers.Dense(128, activation="relu"))
    model.add(layers.Dense(10, activation="softmax"))
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model


def lstm(keras):
    layers = keras.layers
    return text_classifier(keras, 80, [layers.Embedding(10_000, 64), layers.LSTM(64)])


def gru(keras):
    layers = keras.layers
    return text_classifier(keras, 80, [layers.Embedding(10_000, 64), layers.Bidirectional(layers.GRU(64))])


def text_classifier(keras, length, body):
    model = keras.Sequential(
        [keras.Input((length,), dtype="int32"), *body, keras.layers.Dense(1, activation="sigmoid")]
    )
    model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model


def transformer(keras):
    layers = keras.layers
    tokens = keras.Input((64,), dtype="int32")
    x = layers.Embedding(5_000, 64)(tokens)
    for _ in range(2):
        x = layers.LayerNormalization(epsilon=1e-6)(x + layers.MultiHeadAttention(num_heads=4, key_dim=16)(x, x))
        hidden = layers.Dense(256, activation="relu")(x)
        x = layers.LayerNormalization(epsilon=1e-6)(x + layers.Dense(64)(hidden))
    x = layers.GlobalAveragePooling1D()(x)
    model = keras.Model(tokens, layers.Dense(1, activation="sigmoid")(x))
    model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model


def digits(keras):
    layers = keras.layers
    model = keras.Sequential(
        [
            keras.Input((784,)),
            layers.Dense(512, activation="relu"),
            layers.Dropout(0.2),
            layers.Dense(256, activation="relu"),
            layers.Dropout(0.2),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(loss="sparse_categorical_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model


MODELS = {"tabular": tabular, "images": images, "lstm": lstm, "gru": gru, "transformer": transformer, "digits": digits}
