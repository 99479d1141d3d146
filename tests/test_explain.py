"""Explanations: closed forms, axioms of the methods, and a model that stays as it was, bit by bit."""

import itertools
import math
import sys
import threading

import numpy as np
import pytest

import nbkeras
from nbkeras import explain, layers, ops, random
from nbkeras.explain.prediction import predictions
from nbkeras.layers.interception import intercepting

W = np.array([[1.0], [-2.0], [0.5], [0.0]], "float32")  # the last feature says nothing
X = np.array([[0.5, 1.0, -1.0, 3.0], [2.0, 0.25, 4.0, -1.0]], "float32")
B = np.array([0.1, -0.3, 0.2, 0.7], "float32")


def with_weights(model, *weights):
    model.set_weights([np.asarray(weight, "float32") for weight in weights])
    return model


def linear(bias=0.25):
    return with_weights(nbkeras.Sequential([layers.Input((4,)), layers.Dense(1)]), W, [bias])


def seeded(make):
    """A model whose weights are the same in every test."""
    nbkeras.set_seed(0)
    return make()


def smooth():
    return nbkeras.Sequential(
        [
            layers.Input((4,)),
            layers.Dense(8, activation="tanh"),
            layers.BatchNormalization(),
            layers.Dropout(0.5),
            layers.Dense(3, activation="softmax"),
        ]
    )


