"""Programs that do more than train: what they find, number by number and name by name.

Each takes a package `k` and `draw(name, description)`, which gives arrays, and returns what it found by name.
"""

import tempfile
from pathlib import Path

import numpy as np

from tests.cases.case import ProgramCase as Case
from tests.cases.numbers import coins, integers, normal, uniform
from tests.references.measure import set_ruled_weights


def dense_model(k, sizes=(5, 1), width=3, **options):
    """A chain of dense layers, built, with the weights of the rule."""
    parts = [k.layers.Dense(size, activation="tanh" if place == 0 else None) for place, size in enumerate(sizes)]
    model = k.Sequential([k.Input((width,)), *parts], **options)
    set_ruled_weights(model)
    return model


def names(k, draw):
    layers = k.layers
    first, second = k.Input((4,)), k.Input((3,), name="second")
    left, right = layers.Dense(3)(first), layers.Dense(3)(second)
    x = layers.Concatenate()([layers.BatchNormalization()(left), right * 2])
    outputs = layers.Dense(1, name="head")(layers.Activation("relu")(x)), layers.Dense(2)(left)
    graph = k.Model([first, second], list(outputs))
    chain = k.Sequential([layers.Conv2D(2, 3), layers.MaxPooling2D(), layers.Flatten(), layers.Dense(2)])
    chain(np.zeros((1, 8, 8, 1), "float32"))
    return {
        "layers": [layer.name for layer in graph.layers],
        "chain": [layer.name for layer in chain.layers],
        "models": [graph.name, chain.name, k.Sequential().name],
        "paths": [weight.path for weight in (*graph.weights, *chain.weights)],
        "shown": [repr(layer) for layer in (*graph.layers, chain)],
        "tensors": [repr(k.KerasTensor((None, 3), "int32", name="t")), str(k.Input((2,), name="u"))],
        "counts": [graph.count_params(), chain.count_params(), len(graph.trainable_weights)],
        "shapes": [list(graph.layers[0].output.shape), [list(shape) for shape in graph.output_shape]],
    }


def counted_names(k, draw):
    """What is made within layers and models takes automatic names, which what is made later then has not."""
    layers = k.layers
    x = k.Input((4, 3))
    found = []

    def graph_begins(model):
        found.append(k.Model(model.inputs, model.outputs).name)

    model = k.Sequential([k.Input((3,)), layers.Dense(2)])
    graph_begins(model)
    for part in (layers.Dense(2), layers.Dense(1)):
        model.add(part)
    model.pop()
    graph_begins(model)
    late = k.Sequential([layers.Dense(2), layers.Dense(3)])
    late(np.ones((1, 2), "float32"))
    graph_begins(late)
    for again in (lambda: k.Sequential.from_config(late.get_config()), lambda: k.models.clone_model(late)):
        again()
        graph_begins(late)
    layers.MultiHeadAttention(2, 2)(x, x)
    layers.GroupQueryAttention(2, 2, 1)(x, x)
    return {"graphs": found, "layers": [layers.Dropout(0.1).name, layers.Softmax().name, layers.Dense(1).name]}


def dtypes(k, draw):
    ops = k.ops
    whole, half, x = ops.ones((2, 3), "int32"), ops.ones((2, 3), "float16"), ops.ones((2, 3))
    flags, tensor = ops.ones((2, 3), "bool"), k.KerasTensor((None, 3), "int32")
    values = {
        "sums": [ops.add(*pair) for pair in ((whole, half), (half, x), (flags, whole), (whole, 1), (whole, 1.5))],
        "products": [ops.multiply(half, 2), ops.multiply(flags, x), ops.matmul(whole, ops.ones((3, 2), "float16"))],
        "quotients": [ops.divide(whole, 2), ops.divide(whole, whole), ops.divide(half, whole), ops.floor_divide(x, 2)],
        "compared": [whole > 1, x == half],
        "symbolic": [tensor + 1, tensor * 0.5, tensor / 2, tensor @ ops.ones((3, 2)), tensor > 0],
        "reduced": [ops.mean(whole), ops.sum(flags), ops.sum(half), ops.argmax(x), ops.mean(half), ops.exp(whole)],
        "layers": [k.layers.Dense(1, dtype="float16")(x), k.layers.Embedding(3, 2)(whole), k.layers.ReLU()(half)],
    }
    found = {name: [k.backend.standardize_dtype(value.dtype) for value in some] for name, some in values.items()}
    weight = k.Variable([1.0, 2.0], dtype="float16")
    return {
        **found,
        "variable": [k.backend.standardize_dtype(v.dtype) for v in (weight, weight + 1, weight * x[0, :2])],
    }


