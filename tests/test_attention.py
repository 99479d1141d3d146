"""Attention: the kernel, masks of every kind, scores, dropout, heads over several axes."""

import numpy as np
import pytest

from nbkeras import Input, Model, layers, masks
from nbkeras.backends import use_backend
from tests.cases.numbers import stream
from tests.closeness import assert_close
from tests.kernel_checks import check_fused
from tests.references.rows import BACKENDS

BATCH, QUERIES, KEYS, FEATURES = 2, 3, 5, 4
EITHER = [False, True]


def drawn(*shape, salt=0):
    return stream(salt, shape).standard_normal(shape).astype("float32")


QUERY, VALUE, KEY = drawn(BATCH, QUERIES, FEATURES), drawn(BATCH, KEYS, 2), drawn(BATCH, KEYS, FEATURES)
QUERY_MASK = np.array([[1, 0, 1], [1, 1, 0]], bool)
VALUE_MASK = np.array([[1, 1, 0, 1, 0], [1, 1, 1, 0, 0]], bool)
KEY_MASK = np.array([[1, 0, 1, 1, 0], [1, 1, 0, 1, 0]], bool)
ATTENTION_MASK = np.array([[[1, 0, 1, 1, 0], [0, 1, 1, 1, 1], [0] * 5], [[1, 1, 1, 0, 1]] * 3], bool)
CAUSAL = np.tril(np.ones((1, QUERIES, KEYS), bool))


@pytest.fixture(params=BACKENDS)
def each_backend(request):
    with use_backend(request.param):
        yield


def filled(layer, *args):
    """`layer` with drawn weights, the same for layers of the same shapes."""
    layer(*args)
    layer.set_weights([0.7 * drawn(*w.shape, salt=i) for i, w in enumerate(layer.get_weights())])
    return layer


def numpy(outputs):
    return [np.asarray(y) for y in outputs]


def masked_softmax(scores, seen):
    """Zeros for a query that sees no key."""
    p = np.exp(scores) * seen
    return p / np.maximum(p.sum(-1, keepdims=True), 1e-30)


# --- the kernel -------------------------------------------------------------------------------------------------------

KERNEL_MASKS = {
    "no mask": None,
    "of keys": VALUE_MASK[:, None, None],
    "of queries": QUERY_MASK[:, None, :, None],
    "causal": CAUSAL[None],
    "of each head": np.stack([ATTENTION_MASK, CAUSAL & VALUE_MASK[:, None]], axis=1),
    "of nothing": np.zeros((1, 1, 1, 1), bool),
}


@pytest.mark.parametrize("dropped", EITHER)
@pytest.mark.parametrize("zero_masked_rows", EITHER)
@pytest.mark.parametrize("axes", [(), (3,)], ids=["batch", "further axis"])
@pytest.mark.parametrize("mask", KERNEL_MASKS.values(), ids=KERNEL_MASKS)
def test_kernel(mask, axes, zero_masked_rows, dropped):
    shapes = (*axes, BATCH, QUERIES, 2, 3), (*axes, BATCH, KEYS, 2, 3), (*axes, BATCH, KEYS, 2, 4)
    dropout = 2.0 * (drawn(*axes, BATCH, 2, QUERIES, KEYS) > 0) if dropped else None
    args = [stream(i).standard_normal(shape) for i, shape in enumerate(shapes)]
    check_fused("attention", args, [mask, dropout], scale=0.6, zero_masked_rows=zero_masked_rows)


# --- Attention, AdditiveAttention -------------------------------------------------------------------------------------


def pairs(query, key):
    return query[:, :, None] + key[:, None]


PAIRWISE = {  # and the scores
    "dot": (layers.Attention, lambda q, k: q @ k.swapaxes(1, 2)),
    "dot scaled": (lambda **o: layers.Attention(use_scale=True, **o), lambda q, k, scale: q @ k.swapaxes(1, 2) * scale),
    "concat": (
        lambda **o: layers.Attention(score_mode="concat", **o),
        lambda q, k, weight: weight * np.tanh(pairs(q, k)).sum(-1),
    ),
    "concat scaled": (
        lambda **o: layers.Attention(True, "concat", **o),
        lambda q, k, scale, weight: weight * np.tanh(scale * pairs(q, k)).sum(-1),
    ),
    "additive": (layers.AdditiveAttention, lambda q, k, scale: (scale * np.tanh(pairs(q, k))).sum(-1)),
    "additive unscaled": (
        lambda **o: layers.AdditiveAttention(use_scale=False, **o),
        lambda q, k: np.tanh(pairs(q, k)).sum(-1),
    ),
}
pairwise = pytest.mark.parametrize(("make", "scores"), PAIRWISE.values(), ids=PAIRWISE)