def convolution(side=8):
    return nbkeras.Sequential(
        [
            layers.Input((side, side, 1)),
            layers.Conv2D(4, 3, activation="relu", name="first"),
            layers.MaxPooling2D(),
            layers.Conv2D(3, 2, activation="relu", name="second"),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )


def bag_of_words():
    """The mean of the tokens' vectors, and a linear output."""
    x = layers.Input((5,), dtype="int32")
    h = layers.GlobalAveragePooling1D()(layers.Embedding(10, 3, name="table")(x))
    return nbkeras.Model(x, layers.Dense(2)(h))


def transformer():
    x = layers.Input((6, 8))
    h = layers.MultiHeadAttention(num_heads=2, key_dim=4, name="heads")(x, x)
    h = layers.Attention(name="plain")([h, x])
    return nbkeras.Model(x, layers.Dense(2)(layers.GlobalAveragePooling1D()(h)))


def two_inputs():
    a, b = layers.Input((2,), name="a"), layers.Input((3,), name="b")
    return nbkeras.Model([a, b], layers.Dense(1)(layers.Concatenate()([a, b])))


class Subclassed(nbkeras.Model):
    """A model without a graph, which counts its calls."""

    def __init__(self):
        super().__init__()
        self.hidden = layers.Dense(3, activation="tanh")
        self.out = layers.Dense(2)
        self.count = self.add_weight(shape=(), initializer="zeros", trainable=False, name="count")

    def call(self, x):
        self.count.assign_add(1.0)
        return self.out(self.hidden(x))


def images(rows=2, side=8):
    return np.random.default_rng(1).random((rows, side, side, 1), dtype="float32")


def series(rows=2):
    return np.random.default_rng(1).normal(size=(rows, 6, 8)).astype("float32")


TOKENS = np.array([[3, 1, 4, 1, 5], [9, 2, 6, 0, 0]], "int32")

# name -> (model, examples, the method and its arguments)
CASES = {
    "integrated gradients": (smooth, lambda: X, lambda m, x: explain.integrated_gradients(m, x)),
    "of a subclass": (Subclassed, lambda: X, lambda m, x: explain.integrated_gradients(m, x)),
    "gradient x input": (smooth, lambda: X, lambda m, x: explain.gradient_x_input(m, x)),
    "gradient x embedding": (bag_of_words, lambda: TOKENS, lambda m, x: explain.gradient_x_input(m, x)),
    "SmoothGrad": (convolution, images, lambda m, x: explain.smooth_grad(m, x, samples=3)),
    "Grad-CAM": (convolution, images, lambda m, x: explain.grad_cam(m, x)),
    "occlusion": (convolution, images, lambda m, x: explain.occlusion(m, x)),
    "occlusion of tokens": (bag_of_words, lambda: TOKENS, lambda m, x: explain.occlusion(m, x)),
    "attention": (transformer, series, lambda m, x: explain.attention_maps(m, x)),
    "with a check": (smooth, lambda: X, lambda m, x: explain.explain(m, x, sanity=True)),
}


def state_of(model):
    """All that a model has, bit by bit: weights, random states, metrics, optimizer, the attributes of its layers."""
    variables = [*model.variables, *model.metrics_variables, random.global_generator().state]
    variables += model.optimizer.variables if model.optimizer else []
    attributes = [sorted(vars(layer)) for layer in model._flatten_layers() if layer is not model]
    return (
        [variable.numpy().tobytes() for variable in variables],
        attributes,
        random.host_generator().bit_generator.state,
    )


def numeric_gradient(model, x, target, step=1e-2):
    """The gradient of an output with respect to one example, by central differences in float64 arithmetic."""
    gradient = np.zeros(x.shape)
    for index in np.ndindex(x.shape):
        high, low = x.copy(), x.copy()
        high[index] += step
        low[index] -= step
        change = model(high[None])[0, target] - model(low[None])[0, target]
        gradient[index] = float(change) / float(high[index] - low[index])
    return gradient


# --- nothing changes ---


@pytest.mark.parametrize("case", CASES)
def test_the_model_stays_as_it_was(case):
    make, examples, method = CASES[case]
    model = seeded(make)
    model.compile("adam", "mse", metrics=["mae"])
    x = examples()
    model.evaluate(x, model.predict(x, verbose=0) + 1, verbose=0)
    outputs = model(x)
    before = state_of(model)
    method(model, x)
    assert state_of(model) == before
    np.testing.assert_array_equal(model(x), outputs)


@pytest.mark.parametrize("case", sorted(CASES.keys() - {"SmoothGrad"}))  # whose noise is drawn for a batch
def test_rows_are_explained_one_by_one(case):
    make, examples, method = CASES[case]
    model = seeded(make)
    x = examples()
    model(x)
    together = method(model, x)
    alone = [method(model, x[row : row + 1]) for row in range(len(x))]
    for index, whole in enumerate(nbkeras.tree.flatten(together.attributions)):
        parts = [nbkeras.tree.flatten(one.attributions)[index] for one in alone]
        np.testing.assert_allclose(whole, np.concatenate(parts), rtol=1e-3, atol=2e-5)


@pytest.mark.parametrize("case", sorted(CASES.keys() - {"of a subclass"}))  # which does not know the shape of its input
def test_one_example_needs_no_axis_of_rows(case):
    make, examples, method = CASES[case]
    model = seeded(make)
    x = examples()[0]
    one, batch = method(model, x), method(model, x[None])
    for a, b in zip(nbkeras.tree.flatten(one.attributions), nbkeras.tree.flatten(batch.attributions)):
        np.testing.assert_array_equal(a, b)


@pytest.mark.jax
@pytest.mark.parametrize("case", sorted(CASES.keys() - {"with a check"}))
def test_jax_explains_alike(case):
    make, examples, method = CASES[case]
    found = []
    for backend in ("numpy", "jax"):
        model = seeded(make)
        model.compile("sgd", "mse", backend=backend)
        model(examples())
        found.append(nbkeras.tree.flatten(method(model, examples()).attributions))
    for one, other in zip(*found):
        np.testing.assert_allclose(one, other, rtol=1e-3, atol=1e-5)


def test_other_threads_are_left_alone():
    """A model may be training in one while it is explained in another."""
    model, seen = seeded(convolution), []

    def around(layer, call, args, kwargs):
        seen.append(layer.name)
        return call(*args, **kwargs)

    with intercepting(model.layers, around):
        other = threading.Thread(target=lambda: model(images(), training=False))
        other.start()
        other.join()
        assert seen == []
        model(images(), training=False)
    assert seen == [layer.name for layer in model.layers]


# --- linear models: closed forms ---


@pytest.mark.parametrize("baseline", [0.0, B], ids=["zero", "array"])
@pytest.mark.parametrize("method", ["integrated_gradients", "occlusion"])
def test_of_a_linear_model_the_share_is_weight_times_difference(method, baseline):
    found = getattr(explain, method)(linear(), X, baseline=baseline)
    np.testing.assert_allclose(found.attributions, W[:, 0] * (X - baseline), rtol=1e-5, atol=1e-6)


def test_gradient_x_input_of_a_linear_model():
    np.testing.assert_allclose(explain.gradient_x_input(linear(), X).attributions, W[:, 0] * X, rtol=1e-6)


def test_smooth_grad_of_a_linear_model_is_its_weights():
    found = explain.smooth_grad(linear(), X, samples=3).attributions
    np.testing.assert_allclose(found, np.broadcast_to(W[:, 0], X.shape), rtol=1e-6)


def test_the_residual_of_a_linear_model_is_rounding():
    assert explain.integrated_gradients(linear(), X, steps=1).residual.max() < 1e-6


def test_of_several_inputs_each_has_its_share():
    weights = np.array([[1.0], [2.0], [3.0], [4.0], [5.0]], "float32")
    model = with_weights(two_inputs(), weights, [0.0])
    a, b = np.array([[1.0, 2.0]], "float32"), np.array([[3.0, 4.0, 5.0]], "float32")
    for x in ([a, b], {"a": a, "b": b}):
        found = explain.integrated_gradients(model, x, baseline=1.0)
        parts = found.attributions if isinstance(x, list) else [found.attributions["a"], found.attributions["b"]]
        np.testing.assert_allclose(parts[0], [[0, 2]], atol=1e-6)
        np.testing.assert_allclose(parts[1], [[6, 12, 20]], rtol=1e-6)


def test_the_target_of_a_sequence_of_outputs():
    """Of (steps, outputs), which a layer gives for each step."""
    model = nbkeras.Sequential([layers.Input((3, 2)), layers.Dense(2)])
    with_weights(model, [[1.0, 2.0], [3.0, 4.0]], [0.0, 0.0])
    x = np.ones((1, 3, 2), "float32")
    found = explain.integrated_gradients(model, x, target=(2, 1))
    np.testing.assert_allclose(found.attributions[0], [[0, 0], [0, 0], [2, 4]], rtol=1e-6)
    np.testing.assert_array_equal(explain.integrated_gradients(model, x, target=5).attributions, found.attributions)
    with pytest.raises(ValueError, match="target expects an integer from 0 to 5"):
        explain.integrated_gradients(model, x, target=(3, 0))


# --- axioms and gradients ---


@pytest.mark.parametrize("target", [None, 0, 1, 2])
def test_integrated_gradients_are_complete(target):
    model = seeded(smooth)
    found = explain.integrated_gradients(model, X, target=target, baseline=B)
    places = model(X).argmax(1) if target is None else np.full(2, target)
    change = np.take_along_axis(model(X) - model(B[None]), places[:, None], 1)[:, 0]
    np.testing.assert_allclose(found.attributions.sum(1), change, rtol=1e-3)
    np.testing.assert_array_equal(found.targets, places)
    assert found.residual.max() < 1e-3
    np.testing.assert_allclose(found.gap, change, rtol=1e-5)


def test_steps_are_added_until_the_residual_is_small():
    steep = with_weights(
        nbkeras.Sequential([layers.Input((1,)), layers.Dense(1, activation="sigmoid")]), [[400.0]], [-123.0]
    )
    once = explain.integrated_gradients(steep, [[1.0]], steps=32)
    found = explain.integrated_gradients(steep, [[1.0]])
    assert once.residual[0] > 1e-3 > found.residual[0]
    assert found.settings["steps"] > 32


def test_without_a_change_there_is_no_residual():
    found = explain.integrated_gradients(linear(), X, baseline=X[0])
    np.testing.assert_array_equal(found.attributions[0], np.zeros(4))
    assert found.residual[0] == 0


@pytest.mark.parametrize("make", [smooth, Subclassed])
def test_gradients_are_those_of_finite_differences(make):
    model = seeded(make)
    model(X)
    found = explain.smooth_grad(model, X, target=1, samples=1, noise=0.0).attributions
    for row, x in enumerate(X):
        np.testing.assert_allclose(found[row], numeric_gradient(model, x, 1), rtol=2e-2, atol=2e-3)


def test_smooth_grad_is_the_mean_over_noise():
    """Of f(x) = x², whose gradient 2x is linear: the noise has mean 0, and its seed decides which it is."""
    x = layers.Input((3,))
    model = nbkeras.Model(x, ops.sum(x * x, axis=1, keepdims=True))
    sample = np.array([[1.0, -2.0, 3.0]], "float32")
    noise = np.random.default_rng(7).standard_normal((4, 1, 3)) * 0.15 * 5
    found = explain.smooth_grad(model, sample, samples=4, seed=7).attributions
    np.testing.assert_allclose(found, 2 * (sample + noise.mean(0)), rtol=1e-5)


# --- images ---


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_grad_cam_by_hand(data_format):
    """A convolution of two 1 × 1 kernels, the mean of its maps, and a linear output."""
    first_axis = data_format == "channels_first"
    model = nbkeras.Sequential(
        [
            layers.Input((1, 2, 2) if first_axis else (2, 2, 1)),
            layers.Conv2D(2, 1, activation="relu", name="maps", data_format=data_format),
            layers.GlobalAveragePooling2D(data_format=data_format),
            layers.Dense(2, activation="softmax"),
        ]
    )
    with_weights(model, [[[[1.0, -1.0]]]], [0.0, 1.0], [[2.0, 0.0], [-3.0, 1.0]], [0.0, 0.0])
    x = np.array([[[[1.0], [2.0]], [[0.0], [-1.0]]]], "float32")
    first, second = np.maximum(x[..., 0], 0), np.maximum(1 - x[..., 0], 0)
    for target, (a, b) in enumerate([(2.0, -3.0), (0.0, 1.0)]):  # ∂ logit / ∂ map is weight / 4, everywhere
        expected = np.maximum((a * first + b * second) / 4, 0)
        found = explain.grad_cam(model, np.moveaxis(x, -1, 1) if first_axis else x, target=target)
        np.testing.assert_allclose(found.attributions, expected, rtol=1e-6)
        assert found.settings == {"layer": "maps"}


@pytest.mark.parametrize(("layer", "shape"), [(None, (2, 2, 2)), ("first", (2, 6, 6)), ("second", (2, 2, 2))])
def test_grad_cam_of_a_layer(layer, shape):
    found = explain.grad_cam(seeded(convolution), images(), layer=layer)
    assert found.attributions.shape == shape
    assert found.settings["layer"] == (layer or "second")
    assert found.attributions.min() >= 0


def test_grad_cam_of_a_label():
    x = layers.Input((4, 4, 1))
    y = layers.Conv2D(2, 1)(x)
    model = nbkeras.Model(x, layers.Dense(1)(layers.Flatten()(y)))
    model.labels = {"stem": y}
    assert explain.grad_cam(model, images(1, 4), layer="stem").attributions.shape == (1, 4, 4)


def test_occlusion_finds_the_only_pixel_that_counts():
    weights = np.zeros((16, 1))
    weights[5] = 2.0
    model = nbkeras.Sequential([layers.Input((4, 4, 1)), layers.Flatten(), layers.Dense(1)])
    with_weights(model, weights, [0.0])
    x = np.ones((1, 4, 4, 1), "float32")
    found = explain.occlusion(model, x, baseline=0, window=1, stride=1).attributions[0]
    np.testing.assert_allclose(found, 2.0 * np.eye(16)[5].reshape(4, 4))
    patches = explain.occlusion(model, x, baseline=0, window=2, stride=1).attributions[0]
    covered = [
        [sum(1 for t in range(3) for s in range(3) if t <= i < t + 2 and s <= j < s + 2) for j in range(4)]
        for i in range(4)
    ]
    both = [
        [sum(1 for t in (0, 1) for s in (0, 1) if t <= i < t + 2 and s <= j < s + 2) for j in range(4)]
        for i in range(4)
    ]
    np.testing.assert_allclose(patches, 2.0 * np.array(both) / np.array(covered))


def test_an_image_is_covered_with_its_mean_colour():
    model = nbkeras.Sequential([layers.Input((4, 4, 1)), layers.Flatten(), layers.Dense(1)])
    x = images(2, 4)
    mean = x.mean((1, 2, 3)).reshape(2, 1, 1, 1)
    named = explain.occlusion(model, x, baseline=np.broadcast_to(mean, x.shape)).attributions
    np.testing.assert_array_equal(explain.occlusion(model, x).attributions, named)


def test_occlusion_of_a_series_covers_a_step():
    model = nbkeras.Sequential([layers.Input((3, 2)), layers.Flatten(), layers.Dense(1)])
    w = np.arange(1.0, 7.0).reshape(6, 1)
    with_weights(model, w, [0.0])
    x = np.ones((1, 3, 2), "float32")
    np.testing.assert_allclose(explain.occlusion(model, x).attributions, [[3, 7, 11]], rtol=1e-6)


# --- tokens ---


@pytest.mark.parametrize("target", [0, 1])
def test_of_a_bag_of_words_each_token_has_its_product(target):
    model = seeded(bag_of_words)
    table, kernel, _ = model.get_weights()
    shares = (table @ kernel)[:, target] / TOKENS.shape[1]
    found = explain.gradient_x_input(model, TOKENS, target=target)
    np.testing.assert_allclose(found.attributions, shares[TOKENS], rtol=1e-4, atol=1e-7)
    assert found.tokens
    covered = explain.occlusion(model, TOKENS, target=target).attributions
    np.testing.assert_allclose(covered, shares[TOKENS] - shares[0], rtol=1e-3, atol=1e-6)


def test_tokens_may_come_as_floats():
    model = seeded(lambda: nbkeras.Sequential([layers.Input((5,)), layers.Embedding(10, 3), layers.LSTM(2)]))
    found = explain.explain(model, TOKENS)
    assert found.method == "gradient_x_input"
    assert found.attributions.shape == TOKENS.shape


def test_padding_that_is_masked_has_no_share():
    model = seeded(
        lambda: nbkeras.Sequential([layers.Input((5,)), layers.Embedding(10, 3, mask_zero=True), layers.LSTM(2)])
    )
    found = explain.gradient_x_input(model, TOKENS).attributions
    np.testing.assert_array_equal(found[1, 3:], [0, 0])
    assert np.all(found[0] != 0)


# --- attention ---


def test_attention_weights_are_those_of_the_formula():
    model = seeded(transformer)
    x = series()
    heads, plain = explain.attention_maps(model, x).maps
    q, bq, k, bk, v, bv, out, bout = (np.asarray(w, "float64") for w in model.get_layer("heads").get_weights())
    scores = np.einsum("bthd,bshd->bhts", np.einsum("btf,fhd->bthd", x, q) + bq, np.einsum("btf,fhd->bthd", x, k) + bk)
    expected = softmax(scores / math.sqrt(4))
    assert (heads.layer, plain.layer) == ("heads", "plain")
    np.testing.assert_allclose(heads.weights, expected, rtol=1e-4, atol=1e-6)
    mixed = np.einsum("bhts,bshd->bthd", expected, np.einsum("btf,fhd->bthd", x, v) + bv)
    y = np.einsum("bthd,hdf->btf", mixed, out) + bout
    np.testing.assert_allclose(plain.weights[:, 0], softmax(y @ x.swapaxes(1, 2)), rtol=1e-3, atol=1e-5)


def test_attention_weights_sum_to_one():
    for one in explain.attention_maps(seeded(transformer), series()).maps:
        np.testing.assert_allclose(one.weights.sum(-1), np.ones(one.weights.shape[:-1]), rtol=1e-5)


@pytest.mark.parametrize(
    "make",
    [
        lambda x: layers.AdditiveAttention(name="one")([x, x]),
        lambda x: layers.GroupedQueryAttention(4, 4, 2, name="one")(x, x),
        lambda x: layers.MultiHeadAttention(2, 4, name="one")(x, x, use_causal_mask=True),
        lambda x: layers.MultiHeadAttention(2, 4, name="one")(x, x, return_attention_scores=True)[0],
    ],
    ids=["additive", "grouped", "causal", "asked"],
)
def test_attention_of_every_kind(make):
    x = layers.Input((6, 8))
    model = nbkeras.Model(x, layers.Dense(1)(layers.Flatten()(make(x))))
    (found,) = explain.attention_maps(model, series(), layer="one").maps
    assert found.weights.shape[-2:] == (6, 6)
    np.testing.assert_allclose(found.weights.sum(-1), np.ones(found.weights.shape[:-1]), rtol=1e-5)


def softmax(scores):
    powers = np.exp(scores - scores.max(-1, keepdims=True))
    return powers / powers.sum(-1, keepdims=True)


# --- permutation importance ---


def test_an_irrelevant_feature_has_no_importance():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(400, 4)).astype("float32")
    model = linear(0.0)
    model.compile("sgd", "mse", metrics=["mae"])
    y = x @ W
    model.evaluate(x, y, verbose=0)
    before = state_of(model)
    found = explain.permutation_importance(model, x, y, repeats=20)
    assert state_of(model) == before
    assert found.mean[3] == found.std[3] == 0
    # E (w (x_i - x_j))² = 2 w² var x, for the values of other rows
    np.testing.assert_allclose(found.mean, 2 * W[:, 0] ** 2 * x.var(0), rtol=0.1, atol=1e-6)
    assert found.score == pytest.approx(0, abs=1e-9)