def variables(k, draw):
    v = k.Variable(draw("v", normal(2, 3)), name="v")
    found = {"begun": v + 0, "shown": repr(k.Variable([1.0, 2.0], name="w"))}
    v.assign(2 * v)
    found["doubled"] = v.numpy()
    v.assign_add(k.ops.ones((2, 3)))
    v.assign_sub(draw("s", normal(2, 3)))
    w = k.layers.Dense(2)
    w.build((None, 3))
    w.kernel.assign(np.full((3, 2), 0.5))
    w.bias.trainable = False
    found["moved"], found["parts"] = np.array(v), [v[0], v[:, 1:], v[1, 2]]
    found["computed"] = [v @ np.ones((3, 2), "float32"), -v, abs(v), v**2, 1 / (2 + v * v), v > 0]
    found["facts"] = [list(v.shape), v.ndim, v.dtype, v.name, v.trainable, len(w.trainable_weights)]
    return {**found, "layer": w(np.ones((1, 3), "float32"))}


def stateless(k, draw):
    """Calls and steps of an optimizer as pure functions, and a loop that is made of them."""
    model = k.Sequential([k.Input((3,)), k.layers.BatchNormalization(), k.layers.Dense(1, kernel_regularizer="l2")])
    set_ruled_weights(model)
    x, y = draw("x", normal(6, 3)), draw("y", normal(6, 1))
    state = [v.value for v in model.trainable_variables], [v.value for v in model.non_trainable_variables]
    before = model.get_weights()
    outputs, moved, losses = model.stateless_call(*state, x, training=True, return_losses=True)
    found = {"outputs": outputs, "moved": list(moved), "losses": list(losses)}
    found["untouched"] = all(np.array_equal(a, b) for a, b in zip(before, model.get_weights()))
    optimizer, weights = k.optimizers.Adam(0.1), [k.Variable(np.zeros((3, 1), "float32"))]
    optimizer.build(weights)
    values, slots = [w.value for w in weights], [v.value for v in optimizer.variables]
    for _ in range(5):
        gradient = 2 / len(x) * k.ops.transpose(x) @ (k.ops.matmul(x, values[0]) - y)
        values, slots = optimizer.stateless_apply(slots, [gradient], values)
    metric = k.metrics.MeanSquaredError()
    kept = metric.stateless_update_state([v.value for v in metric.variables], y, k.ops.matmul(x, values[0]))
    return {**found, "learned": values[0], "error": metric.stateless_result(kept), "steps": int(np.array(slots[0]))}


def callbacks(k, draw):
    """Callbacks that read and change the model, and stop it."""
    model = dense_model(k)
    told = []

    class Meddler(k.callbacks.Callback):
        def on_train_begin(self, logs=None):
            told.append(sorted(self.params))

        def on_epoch_begin(self, epoch, logs=None):
            self.model.optimizer.learning_rate = 0.1 / (epoch + 1)

        def on_train_batch_end(self, batch, logs=None):
            told.append([batch, sorted(logs)])

        def on_epoch_end(self, epoch, logs=None):
            told.append([epoch, sorted(logs)])
            kernel = self.model.layers[-1].kernel
            kernel.assign(kernel * 0.5)
            if epoch == 2:
                self.model.stop_training = True

    model.compile(k.optimizers.SGD(0.5), "mse", metrics=["mae"])
    x, y = draw("x", normal(12, 3)), draw("y", normal(12, 1))
    options = {"batch_size": 6, "epochs": 9, "shuffle": False, "verbose": 0, "validation_data": (x, y)}
    history = model.fit(x, y, callbacks=[Meddler()], **options)
    return {"history": history.history, "epochs": history.epoch, "told": told, "weights": model.get_weights()}


