"""Graphs: several inputs and outputs, shared layers, ways around, masks, slices, frozen parts; trained."""

from tests.cases.case import TrainingCase as Case
from tests.cases.numbers import coins, given, integers, normal, one_hot, uniform


def endpoint(k):
    """A last layer that takes the targets as an input and adds the loss itself."""

    class Endpoint(k.layers.Layer):
        def __init__(self, name=None):
            super().__init__(name=name)
            self.loss_fn = k.losses.BinaryCrossentropy(from_logits=True)

        def call(self, targets, logits):
            self.add_loss(self.loss_fn(targets, logits))
            return k.ops.sigmoid(logits)

    inputs, targets = k.Input((3,), name="inputs"), k.Input((1,), name="targets")
    logits = k.layers.Dense(1)(k.layers.Dense(4, activation="relu")(inputs))
    model = k.Model(inputs=[inputs, targets], outputs=Endpoint(name="predictions")(targets, logits))
    model.compile(optimizer="adam")
    return model


def tickets(k):
    """Several inputs and outputs by name, embeddings and recurrences, losses by name with weights."""
    layers = k.layers
    title, body = k.Input((5,), dtype="int32", name="title"), k.Input((7,), dtype="int32", name="body")
    tags = k.Input((3,), name="tags")
    words = layers.Embedding(11, 4)
    features = [layers.LSTM(4)(words(title)), layers.GRU(3)(words(body)), tags]
    x = layers.concatenate(features)
    priority = layers.Dense(1, name="priority")(x)
    department = layers.Dense(4, name="department")(x)
    model = k.Model(inputs=[title, body, tags], outputs={"priority": priority, "department": department})
    model.compile(
        optimizer=k.optimizers.RMSprop(1e-3),
        loss={
            "priority": k.losses.BinaryCrossentropy(from_logits=True),
            "department": k.losses.CategoricalCrossentropy(from_logits=True),
        },
        loss_weights={"priority": 1.0, "department": 0.2},
        metrics={"department": ["accuracy"]},
    )
    return model


def residual(k):
    """Convolutions around which inputs go, as toy networks in guides."""
    layers = k.layers
    inputs = k.Input((8, 8, 3), name="img")
    x = layers.Conv2D(4, 3, activation="relu")(inputs)
    first = layers.MaxPooling2D(2)(layers.Conv2D(6, 3, activation="relu")(x))
    x = layers.Conv2D(6, 3, activation="relu", padding="same")(first)
    x = layers.Conv2D(6, 3, activation="relu", padding="same")(x)
    x = layers.add([x, first])
    x = layers.BatchNormalization()(x)
    x = layers.GlobalAveragePooling2D()(x)
    outputs = layers.Dense(3)(layers.Dropout(0.0)(layers.Dense(8, activation="relu")(x)))
    model = k.Model(inputs, outputs, name="toy_resnet")
    model.compile(
        optimizer=k.optimizers.SGD(1e-3),
        loss=k.losses.CategoricalCrossentropy(from_logits=True),
        metrics=["acc"],
    )
    return model


def siamese(k):
    """Two inputs through one encoder, a distance, and a contrastive loss as a function."""
    ops, layers = k.ops, k.layers
    encoder = k.Sequential([k.Input((6,)), layers.Dense(5, activation="tanh"), layers.Dense(3)])
    left, right = k.Input((6,)), k.Input((6,))

    def distance(vectors):
        a, b = vectors
        total = ops.sum(ops.square(a - b), axis=1, keepdims=True)
        return ops.sqrt(ops.maximum(total, 1e-7))

    merged = layers.Lambda(distance, output_shape=(1,))([encoder(left), encoder(right)])
    outputs = layers.Dense(1, activation="sigmoid")(merged)
    model = k.Model([left, right], outputs)

    def contrastive(y_true, y_pred):
        near = ops.square(y_pred)
        far = ops.square(ops.maximum(1.0 - y_pred, 0))
        return ops.mean((1 - y_true) * near + y_true * far)

    model.compile(loss=contrastive, optimizer="rmsprop", metrics=["accuracy"])
    return model