def test_importance_by_a_metric_that_is_better_when_high():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 2)).astype("float32")
    model = nbkeras.Sequential([layers.Input((2,)), layers.Dense(1, activation="sigmoid")])
    with_weights(model, [[9.0], [0.0]], [0.0])
    model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
    found = explain.permutation_importance(model, x, x[:, :1] > 0, measure="accuracy")
    assert found.score == 1
    assert 0.4 < found.mean[0] < 0.6
    assert found.mean[1] == 0


# --- the test of random weights ---


def test_random_weights_change_an_explanation():
    stages = explain.randomization_test(
        model := seeded(convolution), lambda: explain.occlusion(model, images()).attributions, draws=8
    )
    assert [stage.layers for stage in stages] == [1, 2, 3]
    assert [stage.down_to for stage in stages][1:] == ["second", "first"]
    assert abs(stages[-1].correlation) < 0.5


def test_what_does_not_depend_on_weights_is_found_out():
    model = seeded(smooth)
    stages = explain.randomization_test(model, lambda: X)
    assert [stage.correlation for stage in stages] == pytest.approx([1] * len(stages))
    assert explain.is_alike(stages)


def test_random_weights_reach_frozen_layers_and_spare_statistics():
    model = seeded(smooth)
    for layer in model.layers:
        layer.trainable = False
    seen = []
    explain.randomization_test(model, lambda: seen.append([np.array(v.value) for v in model.weights]) or X, draws=1)
    names = [variable.name for variable in model.weights]
    for name, first, last in zip(names, seen[0], seen[-1]):
        assert np.array_equal(first, last) == (name.startswith("moving") or not first.any()), name


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ([1, 2, 3, 4], [10, 20, 30, 40], 1),
        ([1, 2, 3, 4], [4, 3, 2, 1], -1),
        ([1, 2, 3, 4, 5], [2, 1, 4, 3, 5], 0.8),  # 1 - 6 Σ d² / (n (n² - 1))
        ([1, 1, 2], [1, 2, 3], math.sqrt(0.75)),
        ([1, 2, 3], [5, 5, 5], 0),
    ],
)
def test_rank_correlation(a, b, expected):
    assert explain.rank_correlation(a, b) == pytest.approx(expected)