def check_pairwise(make, scores, inputs, mask, causal):
    query_mask, value_mask = (None, None) if mask is None else mask[:2]
    layer = filled(make(), inputs)
    seen = np.ones((BATCH, QUERIES, KEYS), bool) if value_mask is None else value_mask[:, None]
    weights = masked_softmax(scores(QUERY, KEY, *layer.get_weights()), seen & CAUSAL if causal else seen)
    expected = weights @ inputs[1] * (1 if query_mask is None else query_mask[..., None])
    found = layer(inputs, mask=mask, return_attention_scores=True, use_causal_mask=causal)
    assert_close(numpy(found), [expected, weights])
    assert_close(np.asarray(layer(inputs, mask=mask, use_causal_mask=causal)), expected)


@pytest.mark.parametrize("causal", EITHER)
@pytest.mark.parametrize(
    ("inputs", "mask"),
    [
        ([QUERY, KEY], None),
        ([QUERY, KEY], [QUERY_MASK, VALUE_MASK]),
        ([QUERY, VALUE, KEY], [None, None]),
        ([QUERY, VALUE, KEY], [QUERY_MASK, None]),
        ([QUERY, VALUE, KEY], [None, VALUE_MASK]),
        ([QUERY, VALUE, KEY], [QUERY_MASK, VALUE_MASK, KEY_MASK]),  # as in Keras, that of the key is not used
    ],
    ids=["no mask", "masks", "key", "key and query mask", "key and value mask", "key and all masks"],
)
@pairwise
def test_pairwise(make, scores, inputs, mask, causal):
    check_pairwise(make, scores, inputs, mask, causal)


@pytest.mark.jax
@pairwise
def test_pairwise_on_jax(make, scores):
    with use_backend("jax"):
        check_pairwise(make, scores, [QUERY, VALUE, KEY], [QUERY_MASK, VALUE_MASK], causal=True)


@pairwise
def test_pairwise_dropout(make, scores):
    """The scores that are returned are those after dropout; inference drops nothing."""

    def runs(seed):
        layer = filled(make(dropout=0.5, seed=seed), [QUERY, KEY])
        return [
            layer([QUERY, KEY], training=training, return_attention_scores=True) for training in (True, True, False)
        ]

    (y, weights), (_, other), (_, kept) = runs(1)
    dropped = weights == 0
    assert 0 < dropped.sum() < dropped.size
    assert_close(weights, np.where(dropped, 0, 2 * kept))
    assert_close(y, weights @ KEY)
    assert not np.array_equal(weights, other)
    np.testing.assert_array_equal(runs(1)[0][1], weights)
    assert not np.array_equal(runs(2)[0][1], weights)


def test_a_query_that_sees_nothing_attends_equally():
    y, weights = layers.Attention()([QUERY, VALUE, KEY], mask=[None, VALUE_MASK & False], return_attention_scores=True)
    assert_close(weights, np.full((BATCH, QUERIES, KEYS), 1 / KEYS))
    assert_close(y, VALUE.mean(1, keepdims=True).repeat(QUERIES, 1))


# --- several heads ----------------------------------------------------------------------------------------------------


