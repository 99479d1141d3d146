"""Subclasses of models, layers, losses, metrics and their kin, as a user writes them; trained."""

from tests.cases.case import TrainingCase as Case
from tests.cases.numbers import integers, normal, uniform


def own_loss(k):
    """A subclass with a loss and metrics of its own."""

    class Net(k.Model):
        def __init__(self):
            super().__init__()
            self.hidden = k.layers.Dense(6, activation="tanh")
            self.out = k.layers.Dense(1)
            self.tracker = k.metrics.Mean(name="own_loss")
            self.error = k.metrics.MeanAbsoluteError(name="mae")

        @property
        def metrics(self):
            return [self.tracker, self.error]

        def call(self, x):
            return self.out(self.hidden(x))

        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            loss = k.ops.mean(k.ops.square(y - y_pred)) + 0.01 * k.ops.sum(k.ops.abs(self.out.kernel))
            self.tracker.update_state(loss)
            self.error.update_state(y, y_pred)
            return loss

        def compute_metrics(self, x, y, y_pred, sample_weight=None):
            return {metric.name: metric.result() for metric in self.metrics}

    model = Net()
    model.compile(optimizer=k.optimizers.Adam(0.01))
    return model


def nested_layers(k):
    """Layers in layers, with weights made in the constructor and in build, regularizers and `add_loss`."""
    ops = k.ops

    class Linear(k.layers.Layer):
        def __init__(self, units=4):
            super().__init__()
            self.units = units

        def build(self, input_shape):
            self.w = self.add_weight(
                shape=(input_shape[-1], self.units), initializer="random_normal", regularizer="l2", trainable=True
            )
            self.b = self.add_weight(shape=(self.units,), initializer="zeros")

        def call(self, inputs):
            return ops.matmul(inputs, self.w) + self.b

    class Activity(k.layers.Layer):
        def __init__(self, rate=1e-2):
            super().__init__()
            self.rate = rate

        def call(self, inputs):
            self.add_loss(self.rate * ops.mean(inputs))
            return inputs

    class Block(k.layers.Layer):
        def __init__(self):
            super().__init__()
            self.first, self.second, self.third = Linear(5), Linear(5), Linear(2)
            self.activity = Activity()

        def call(self, inputs):
            x = k.activations.relu(self.first(inputs))
            x = self.activity(k.activations.relu(self.second(x)))
            return self.third(x)

    model = k.Sequential([k.Input((3,)), Block(), k.layers.Activation("softmax")])
    model.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def autoencoder(k):
    """Two chains as the halves of a subclass."""

    class Autoencoder(k.Model):
        def __init__(self, latent=3):
            super().__init__()
            layers = k.layers
            self.encoder = k.Sequential([layers.Flatten(), layers.Dense(latent, activation="relu")])
            self.decoder = k.Sequential([layers.Dense(16, activation="sigmoid"), layers.Reshape((4, 4))])

        def call(self, x):
            return self.decoder(self.encoder(x))

    model = Autoencoder()
    model.compile("adam", loss=k.losses.MeanSquaredError())
    return model


def wide_and_deep(k):
    """A subclass with two inputs and two outputs."""

    class WideAndDeep(k.Model):
        def __init__(self, units=5, activation="relu", **kwargs):
            super().__init__(**kwargs)
            self.hidden1 = k.layers.Dense(units, activation=activation)
            self.hidden2 = k.layers.Dense(units, activation=activation)
            self.main_output = k.layers.Dense(1)
            self.aux_output = k.layers.Dense(1)

        def call(self, inputs):
            wide, deep = inputs
            hidden = self.hidden2(self.hidden1(deep))
            return self.main_output(k.layers.concatenate([wide, hidden])), self.aux_output(hidden)

    model = WideAndDeep(name="wide_and_deep")
    model.compile(
        loss=["mse", "mse"], loss_weights=[0.9, 0.1], optimizer="sgd", metrics=[["RootMeanSquaredError"], ["mae"]]
    )
    return model