def test_an_even_explanation_cannot_be_compared():
    stages = explain.randomization_test(seeded(smooth), lambda: np.ones(5), draws=1)
    assert explain.is_alike(stages) is None


# --- the method that fits ---


@pytest.mark.parametrize(
    ("make", "examples", "method"),
    [
        (smooth, lambda: X, "integrated_gradients"),
        (convolution, images, "grad_cam"),
        (bag_of_words, lambda: TOKENS, "gradient_x_input"),
        (transformer, series, "attention"),
        (two_inputs, lambda: [X[:, :2], X[:, :3]], "integrated_gradients"),
    ],
)
def test_default_method(make, examples, method):
    model = seeded(make)
    assert explain.default_method(model, examples()) == method
    for name in explain.methods_for(model, examples()):
        if name not in ("permutation", "shap"):
            assert len(explain.explain(model, examples(), method=name, steps=None).outputs) == 2


def test_targets_make_it_permutation():
    model = linear()
    model.compile("sgd", "mse")
    assert isinstance(explain.explain(model, X, X @ W, steps=2), explain.Importance)


# --- predictions ---


@pytest.mark.parametrize(
    ("activation", "loss", "row", "expected"),
    [
        ("softmax", None, [0.2, 0.7, 0.1], (1, 0.7, False)),
        (None, None, [2.0, 5.0, 1.0], (1, None, False)),
        (
            None,
            nbkeras.losses.SparseCategoricalCrossentropy(from_logits=True),
            [0.0, math.log(3), 0.0],
            (1, 0.6, False),
        ),
        ("sigmoid", None, [0.2], (0, 0.8, True)),
        (None, nbkeras.losses.BinaryCrossentropy(from_logits=True), [math.log(4)], (1, 0.8, True)),
        (None, "mse", [0.7], (0, None, False)),
    ],
)
def test_predictions(activation, loss, row, expected):
    model = nbkeras.Sequential([layers.Input((4,)), layers.Dense(len(row), activation=activation)])
    if loss is not None:
        model.compile("sgd", loss)
    (found,) = predictions(model, np.array([row]))
    place, confidence, binary = expected
    assert (found.place, found.binary) == (place, binary)
    assert found.confidence == (None if confidence is None else pytest.approx(confidence))