def headed(weights, query, value, key, seen, gated=False):
    """Attention of several heads: weights are pairs of kernel and bias for query, key, gate if any, value, output."""
    kernels, biases = list(weights[::2]), list(weights[1::2])

    def projection(x):
        return np.einsum("blf,fhs->bhls", x, kernels.pop(0)) + biases.pop(0)[:, None]

    q, k = projection(query), projection(key)
    gate = 1 / (1 + np.exp(-projection(query))) if gated else 1
    v = projection(value)
    k, v = (x.repeat(q.shape[1] // x.shape[1], axis=1) for x in (k, v))  # heads that share them
    p = masked_softmax(q @ k.swapaxes(2, 3) / np.sqrt(q.shape[-1]), seen[:, None])
    return np.tensordot((p @ v * gate).swapaxes(1, 2), kernels[0], 2) + biases[0], p


HEADED = {
    "heads": (layers.MultiHeadAttention, {"num_heads": 2, "key_dim": 3}),
    "value_dim": (layers.MultiHeadAttention, {"num_heads": 2, "key_dim": 3, "value_dim": 5}),
    "output_shape": (layers.MultiHeadAttention, {"num_heads": 1, "key_dim": 3, "output_shape": (6, 2)}),
    "gate": (layers.MultiHeadAttention, {"num_heads": 2, "key_dim": 3, "value_dim": 2, "use_gate": True}),
    "groups": (layers.GroupedQueryAttention, {"head_dim": 3, "num_query_heads": 4, "num_key_value_heads": 2}),
}
CALL_MASKS = {
    "no mask": {},
    "query": {"query_mask": QUERY_MASK},
    "value": {"value_mask": VALUE_MASK},
    "key": {"key_mask": KEY_MASK},
    "attention": {"attention_mask": ATTENTION_MASK},
    "attention of numbers": {"attention_mask": ATTENTION_MASK[:1].astype("float32")},
    "causal": {"use_causal_mask": True},
    "all": {
        "query_mask": QUERY_MASK,
        "value_mask": VALUE_MASK,
        "key_mask": KEY_MASK,
        "attention_mask": ATTENTION_MASK,
        "use_causal_mask": True,
    },
}


def visible(masks_queries, sliding_window=None, query_mask=None, use_causal_mask=False, attention_mask=None, **of_keys):
    """Which keys each query sees: (batch, queries, keys)."""
    seen = np.ones((BATCH, QUERIES, KEYS), bool)
    if query_mask is not None and masks_queries:
        seen = seen & query_mask[..., None]
    for mask in of_keys.values():
        seen = seen & mask[:, None]
    if attention_mask is not None:
        seen = seen & (attention_mask != 0)
    if sliding_window is not None:
        seen = seen & (abs(np.arange(QUERIES)[:, None] - np.arange(KEYS)) < sliding_window)
    return seen & CAUSAL if use_causal_mask else seen


def check_headed(cls, options, keywords):
    layer = filled(cls(**options), QUERY, VALUE, KEY)
    seen = visible(cls is layers.GroupedQueryAttention, options.get("sliding_window"), **keywords)
    expected, weights = headed(layer.get_weights(), QUERY, VALUE, KEY, seen, "use_gate" in options)
    found = layer(QUERY, VALUE, KEY, return_attention_scores=True, **keywords)
    assert_close(numpy(found), [expected, weights])
    y = np.asarray(layer(QUERY, VALUE, KEY, **keywords))
    sees = seen.any(-1)  # without scores, Keras lets a query that sees nothing attend equally
    assert_close(y[sees], expected[sees])


@pytest.mark.parametrize("sliding_window", [{}, {"sliding_window": 2}], ids=["no window", "window"])
@pytest.mark.parametrize("keywords", CALL_MASKS.values(), ids=CALL_MASKS)
@pytest.mark.parametrize(("cls", "options"), HEADED.values(), ids=HEADED)
def test_headed(cls, options, keywords, sliding_window):
    check_headed(cls, {**options, **sliding_window}, keywords)


@pytest.mark.jax
@pytest.mark.parametrize(("cls", "options"), HEADED.values(), ids=HEADED)
def test_headed_on_jax(cls, options):
    with use_backend("jax"):
        check_headed(cls, {**options, "sliding_window": 3}, CALL_MASKS["all"])


@pytest.mark.parametrize("mask", [None, "value_mask", "attention_mask"])
@pytest.mark.parametrize("axes", [None, (1,), (2,), 3, (-2,), (1, 2), (1, 3), (2, 3), (3, 1)])
def test_several_axes(axes, mask):
    check_axes(axes, mask)


@pytest.mark.jax
def test_several_axes_on_jax():
    with use_backend("jax"):
        check_axes((1, 3), "value_mask")


def check_axes(axes, mask):
    """Attention along some axes is that along one, with these axes as one and the others as further batches."""
    x = drawn(BATCH, 3, 4, 2, FEATURES)
    layer, plain = filled(layers.MultiHeadAttention(2, 3, attention_axes=axes), x, x), layers.MultiHeadAttention(2, 3)
    along = [a % 5 for a in ([axes] if isinstance(axes, int) else axes or (1, 2, 3))]
    rest = [a for a in range(4) if a not in along]
    order = [*rest, *along]
    batch, lengths = [x.shape[a] for a in rest], [x.shape[a] for a in along]
    n = np.prod(lengths)
    flat = x.transpose(*order, 4).reshape(-1, n, FEATURES)
    filled(plain, flat, flat)
    keywords = flat_keywords = {}
    if mask == "value_mask":
        value_mask = drawn(*x.shape[:4]) > -0.5
        keywords, flat_keywords = ({mask: m} for m in (value_mask, value_mask.transpose(order).reshape(-1, n)))
    elif mask == "attention_mask":
        seen = drawn(*batch, *lengths, *lengths) > -0.5
        keywords, flat_keywords = ({mask: m} for m in (seen, seen.reshape(-1, n, n)))
    y, weights = numpy(plain(flat, flat, return_attention_scores=True, **flat_keywords))
    y = y.reshape(*batch, *lengths, FEATURES).transpose(*np.argsort(order), 4)
    found = layer(x, x, return_attention_scores=True, **keywords)
    assert_close(numpy(found), [y, weights.reshape(*batch, 2, *lengths, *lengths)])


def test_heads_over_images_of_two_sizes():
    """Queries and keys may have axes of different lengths."""
    query, value = drawn(BATCH, 2, 3, FEATURES), drawn(BATCH, 4, 2, FEATURES)
    flat = query.reshape(BATCH, 6, FEATURES), value.reshape(BATCH, 8, FEATURES)
    layer, plain = filled(layers.MultiHeadAttention(2, 3), query, value), filled(layers.MultiHeadAttention(2, 3), *flat)
    y, weights = plain(*flat, return_attention_scores=True)
    found = layer(query, value, return_attention_scores=True)
    assert_close(found, [y.reshape(query.shape), weights.reshape(BATCH, 2, 2, 3, 4, 2)])


def test_dropout_of_heads(each_backend):
    """With equal scores and unit matrices, the output is the weights; those that are returned are before dropout."""
    query, value = np.zeros((1, 50, 4), "float32"), np.eye(4, dtype="float32")[None]

    def runs(seed):
        layer = layers.MultiHeadAttention(1, 4, dropout=0.5, use_bias=False, seed=seed)
        layer(query, value)
        layer.set_weights([np.zeros((4, 1, 4))] * 2 + [np.eye(4)[:, None], np.eye(4)[None]])
        training = {"training": True, "return_attention_scores": True}
        return numpy([*layer(query, value, **training), layer(query, value, training=True), layer(query, value)])

    first, weights, second, inference = runs(1)
    np.testing.assert_array_equal(weights, np.full((1, 1, 50, 4), 0.25))
    np.testing.assert_array_equal(inference, np.full((1, 50, 4), 0.25))
    np.testing.assert_array_equal(np.unique(first), [0, 0.5])
    assert 0.35 < first.mean() * 2 < 0.65
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(runs(1)[0], first)
    assert not np.array_equal(runs(2)[0], first)


# --- masks that travel with the inputs --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "explicit"),
    [
        (layers.Attention(), {"mask": [QUERY_MASK, VALUE_MASK]}),
        (layers.AdditiveAttention(), {"mask": [QUERY_MASK, VALUE_MASK]}),
        (layers.MultiHeadAttention(2, 3), {"query_mask": QUERY_MASK, "value_mask": VALUE_MASK}),
        (layers.GroupedQueryAttention(3, 2, 1), {"query_mask": QUERY_MASK, "value_mask": VALUE_MASK}),
    ],
    ids=lambda item: type(item).__name__ if isinstance(item, layers.Layer) else "",
)
def test_masks_of_the_inputs_count(layer, explicit):
    """They mean what the same masks do as arguments, and that of the query goes on with the output."""
    apart = "query_mask" in explicit

    def call(**keywords):
        return layer(QUERY, KEY, **keywords) if apart else layer([QUERY, KEY], **keywords)

    filled(layer, *([QUERY, KEY] if apart else [[QUERY, KEY]]))
    unmasked = call()
    with masks.scope():
        masks.set(QUERY, QUERY_MASK)
        masks.set(KEY, VALUE_MASK)
        y = call()
        np.testing.assert_array_equal(masks.get(y), QUERY_MASK)
    np.testing.assert_array_equal(y, call(**explicit))
    assert not np.allclose(y, unmasked)


@pytest.mark.parametrize("layer", [layers.Attention(), layers.MultiHeadAttention(2, 3)], ids=["dot", "heads"])
@pytest.mark.parametrize("causal", EITHER)
def test_a_model_of_open_lengths(layer, causal):
    """Masks from embeddings, lengths that are unknown until the data come."""
    embedding = layers.Embedding(6, FEATURES, mask_zero=True)
    pair = isinstance(layer, layers.Attention)

    def attend(query, value):
        return layer(*([[query, value]] if pair else [query, value]), use_causal_mask=causal)

    inputs = Input((None,), dtype="int32"), Input((None,), dtype="int32")
    model = Model(inputs, attend(*map(embedding, inputs)))
    words = [mask * stream("words").randint(1, 6, mask.shape) for mask in (QUERY_MASK, VALUE_MASK)]
    with masks.scope():
        expected = attend(*map(embedding, words))
    found = model.predict(words, verbose=0)
    assert_close(found, expected)
    longer = [words[0], np.concatenate([words[1], np.zeros((BATCH, 2), int)], axis=1)]
    assert_close(model.predict(longer, verbose=0), found)  # padding changes nothing


# --- errors -----------------------------------------------------------------------------------------------------------

ERRORS = [
    (
        lambda: layers.Attention(name="it")(QUERY),
        r"Attention 'it' expects a list of inputs, \[query, value\] or \[query, value, key\], got a single one",
    ),
    (lambda: layers.Attention()([QUERY] * 4), "got 4 of them"),
    (
        lambda: layers.Attention()([QUERY, KEY], mask=VALUE_MASK),
        r"expects a list of masks, \[query_mask, value_mask\], got array",
    ),
    (
        lambda: layers.Attention(name="it")([QUERY, VALUE]),
        r"Attention 'it' expects queries and keys of one size, got shapes \(2, 3, 4\) and \(2, 5, 2\)",
    ),
    (
        lambda: layers.AdditiveAttention(name="it")([QUERY, KEY, VALUE]),
        r"AdditiveAttention 'it' expects queries and keys of one size, got shapes \(2, 3, 4\) and \(2, 5, 2\)",
    ),
    (
        lambda: layers.Attention(name="it")([KEY, KEY, QUERY]),
        r"Attention 'it' expects a key for each value, got shapes \(2, 3, 4\) and \(2, 5, 4\)",
    ),
    (lambda: layers.Attention(score_mode="cosine"), "score_mode must be 'dot' or 'concat', got 'cosine'"),
    (lambda: layers.AdditiveAttention(dropout=-1), "dropout must be a number from 0 to 1, got -1"),
    (lambda: layers.MultiHeadAttention(0, 3), "num_heads must be a positive integer, got 0"),
    (lambda: layers.MultiHeadAttention(2, 3, sliding_window=0), "sliding_window must be a positive integer, got 0"),
    (
        lambda: layers.MultiHeadAttention(2, 3, name="it")(QUERY, KEY, QUERY),
        r"MultiHeadAttention 'it' expects a value and a key that differ in the last axis only, got \(2, 5, 4\) and ",
    ),
    (
        lambda: layers.MultiHeadAttention(2, 3, name="it")(QUERY[0], KEY),
        r"MultiHeadAttention 'it' expects a query of shape \(batch, …, features\), got \(3, 4\)",
    ),
    (
        lambda: layers.MultiHeadAttention(2, 3, name="it")(QUERY, KEY, value_mask=QUERY_MASK),
        r"expects value_mask to fit weights of shape \(…, heads, queries, keys\) = \(2, 2, 3, 5\), got .* \(2, 3\)",
    ),
    (
        lambda: layers.MultiHeadAttention(2, 3)(QUERY, KEY, attention_mask=ATTENTION_MASK.swapaxes(1, 2)),
        r"expects attention_mask to fit weights of shape .* = \(2, 2, 3, 5\), got a mask of shape \(2, 5, 3\)",
    ),
    (
        lambda: layers.MultiHeadAttention(2, 3)(QUERY[:, None], KEY[:, None], use_causal_mask=True),
        r"use_causal_mask and sliding_window expect one attention axis, got \(1, 2\)",
    ),
    (
        lambda: layers.GroupedQueryAttention(3, 4, 3),
        "expects num_query_heads to be a multiple of num_key_value_heads, got 4 and 3",
    ),
]


@pytest.mark.parametrize(("call", "message"), ERRORS, ids=[message[:60] for _, message in ERRORS])
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()
