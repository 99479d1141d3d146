"""Whole models, trained: the two worked examples of the Keras introduction, and what training passes through.

Rows are fed in order (`shuffle=False`), so that the history of `fit` is a fact that two libraries share.
"""

from tests.cases.case import TrainingCase as Case
from tests.cases.numbers import coins, given, integers, normal, one_hot, uniform

OPTIMIZERS = ("sgd", "rmsprop", "adam", "adamw", "adagrad", "adadelta", "adamax", "nadam", "lion")


def pima(k):
    """The tabular network of the introduction."""
    model = k.Sequential()
    model.add(k.layers.Dense(10, input_dim=8, activation="relu"))
    model.add(k.layers.Dense(8, activation="relu"))
    model.add(k.layers.Dense(1, activation="sigmoid"))
    model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model


def cifar(k):
    """The convolutional network of the introduction, without chance: its dropouts drop nothing."""
    layers = k.layers
    model = k.Sequential()
    model.add(layers.Conv2D(32, (3, 3), activation="relu", input_shape=(32, 32, 3)))
    model.add(layers.Conv2D(32, (3, 3), activation="relu"))
    model.add(layers.MaxPooling2D(pool_size=(2, 2)))
    model.add(layers.Dropout(0.0))
    model.add(layers.Conv2D(64, (3, 3), activation="relu"))
    model.add(layers.Conv2D(64, (3, 3), activation="relu"))
    model.add(layers.MaxPooling2D(pool_size=(2, 2)))
    model.add(layers.Flatten())
    model.add(layers.Dense(64, activation="relu"))
    model.add(layers.Dropout(0.0))
    model.add(layers.Dense(10, activation="softmax"))
    sgd = k.optimizers.SGD(learning_rate=1e-6, momentum=0.9, nesterov=True)  # the drawn weights are large
    model.compile(loss="categorical_crossentropy", optimizer=sgd, metrics=["accuracy"])
    return model


def compiled(build, **options):
    def make(k):
        model = build(k)
        model.compile(**{name: value(k) if callable(value) else value for name, value in options.items()})
        return model

    return make


def small(units=1, activation=None):
    def build(k):
        layers = k.layers
        return k.Sequential(
            [k.Input((4,)), layers.Dense(5, activation="tanh"), layers.Dense(units, activation=activation)]
        )

    return build


def lstm(k):
    layers = k.layers
    return k.Sequential([k.Input((6, 2)), layers.LSTM(4), layers.Dense(1)])


def text(k):
    """Words, some of them padding, and a class for each."""
    layers = k.layers
    return k.Sequential(
        [
            k.Input((5,), dtype="int32"),
            layers.Embedding(7, 3, mask_zero=True),
            layers.GRU(4, return_sequences=True),
            layers.Dense(2, activation="softmax"),
        ]
    )


def two_outputs(k):
    x = k.Input((4,), name="x")
    hidden = k.layers.Dense(5, activation="relu")(x)
    value = k.layers.Dense(1, name="value")(hidden)
    kind = k.layers.Dense(3, activation="softmax", name="kind")(hidden)
    return k.Model(x, {"value": value, "kind": kind})


def two_inputs(k):
    a, b = k.Input((3,), name="a"), k.Input((2,), name="b")
    merged = k.layers.Concatenate()([k.layers.Dense(4, activation="relu")(a), b])
    return k.Model({"a": a, "b": b}, k.layers.Dense(1)(merged))


def batch_normalized(k):
    layers = k.layers
    return k.Sequential(
        [
            k.Input((4,)),
            layers.Dense(5, use_bias=False),  # normalization takes a bias away; Adam would make steps of its rounding
            layers.BatchNormalization(momentum=0.8),
            layers.ReLU(),
            layers.Dense(1),
        ]
    )


def regularized(k):
    layers = k.layers
    return k.Sequential(
        [
            k.Input((4,)),
            layers.Dense(5, activation="tanh", kernel_regularizer="l2", activity_regularizer=k.regularizers.L1(0.01)),
            layers.Dense(1, kernel_constraint=k.constraints.MaxNorm(0.5)),
        ]
    )


def partly_frozen(k):
    layers = k.layers
    return k.Sequential([k.Input((4,)), layers.Dense(5, activation="tanh", trainable=False), layers.Dense(1)])