# --- mistakes ---


def two_outputs():
    x = layers.Input((4,))
    return nbkeras.Model(x, [layers.Dense(1, name="a")(x), layers.Dense(1, name="b")(x)], name="net")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: explain.explain(two_outputs(), X),
            "an explanation is of one output, .* has 2: a, b; make a model of one",
        ),
        (
            lambda: explain.integrated_gradients(linear(), X, target=1),
            r"target expects 0, for its only output: .* got 1",
        ),
        (
            lambda: explain.integrated_gradients(smooth(), X, target=3),
            "target expects an integer from 0 to 2: .* got 3",
        ),
        (
            lambda: explain.integrated_gradients(linear(), X, baseline=np.zeros(3)),
            r"baseline expects .* \(4,\), .* \(3,\)",
        ),
        (lambda: explain.integrated_gradients(bag_of_words(), TOKENS), "reads whole numbers; gradient_x_input and"),
        (lambda: explain.grad_cam(linear(), X), "grad_cam expects a model with a convolution, .* has none"),
        (lambda: explain.grad_cam(convolution(), images(), layer="third"), "has no layer 'third'; it has first"),
        (lambda: explain.attention_maps(linear(), X), "expects a layer such as MultiHeadAttention or Attention"),
        (lambda: explain.occlusion(two_inputs(), [X[:, :2], X[:, :3]]), "explains models of one input, .* has 2"),
        (lambda: explain.explain(linear(), X, method="gradcam"), "no method 'gradcam'; did you mean 'grad_cam'"),
        (
            lambda: explain.explain(linear(), X, method="grad_cam", baseline=0),
            "grad_cam takes no baseline, which is for",
        ),
        (lambda: explain.explain(linear(), X, method="permutation"), "expects inputs and targets, X y, got no targets"),
        (lambda: explain.explain(linear(), X, X, method="occlusion"), "leave out y"),
        (lambda: explain.explain(linear(), X, most=1), "at most 1 examples are explained at once, got 2; choose some"),
        (lambda: explain.explain(linear(), [["a", "b", "c", "d"]]), "expects numbers, got an array of type"),
        (lambda: explain.permutation_importance(linear(), X[:, 0], X), "expects x of shape"),
    ],
)
def test_mistakes(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# --- Shapley values ---


def exact_shapley(function, x, background):
    """Shapley values by their definition: a mean over all orders of the features, absent ones from the background."""
    features = range(len(x))

    def value(present):
        rows = background.copy()
        rows[:, list(present)] = x[list(present)]
        return float(np.mean(function(rows)))

    shares = np.zeros(len(x))
    for order in itertools.permutations(features):
        for place, feature in enumerate(order):
            shares[feature] += value(order[: place + 1]) - value(order[:place])
    return shares / math.factorial(len(x))


def test_without_the_package_the_error_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "shap", None)
    with pytest.raises(ImportError, match=r"pip install 'nbkeras\[shap\]'"):
        explain.shap_values(linear(), X)


@pytest.mark.shap
@pytest.mark.filterwarnings("ignore")  # of the package and what it brings
def test_shap_on_a_linear_model():
    background = np.random.default_rng(0).normal(size=(20, 4)).astype("float32")
    found = explain.shap_values(linear(), X, background=background)
    np.testing.assert_allclose(found.attributions, W[:, 0] * (X - background.mean(0)), rtol=1e-4, atol=1e-5)
    against = explain.integrated_gradients(linear(), X, baseline=background.mean(0))
    np.testing.assert_allclose(found.attributions, against.attributions, rtol=1e-4, atol=1e-5)


@pytest.mark.shap
@pytest.mark.filterwarnings("ignore")
def test_shap_adds_up_and_comes_near_the_definition():
    model = seeded(smooth)
    background = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
    found = explain.shap_values(model, X, target=1, background=background, evaluations=2000)
    assert found.residual.max() < 1e-3
    for row, x in enumerate(X):
        exact = exact_shapley(lambda rows: model(rows)[:, 1], x, background)
        np.testing.assert_allclose(found.attributions[row], exact, atol=0.02)