def transformer(k):
    """Tokens and positions, attention, and a feed-forward block, as classes."""
    ops, layers = k.ops, k.layers

    class Block(layers.Layer):
        def __init__(self, width, heads, inner, rate=0.0):
            super().__init__()
            self.att = layers.MultiHeadAttention(num_heads=heads, key_dim=width)
            self.ffn = k.Sequential([layers.Dense(inner, activation="relu"), layers.Dense(width)])
            self.layernorm1, self.layernorm2 = (layers.LayerNormalization(epsilon=1e-6) for _ in range(2))
            self.dropout1, self.dropout2 = layers.Dropout(rate), layers.Dropout(rate)

        def call(self, inputs, training=None):
            attended = self.dropout1(self.att(inputs, inputs), training=training)
            out = self.layernorm1(inputs + attended)
            return self.layernorm2(out + self.dropout2(self.ffn(out), training=training))

    class Tokens(layers.Layer):
        def __init__(self, length, vocabulary, width):
            super().__init__()
            self.token = layers.Embedding(input_dim=vocabulary, output_dim=width)
            self.position = layers.Embedding(input_dim=length, output_dim=width)

        def call(self, x):
            places = ops.arange(start=0, stop=ops.shape(x)[-1], step=1)
            return self.token(x) + self.position(places)

    inputs = k.Input((6,), dtype="int32")
    x = Block(4, 2, 5)(Tokens(6, 9, 4)(inputs))
    x = layers.Dropout(0.0)(layers.GlobalAveragePooling1D()(x))
    model = k.Model(inputs, layers.Dense(2, activation="softmax")(layers.Dense(5, activation="relu")(x)))
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def masked(k):
    """A mask that goes through layers of one's own to a recurrence, and one layer that reads it."""
    ops, layers = k.ops, k.layers

    class Scaled(layers.Layer):
        def __init__(self):
            super().__init__()
            self.supports_masking = True

        def call(self, inputs):
            return 0.5 * inputs

    class MaskedMean(layers.Layer):
        def call(self, inputs, mask=None):
            kept = ops.expand_dims(ops.cast(mask, "float32"), -1)
            return ops.sum(inputs * kept, axis=1) / (ops.sum(kept, axis=1) + 1e-3)

    inputs = k.Input((5,), dtype="int32")
    x = Scaled()(layers.Embedding(7, 4, mask_zero=True)(inputs))
    both = layers.concatenate([MaskedMean()(x), layers.LSTM(3)(x)])
    model = k.Model(inputs, layers.Dense(1)(both))
    model.compile("sgd", "mse")
    return model


def sliced(k):
    """Python's operators and slices on symbolic tensors."""
    inputs = k.Input((6,))
    left, right = inputs[:, :3], inputs[:, 3:]
    x = (left * 2 + 1 - right / 3) ** 2
    x = k.ops.concatenate([x, abs(left), -right, 1 / (1 + x)], axis=-1)
    x = k.layers.Dense(4, activation="relu")(x) @ k.ops.ones((4, 2))
    model = k.Model(inputs, k.layers.Dense(1)(x)[:, 0])
    model.compile("adam", "mae")
    return model


def frozen_base(k):
    """A base whose layers are frozen, in inference, under a new head."""
    layers = k.layers
    base = k.Sequential(
        [k.Input((6, 6, 2)), layers.Conv2D(3, 3), layers.BatchNormalization(), layers.ReLU()], name="base"
    )
    base.trainable = False
    inputs = k.Input((6, 6, 2))
    x = layers.GlobalAveragePooling2D()(base(inputs, training=False))
    model = k.Model(inputs, layers.Dense(1)(layers.Dropout(0.0)(x)))
    model.compile("adam", k.losses.BinaryCrossentropy(from_logits=True), metrics=[k.metrics.BinaryAccuracy()])
    return model