def text_vectors(k):
    """Two layers that share one table."""
    a, b = k.Input((3,), dtype="int32"), k.Input((3,), dtype="int32")
    table = k.layers.Embedding(6, 2)
    return k.Model([a, b], k.layers.Dot(axes=1)([k.layers.Flatten()(table(a)), k.layers.Flatten()(table(b))]))


X, Y = normal(13, 4), normal(13, 1)  # 13 rows: the last batch is smaller
EPOCHS = {"epochs": 3, "batch_size": 4}
CLASSES = (X, integers(13, high=3))
TEXT = (integers(7, 5, high=4), integers(7, 5, high=2))

# Keras on JAX loses the mask of the outputs where `value_and_grad` hands them back, so that its training metrics count
# padded steps. Its trainers for PyTorch and TensorFlow keep the mask, and so does its `evaluate` on JAX, as we do.
MASKED_METRICS = ("accuracy",)

CASES = [
    Case("introduction: tabular", pima, normal(25, 8), coins(25), {"epochs": 4, "batch_size": 10}),
    Case("introduction: images", cifar, uniform(6, 32, 32, 3), one_hot(6, 10), {"epochs": 2, "batch_size": 4}),
    Case("lstm", compiled(lstm, optimizer="adam", loss="mse", metrics=["mae"]), normal(9, 6, 2), normal(9, 1), EPOCHS),
    Case(
        "masked text",
        compiled(text, optimizer="rmsprop", loss="sparse_categorical_crossentropy", metrics=["accuracy"]),
        *TEXT,
        EPOCHS,
        unlike=MASKED_METRICS,
    ),
    Case(
        "masked text with weights",
        compiled(text, optimizer="rmsprop", loss="sparse_categorical_crossentropy", weighted_metrics=["accuracy"]),
        *TEXT,
        {**EPOCHS, "sample_weight": uniform(7, 5, high=2.0)},
        unlike=MASKED_METRICS,
    ),
    Case(
        "masked text with weighted metrics only",
        compiled(text, optimizer="sgd", loss="sparse_categorical_crossentropy", weighted_metrics=["accuracy"]),
        *TEXT,
        EPOCHS,
        unlike=MASKED_METRICS,
    ),
    Case(
        "two outputs",
        compiled(
            two_outputs,
            optimizer="adam",
            loss={"value": "mse", "kind": "sparse_categorical_crossentropy"},
            loss_weights={"value": 0.3, "kind": 2.0},
            metrics={"value": ["mae"], "kind": ["accuracy"]},
        ),
        X,
        {"value": Y, "kind": integers(13, high=3)},
        EPOCHS,
    ),
    Case(
        "two inputs",
        compiled(two_inputs, optimizer="sgd", loss="mse"),
        {"a": normal(13, 3), "b": normal(13, 2)},
        Y,
        EPOCHS,
    ),
    Case(
        "two inputs share a table",
        compiled(text_vectors, optimizer="adam", loss="mse"),
        [integers(9, 3, high=6), integers(9, 3, high=6)],
        normal(9, 1),
        EPOCHS,
    ),
    Case(
        "batch normalization and validation",
        compiled(batch_normalized, optimizer="adam", loss="mse", metrics=["mae"]),
        X,
        Y,
        {**EPOCHS, "validation_data": (normal(5, 4), normal(5, 1))},
    ),
    Case(
        "validation split",
        compiled(small(), optimizer="sgd", loss="mse", metrics=["mse", "mae"]),
        X,
        Y,
        {**EPOCHS, "validation_split": 0.3},
    ),
    Case(
        "validation weights",
        compiled(small(), optimizer="sgd", loss="mse"),
        X,
        Y,
        {**EPOCHS, "validation_data": (normal(5, 4), normal(5, 1), uniform(5))},
    ),
    Case(
        "sample weights",
        compiled(small(), optimizer="sgd", loss="mse", metrics=["mae"], weighted_metrics=["mae"]),
        X,
        Y,
        {**EPOCHS, "sample_weight": uniform(13, high=3.0)},
    ),
    Case(
        "class weights",
        compiled(small(3, "softmax"), optimizer="sgd", loss="sparse_categorical_crossentropy", metrics=["accuracy"]),
        *CLASSES,
        {**EPOCHS, "class_weight": {0: 0.5, 1: 1.0, 2: 3.0}},
    ),
    Case(
        "class weights of one-hot labels",
        compiled(small(3, "softmax"), optimizer="sgd", loss="categorical_crossentropy", weighted_metrics=["accuracy"]),
        X,
        one_hot(13, 3),
        {**EPOCHS, "class_weight": {0: 0.5, 1: 1.0, 2: 3.0}},
    ),
    Case("regularized", compiled(regularized, optimizer="sgd", loss="mse"), X, Y, EPOCHS),
    Case("partly frozen", compiled(partly_frozen, optimizer="adam", loss="mae"), X, Y, EPOCHS),
    Case(
        "schedule",
        compiled(
            small(),
            optimizer=lambda k: k.optimizers.SGD(k.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)),
            loss="mse",
        ),
        X,
        Y,
        EPOCHS,
    ),
    Case(
        "average of weights",
        compiled(small(), optimizer=lambda k: k.optimizers.Adam(0.05, use_ema=True, ema_momentum=0.7), loss="mse"),
        X,
        Y,
        EPOCHS,
    ),
    Case(
        "accumulated gradients",
        compiled(small(), optimizer=lambda k: k.optimizers.Adam(0.05, gradient_accumulation_steps=2), loss="mse"),
        X,
        Y,
        EPOCHS,
    ),
    Case(
        "clipped gradients",
        compiled(small(), optimizer=lambda k: k.optimizers.SGD(0.1, momentum=0.9, global_clipnorm=0.2), loss="mse"),
        X,
        Y,
        EPOCHS,
    ),
    Case(
        "loss and metric objects",
        compiled(
            small(1, "sigmoid"),
            optimizer="adam",
            loss=lambda k: k.losses.BinaryCrossentropy(label_smoothing=0.1),
            metrics=lambda k: [k.metrics.AUC(name="auc"), k.metrics.Precision(), k.metrics.Recall(name="recall")],
        ),
        X,
        coins(13, 1),
        EPOCHS,
    ),
    Case(
        "loss function",
        compiled(small(), optimizer="sgd", loss=lambda k: lambda y, p: k.ops.mean(k.ops.abs(y - p) ** 1.5, axis=-1)),
        X,
        Y,
        EPOCHS,
    ),
    *(
        Case(
            f"accuracy of {label}",
            compiled(small(units, activation), optimizer="sgd", loss=loss, metrics=[name]),
            X,
            y,
            EPOCHS,
        )
        for label, units, activation, loss, y in [
            ("binary columns", 1, "sigmoid", "binary_crossentropy", coins(13, 1)),
            ("binary vectors", 1, "sigmoid", "binary_crossentropy", coins(13)),
            ("one-hot rows", 3, "softmax", "categorical_crossentropy", one_hot(13, 3)),
            ("sparse labels", 3, "softmax", "sparse_categorical_crossentropy", integers(13, high=3)),
            ("sparse columns", 3, "softmax", "sparse_categorical_crossentropy", integers(13, 1, high=3)),
        ]
        for name in ["accuracy"]
    ),
    Case(
        "short names",
        compiled(small(1, "sigmoid"), optimizer="sgd", loss="bce", metrics=["acc", "bce", "mse", "AUC"]),
        X,
        coins(13, 1),
        EPOCHS,
    ),
    Case(
        "integers as inputs",
        compiled(small(), optimizer="sgd", loss="mse"),
        integers(13, 4, high=3),
        integers(13, 1, high=2),
        EPOCHS,
    ),
    Case("column of vectors", compiled(small(), optimizer="sgd", loss="mse"), X, normal(13), EPOCHS),
    Case("one batch of all", compiled(small(), optimizer="sgd", loss="mse"), X, Y, {"epochs": 2, "batch_size": 50}),
    Case(
        "default batches", compiled(small(), optimizer="sgd", loss="mse"), normal(70, 4), normal(70, 1), {"epochs": 2}
    ),
    Case(
        "steps per epoch",
        compiled(small(), optimizer="sgd", loss="mse"),
        X,
        Y,
        {"epochs": 2, "batch_size": 4, "steps_per_epoch": 2},
    ),
    *(Case(f"optimizer {name}", compiled(small(), optimizer=name, loss="mse"), X, Y, EPOCHS) for name in OPTIMIZERS),
    Case("given labels", compiled(small(2), optimizer="sgd", loss="huber"), X, given([[1, 0]] * 13), EPOCHS),
]