def schedules(k, draw):
    """The rate by a schedule, by a function of the epoch, and by a plateau."""
    x, y = draw("x", normal(12, 3)), draw("y", normal(12, 1))
    rates = k.optimizers.schedules
    found = {}
    plateau = k.callbacks.ReduceLROnPlateau(monitor="loss", factor=0.5, patience=1, min_delta=10.0)
    by_epoch = k.callbacks.LearningRateScheduler(lambda epoch, rate: rate * 0.9 if epoch else rate)
    stop = k.callbacks.EarlyStopping("loss", patience=2, min_delta=10.0, restore_best_weights=True)
    for name, rate, some in (
        ("exponential", rates.ExponentialDecay(0.1, 3, 0.5, staircase=True), []),
        ("steps", rates.PiecewiseConstantDecay([2, 5], [0.1, 0.05, 0.01]), []),
        ("cosine", rates.CosineDecay(0.0, 10, warmup_target=0.1, warmup_steps=3), []),
        ("by epoch", 0.1, [by_epoch]),
        ("plateau", 0.1, [plateau, stop]),
    ):
        model = dense_model(k)
        model.compile(k.optimizers.SGD(rate, momentum=0.9), "mse")
        history = model.fit(x, y, batch_size=6, epochs=4, shuffle=False, verbose=0, callbacks=some).history
        found[name] = [history, model.get_weights(), model.optimizer.learning_rate]
    return found


def transfer(k, draw):
    """A trained part of a model under a new head: frozen, then tuned."""
    layers = k.layers
    inputs = k.Input((6, 6, 2))
    x = layers.BatchNormalization(name="norm")(layers.Conv2D(3, 3, name="conv")(inputs))
    outputs = layers.Dense(4, name="old_head")(layers.Flatten(name="flat")(layers.ReLU(name="relu")(x)))
    old = k.Model(inputs, outputs)
    set_ruled_weights(old)
    base = k.Model(old.input, old.get_layer("relu").output, name="base")
    base.trainable = False
    new_inputs = k.Input((6, 6, 2))
    pooled = layers.GlobalAveragePooling2D()(base(new_inputs, training=False))
    model = k.Model(new_inputs, layers.Dense(1, kernel_initializer="ones")(pooled))
    images, labels = draw("x", uniform(8, 6, 6, 2)), draw("y", coins(8, 1))
    options = {"batch_size": 4, "epochs": 2, "shuffle": False, "verbose": 0}
    binary = k.losses.BinaryCrossentropy(from_logits=True)
    model.compile("adam", binary)
    counts = [len(model.trainable_weights), len(model.non_trainable_weights)]
    frozen = model.fit(images, labels, **options).history["loss"]
    base.trainable = True
    base.get_layer("norm").trainable = False
    model.compile(k.optimizers.Adam(1e-3), binary)
    counts += [len(model.trainable_weights), len(model.non_trainable_weights)]
    tuned = model.fit(images, labels, **options).history["loss"]
    features = k.Model(old.inputs, [layer.output for layer in old.layers[1:]])(images[:2])
    return {"counts": counts, "frozen": frozen, "tuned": tuned, "features": features, "weights": model.get_weights()}


def registered(k, draw):
    """Classes and functions of one's own in files: registered, or known in a scope."""

    @k.saving.register_keras_serializable(package="Guide")
    class Scaled(k.layers.Layer):
        def __init__(self, factor, inner=None, **kwargs):
            super().__init__(**kwargs)
            self.factor, self.inner = factor, inner or k.layers.Dense(3)

        def call(self, x):
            return self.inner(x) * self.factor

        def get_config(self):
            inner = k.saving.serialize_keras_object(self.inner)
            return {**super().get_config(), "factor": self.factor, "inner": inner}

        @classmethod
        def from_config(cls, config):
            inner = k.saving.deserialize_keras_object(config.pop("inner"))
            return cls(inner=inner, **config)

    @k.saving.register_keras_serializable(package="Guide", name="bent")
    def bent(x):
        return k.ops.maximum(x, 0.1 * x)

    def own_loss(y, y_pred):
        return k.ops.mean(k.ops.abs(y - y_pred), axis=-1)

    model = k.Sequential([k.Input((4,)), Scaled(2.0), k.layers.Dense(2, activation=bent)])
    set_ruled_weights(model)
    model.compile("adam", own_loss)
    x, y = draw("x", normal(6, 4)), draw("y", normal(6, 2))
    model.fit(x, y, verbose=0, shuffle=False)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "m.keras")
        model.save(path)
        again = k.models.load_model(path, custom_objects={"own_loss": own_loss})
        weights = Path(folder, "m.weights.h5")
        model.save_weights(weights)
        twin = k.models.model_from_json(model.to_json(), custom_objects={"own_loss": own_loss})
        twin.load_weights(weights)
    with k.saving.custom_object_scope({"Scaled": Scaled}):
        by_config = k.Sequential.from_config(model.get_config())
    return {
        "names": [k.saving.get_registered_name(Scaled), k.saving.get_registered_name(bent)],
        "loaded": [m.predict(x, verbose=0) for m in (model, again, twin)],
        "goes on": again.fit(x, y, epochs=2, verbose=0, shuffle=False).history["loss"],
        "shapes": [list(w.shape) for w in by_config.weights],
    }