def own_parts(k):
    """A loss, a metric, a regularizer, a constraint, an initializer and a schedule of one's own."""
    ops = k.ops

    class Cubed(k.losses.Loss):
        def call(self, y_true, y_pred):
            return ops.mean(ops.abs(y_true - y_pred) ** 3, axis=-1)

    class Largest(k.metrics.Metric):
        def __init__(self, name="largest", **kwargs):
            super().__init__(name=name, **kwargs)
            self.value = self.add_weight(name="value", initializer="zeros")

        def update_state(self, y_true, y_pred, sample_weight=None):
            self.value.assign(ops.maximum(self.value, ops.max(ops.abs(y_true - y_pred))))

        def result(self):
            return ops.convert_to_tensor(self.value)

    class L4(k.regularizers.Regularizer):
        def __call__(self, x):
            return 1e-3 * ops.sum(x**4)

    class Bounded(k.constraints.Constraint):
        def __call__(self, w):
            return ops.clip(w, -0.4, 0.4)

    class Tenth(k.initializers.Initializer):
        def __call__(self, shape, dtype=None):
            return 0.1 * ops.ones(shape, dtype=dtype)

    class Falling(k.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            return 0.1 / (ops.cast(step, "float32") + 1.0)

    hidden = k.layers.Dense(
        4,
        activation=lambda x: ops.tanh(x) * 2,
        kernel_regularizer=L4(),
        kernel_constraint=Bounded(),
        bias_initializer=Tenth(),
    )
    model = k.Sequential([k.Input((3,)), hidden, k.layers.Dense(1)])
    model.compile(k.optimizers.SGD(Falling(), momentum=0.5, clipnorm=0.1), Cubed(), metrics=[Largest()])
    return model


def named_dictionaries(k):
    """Dictionaries in and out of a subclass."""

    class Net(k.Model):
        def __init__(self):
            super().__init__()
            self.a, self.b = k.layers.Dense(2, name="dense_a"), k.layers.Dense(1, name="dense_b")

        def call(self, inputs):
            x = k.ops.concatenate([inputs["left"], inputs["right"]], axis=-1)
            return {"two": self.a(x), "one": self.b(x)}

    model = Net()
    model.compile("sgd", loss={"two": "mse", "one": "mae"}, metrics={"one": ["mse"]})
    return model


def variational(k):
    """A variational autoencoder: a draw from a normal distribution, whose noise is an input, and its divergence."""
    ops, layers = k.ops, k.layers

    class Sampling(layers.Layer):
        def call(self, inputs):
            mean, log_variance, noise = inputs
            terms = 1 + log_variance - ops.square(mean) - ops.exp(log_variance)
            self.add_loss(-0.05 * ops.mean(ops.sum(terms, axis=-1)))
            return mean + ops.exp(0.5 * log_variance) * noise

    inputs, noise = k.Input((8,)), k.Input((2,))
    h = layers.Dense(5, activation="relu")(inputs)
    mean, log_variance = layers.Dense(2, name="mean")(h), layers.Dense(2, name="log_variance")(h)
    encoder = k.Model([inputs, noise], [mean, log_variance, Sampling()([mean, log_variance, noise])], name="encoder")
    decoder = k.Sequential([k.Input((2,)), layers.Dense(5, activation="relu"), layers.Dense(8)], name="decoder")

    class VAE(k.Model):
        def __init__(self, encoder, decoder, **kwargs):
            super().__init__(**kwargs)
            self.encoder, self.decoder = encoder, decoder

        def call(self, inputs):
            return self.decoder(self.encoder(inputs)[2])

    model = VAE(encoder, decoder)
    model.compile(k.optimizers.Adam(0.01), "mse")
    return model


def tied(k):
    """A decoder that computes with the transposed weights of the encoder, and one embedding used at both ends."""
    ops = k.ops

    class Transposed(k.layers.Layer):
        def __init__(self, dense, **kwargs):
            super().__init__(**kwargs)
            self.dense = dense

        def build(self, input_shape):
            self.biases = self.add_weight(shape=(self.dense.kernel.shape[0],), initializer="zeros", name="bias")

        def call(self, x):
            return ops.matmul(x, ops.transpose(self.dense.kernel)) + self.biases

    class Tied(k.Model):
        def __init__(self):
            super().__init__()
            self.words = k.layers.Embedding(7, 4)
            self.inner = k.layers.Dense(3, activation="tanh")
            self.outer = Transposed(self.inner)

        def call(self, x):
            h = self.outer(self.inner(self.words(x)))
            return ops.softmax(h @ ops.transpose(self.words.embeddings))

    model = Tied()
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def own_cell(k):
    """A recurrence over a cell of one's own, stacked on one of the library's."""
    ops = k.ops

    class Leaky(k.layers.Layer):
        def __init__(self, units, leak=0.3, **kwargs):
            super().__init__(**kwargs)
            self.units, self.state_size, self.leak = units, units, leak

        def build(self, input_shape):
            self.kernel = self.add_weight(shape=(input_shape[-1], self.units), name="kernel")
            self.recurrent = self.add_weight(shape=(self.units, self.units), name="recurrent")

        def call(self, inputs, states):
            before = states[0]
            new = ops.tanh(ops.matmul(inputs, self.kernel) + ops.matmul(before, self.recurrent))
            output = self.leak * before + (1 - self.leak) * new
            return output, [output]

    layers = k.layers
    model = k.Sequential([k.Input((5, 2)), layers.RNN([layers.GRUCell(3), Leaky(4)]), layers.Dense(1)])
    model.compile("rmsprop", "mse")
    return model


def counting(k):
    """A weight that training does not move but the layer itself; other in training than in inference."""
    ops = k.ops

    class Centred(k.layers.Layer):
        def __init__(self, momentum=0.8):
            super().__init__()
            self.momentum = momentum

        def build(self, input_shape):
            self.mean = self.add_weight(shape=(input_shape[-1],), initializer="zeros", trainable=False)

        def call(self, x, training=False):
            if not training:
                return x - self.mean
            now = ops.mean(x, axis=0)
            self.mean.assign(self.momentum * self.mean + (1 - self.momentum) * now)
            return x - now

    model = k.Sequential([k.Input((3,)), k.layers.Dense(4), Centred(), k.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    return model


def distilled(k):
    """A small model that learns from a large one: from its outputs, and from one of its layers."""
    layers, distillation = k.layers, k.distillation

    def chain(width, name):
        parts = [layers.Dense(width, activation="tanh"), layers.Dense(4, name=f"{name}_features"), layers.Dense(3)]
        return k.Sequential([k.Input((5,)), *parts], name=name)

    terms = [
        distillation.LogitsDistillation(2.0, k.losses.KLDivergence()),  # by its name, Keras leaves the softmax out
        distillation.FeatureDistillation("mse", "teacher_features", "student_features"),
    ]
    model = distillation.Distiller(
        chain(8, "teacher"), chain(3, "student"), terms, distillation_loss_weights=[1.0, 0.5], student_loss_weight=0.3
    )
    model.compile(k.optimizers.Adam(0.01), k.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


CASES = [
    Case("own loss and metrics", own_loss, normal(20, 3), normal(20, 1), {"batch_size": 8, "epochs": 3}),
    Case("nested layers", nested_layers, normal(20, 3), integers(20, high=2), {"batch_size": 8, "epochs": 3}),
    Case("autoencoder", autoencoder, uniform(12, 4, 4), uniform(12, 4, 4), {"batch_size": 5, "epochs": 3}),
    Case(
        "wide and deep",
        wide_and_deep,
        [normal(12, 3), normal(12, 4)],
        [normal(12, 1), normal(12, 1)],
        {"batch_size": 5, "epochs": 3},
    ),
    Case("own parts", own_parts, normal(12, 3), normal(12, 1), {"batch_size": 5, "epochs": 3}),
    Case(
        "dictionaries",
        named_dictionaries,
        {"left": normal(12, 2), "right": normal(12, 3)},
        {"two": normal(12, 2), "one": normal(12, 1)},
        {"batch_size": 5, "epochs": 2},
    ),
    Case(
        "class weights",
        nested_layers,
        normal(20, 3),
        integers(20, high=2),
        {"batch_size": 8, "epochs": 2, "class_weight": {0: 1.0, 1: 3.0}},
    ),
    Case(
        "sample weights",
        own_parts,
        normal(12, 3),
        normal(12, 1),
        {"batch_size": 5, "epochs": 2, "sample_weight": uniform(12), "validation_split": 0.25},
    ),
    Case("variational", variational, [normal(12, 8), normal(12, 2)], normal(12, 8), {"batch_size": 5, "epochs": 3}),
    Case("tied", tied, integers(8, 3, high=7), integers(8, 3, high=7), {"batch_size": 3, "epochs": 2}),
    Case("own cell", own_cell, normal(8, 5, 2), normal(8, 1), {"batch_size": 3, "epochs": 2}),
    Case("counting", counting, normal(12, 3), normal(12, 1), {"batch_size": 5, "epochs": 2}),
    Case("distilled", distilled, normal(12, 5), integers(12, high=3), {"batch_size": 5, "epochs": 2}),
]