def forecaster(k):
    """Recurrences over windows, one on the other, with a bidirectional one."""
    layers = k.layers
    model = k.Sequential(
        [
            k.Input((6, 2)),
            layers.Bidirectional(layers.LSTM(3, return_sequences=True)),
            layers.GRU(4, return_sequences=True),
            layers.TimeDistributed(layers.Dense(3, activation="relu")),
            layers.LSTM(3),
            layers.Dense(1),
        ]
    )
    model.compile(k.optimizers.RMSprop(0.002), loss="mse", metrics=["mae"])
    return model


def translator(k):
    """An encoder whose last states begin a decoder, which is fed the true words before each (teacher forcing)."""
    layers = k.layers
    source, before = k.Input((5,), dtype="int32", name="source"), k.Input((4,), dtype="int32", name="before")
    _, h, c = layers.LSTM(4, return_state=True)(layers.Embedding(8, 3, mask_zero=True)(source))
    words = layers.Embedding(9, 3)(before)  # a mask here Keras would drop, since the states are arguments too
    told, _, _ = layers.LSTM(4, return_sequences=True, return_state=True)(words, initial_state=[h, c])
    scores = layers.AdditiveAttention()([told, told])
    outputs = layers.Dense(9, activation="softmax")(layers.Concatenate()([told, scores]))
    model = k.Model([source, before], outputs)
    model.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def two_towers(k):
    """One layer called three times, the second time within a model that is itself called twice; a dot product."""
    layers = k.layers
    shared = layers.Dense(3, activation="relu", name="shared")
    inner = k.Input((4,))
    tower = k.Model(inner, layers.Dense(2)(shared(inner)), name="tower")
    users, items = k.Input((4,), name="users"), k.Input((4,), name="items")
    score = layers.Dot(axes=1, normalize=True)([tower(users), tower(items)])
    side = layers.average([shared(users), layers.multiply([users, items])[:, :3]])
    model = k.Model({"users": users, "items": items}, layers.Dense(1)(layers.concatenate([score, side])))
    model.compile(k.optimizers.Adam(0.01), "huber", metrics=["mae"])
    return model


CASES = [
    Case("endpoint", endpoint, [normal(12, 3), coins(12, 1)], None, {"batch_size": 5, "epochs": 3}),
    Case(
        "tickets",
        tickets,
        {"title": integers(12, 5, high=11), "body": integers(12, 7, high=11), "tags": coins(12, 3)},
        {"priority": coins(12, 1), "department": one_hot(12, 4)},
        {"batch_size": 5, "epochs": 2},
    ),
    Case("residual", residual, uniform(8, 8, 8, 3), one_hot(8, 3), {"batch_size": 4, "epochs": 2}),
    Case("siamese", siamese, [normal(12, 6), normal(12, 6)], coins(12, 1), {"batch_size": 5, "epochs": 3}),
    Case("transformer", transformer, integers(12, 6, high=9), integers(12, high=2), {"batch_size": 5, "epochs": 2}),
    Case(
        "masked",
        masked,
        given([[1, 2, 0, 0, 0], [3, 0, 0, 0, 0], [4, 5, 6, 1, 2], [6, 0, 2, 0, 0]], "int32"),
        normal(4, 1),
        {"batch_size": 2, "epochs": 3},
    ),
    Case("slices and operators", sliced, normal(12, 6), normal(12), {"batch_size": 5, "epochs": 3}),
    Case("frozen base", frozen_base, normal(10, 6, 6, 2), coins(10, 1), {"batch_size": 4, "epochs": 2}),
    Case("forecaster", forecaster, normal(12, 6, 2), normal(12, 1), {"batch_size": 5, "epochs": 2}),
    Case(
        "translator",
        translator,
        {"source": integers(8, 5, high=8), "before": integers(8, 4, high=9)},
        integers(8, 4, high=9),
        {"batch_size": 4, "epochs": 2},
    ),
    Case(
        "two towers",
        two_towers,
        {"users": normal(12, 4), "items": normal(12, 4)},
        normal(12, 1),
        {"batch_size": 5, "epochs": 2},
    ),
]