def clones(k, draw):
    model = dense_model(k)
    inputs = k.Input((3,))
    graph = k.Model(inputs, k.layers.Dense(2)(k.layers.Dense(4, activation="relu", name="middle")(inputs)))
    set_ruled_weights(graph)

    def widened(layer):
        config = layer.get_config()
        if layer.name == "middle":
            config["activation"] = "tanh"
        return layer.__class__.from_config(config)

    twin, changed = k.models.clone_model(model), k.models.clone_model(graph, clone_function=widened)
    twin.set_weights(model.get_weights())
    changed.set_weights(graph.get_weights())
    x = draw("x", normal(4, 3))
    again = k.models.clone_model(graph, input_tensors=k.Input((3,), name="given"))
    return {
        "outputs": [m.predict(x, verbose=0) for m in (model, twin, graph, changed)],
        "names": [[layer.name for layer in some] for some in (twin.layers, changed.layers[1:], again.layers)],
        "apart": twin.layers[0] is not model.layers[0],
    }


def adversarial(k, draw):
    """A generator against a discriminator, batch by batch."""
    generator, judge = dense_model(k, (5, 4), width=2), dense_model(k, (5, 1), width=4)
    judge.compile(k.optimizers.Adam(0.01), k.losses.BinaryCrossentropy(from_logits=True), metrics=["accuracy"])
    judge.trainable = False
    inputs = k.Input((2,))
    both = k.Model(inputs, judge(generator(inputs)))
    both.compile(k.optimizers.Adam(0.01), k.losses.BinaryCrossentropy(from_logits=True))
    told = []
    for step in range(4):
        noise, real = draw(f"noise {step}", normal(6, 2)), draw(f"real {step}", normal(6, 4))
        images = np.concatenate([generator.predict(noise, verbose=0), real])
        labels = np.repeat([[1.0], [0.0]], 6, axis=0).astype("float32")
        judge.trainable = True
        told.append(judge.train_on_batch(images, labels, return_dict=True))
        judge.trainable = False
        told.append({"loss": np.float32(both.train_on_batch(noise, np.zeros((6, 1), "float32")))})
    return {"told": told, "weights": both.get_weights(), "tested": both.test_on_batch(noise, labels[6:])}


def feeds(k, draw):
    """The same data from arrays, a `PyDataset` and a generator, with weights."""
    x, y, weight = draw("x", normal(10, 3)), draw("y", normal(10, 1)), draw("w", uniform(10))

    class Rows(k.utils.PyDataset):
        def __len__(self):
            return 3

        def __getitem__(self, place):
            rows = slice(4 * place, 4 * place + 4)
            return x[rows], y[rows], weight[rows]

    def endless():
        rows = Rows()
        while True:
            for place in range(3):
                yield rows[place]

    found, options = {}, {"epochs": 2, "shuffle": False, "verbose": 0}
    for name, arguments in (
        ("arrays", {"x": x, "y": y, "sample_weight": weight, "batch_size": 4}),
        ("dataset", {"x": Rows()}),
        ("generator", {"x": endless(), "steps_per_epoch": 3}),
    ):
        model = dense_model(k)
        model.compile("rmsprop", "mse", weighted_metrics=["mae"])
        history = model.fit(**arguments, **options).history
        found[name] = [history, model.predict(Rows(), verbose=0), model.evaluate(Rows(), verbose=0)]
    return found


def mixed(k, draw):
    """What a policy of 16 bits changes; only dtypes, since numbers depend on the machine."""
    before = k.config.dtype_policy()
    k.config.set_dtype_policy("mixed_float16")
    try:
        layers = k.layers
        hidden, head = layers.Dense(4), layers.Activation("softmax", dtype="float32")
        model = k.Sequential([k.Input((3,)), hidden, head])
        model.compile("adam", "sparse_categorical_crossentropy")
        x, y = draw("x", normal(6, 3)), draw("y", integers(6, high=4))
        model.fit(x, y, verbose=0)
        values = (hidden.kernel, hidden(x), model(x))
        return {
            "policies": [layer.dtype_policy.name for layer in model.layers],
            "computes": [layer.compute_dtype for layer in model.layers],
            "dtypes": [k.backend.standardize_dtype(value.dtype) for value in values],
            "optimizer": type(model.optimizer).__name__,
            "config": [type(layer).__name__ for layer in k.Sequential.from_config(model.get_config()).layers],
        }
    finally:
        k.config.set_dtype_policy(before)


def losses_of_layers(k, draw):
    """`add_loss` and regularizers as a loop of one's own reads them."""

    class Penalty(k.layers.Layer):
        def call(self, x):
            self.add_loss(0.1 * k.ops.sum(x))
            return x

    class Outer(k.layers.Layer):
        def __init__(self):
            super().__init__()
            self.inner, self.dense = Penalty(), k.layers.Dense(2, kernel_regularizer=k.regularizers.L1(0.01))

        def call(self, x):
            return self.dense(self.inner(x))

    layer, x = Outer(), draw("x", normal(2, 3))
    layer(x)
    set_ruled_weights(layer)
    layer(x)
    layer(2 * x)
    inputs = k.Input((3,))
    model = k.Model(inputs, Outer()(k.layers.ActivityRegularization(l2=0.1)(inputs)))
    set_ruled_weights(model)
    model(x)
    return {"layer": layer.losses, "model": model.losses, "counts": [len(layer.weights), len(model.losses)]}


def state(k, draw):
    """A model's state as a nest, and set again; its loss as a pure function."""
    x, y = draw("x", normal(6, 3)), draw("y", normal(6, 1))
    model = dense_model(k, name="net")
    model.compile(k.optimizers.SGD(0.1, momentum=0.9, name="sgd"), "mse", metrics=["mae"])
    model.fit(x, y, batch_size=3, shuffle=False, verbose=0)
    tree = model.get_state_tree(value_format="numpy_array")
    before = model.predict(x, verbose=0)
    groups = model.trainable_variables, model.non_trainable_variables, model.metrics_variables
    values = [[v.value for v in group] for group in groups]
    loss = model.stateless_compute_loss(*values, x=x, y=y, y_pred=model(x))[0]
    model.fit(x, y, epochs=2, verbose=0)
    model.set_state_tree({"trainable_variables": tree["trainable_variables"]})
    return {
        "trainable": tree["trainable_variables"],
        "optimizer": tree["optimizer_variables"]["sgd"]["learning_rate"],
        "roles": sorted(tree),
        "restored": [model.predict(x, verbose=0), before],
        "loss": loss,
        "made": [callable(getattr(model, f"make_{kind}_function")) for kind in ("train", "test", "predict")],
    }


def decoding(k, draw):
    """The halves of a trained translator as models of their own, word by word."""
    layers = k.layers
    source, before = k.Input((None,), dtype="int32"), k.Input((None,), dtype="int32")
    words, decoder = layers.Embedding(6, 3), layers.LSTM(4, return_sequences=True, return_state=True)
    _, h, c = layers.LSTM(4, return_state=True)(layers.Embedding(5, 3)(source))
    head = layers.Dense(6, activation="softmax")
    model = k.Model([source, before], head(decoder(words(before), initial_state=[h, c])[0]))
    set_ruled_weights(model)
    encoder = k.Model(source, [h, c])
    states = [k.Input((4,)), k.Input((4,))]
    told, *after = decoder(words(before), initial_state=states)
    step = k.Model([before, *states], [head(told), *after])
    x, word, found = draw("x", integers(2, 5, high=5)), np.zeros((2, 1), "int32"), []
    kept = encoder.predict(x, verbose=0)
    for _ in range(3):
        scores, *kept = step.predict([word, *kept], verbose=0)
        word = np.argmax(scores, axis=-1).astype("int32")
        found.append(scores[:, 0])
    whole = model.predict([x, np.zeros((2, 1), "int32")], verbose=0)
    return {
        "scores": found,
        "states": kept,
        "first": whole,
        "weights": [len(m.weights) for m in (model, encoder, step)],
    }


PROGRAMS = (
    *(
        names,
        counted_names,
        dtypes,
        variables,
        stateless,
        callbacks,
        schedules,
        transfer,
        registered,
        clones,
        adversarial,
        feeds,
    ),
    *(mixed, losses_of_layers, state, decoding),
)
CASES = [Case(program.__name__.replace("_", " "), program) for program in PROGRAMS]
