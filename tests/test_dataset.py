"""The methods of a dataset, against what `tf.data` documents; and datasets in training."""

import numpy as np
import pytest

import nbkeras
from nbkeras.data import AUTOTUNE, Dataset

FIVE = Dataset.range(5)
PAIRS = Dataset.from_tensor_slices((np.arange(5), ["a", "b", "c", "d", "e"]))


def plain(dataset):
    """The elements as lists, numbers and texts."""

    def leaf(value):
        if isinstance(value, (tuple, list)):
            return tuple(map(leaf, value))
        return (
            {key: leaf(item) for key, item in value.items()} if isinstance(value, dict) else np.asarray(value).tolist()
        )

    return [leaf(element) for element in dataset]


ELEMENTS = {
    "range": (FIVE, [0, 1, 2, 3, 4], 5),
    "range from": (Dataset.range(2, 8, 3), [2, 5], 2),
    "slices": (PAIRS.take(2), [(0, "a"), (1, "b")], 2),
    "slices of dictionaries": (
        Dataset.from_tensor_slices({"x": [1, 2], "y": [0.5, 1.5]}),
        [{"x": 1, "y": 0.5}, {"x": 2, "y": 1.5}],
        2,
    ),
    "one": (Dataset.from_tensors([1, 2]), [[1, 2]], 1),
    "generator": (Dataset.from_generator(lambda: iter([(1, [2.0])])), [(1, [2.0])], -2),
    "batch": (FIVE.batch(2), [[0, 1], [2, 3], [4]], 3),
    "batch of pairs": (PAIRS.batch(4), [([0, 1, 2, 3], ["a", "b", "c", "d"]), ([4], ["e"])], 2),
    "whole batches": (FIVE.batch(2, drop_remainder=True), [[0, 1], [2, 3]], 2),
    "unbatch": (FIVE.batch(2).unbatch(), [0, 1, 2, 3, 4], -2),
    "map": (FIVE.map(lambda x: x * 2, num_parallel_calls=AUTOTUNE), [0, 2, 4, 6, 8], 5),
    "map of pairs": (PAIRS.map(lambda x, y: {y: x}).take(1), [{"a": 0}], 1),
    "filter": (FIVE.filter(lambda x: x % 2 == 1), [1, 3], -2),
    "filter of pairs": (PAIRS.filter(lambda x, y: y == "c"), [(2, "c")], -2),
    "enumerate": (FIVE.skip(3).enumerate(start=7), [(7, 3), (8, 4)], 2),
    "take more": (FIVE.take(9), [0, 1, 2, 3, 4], 5),
    "take all": (FIVE.take(-1), [0, 1, 2, 3, 4], 5),
    "skip": (FIVE.skip(3), [3, 4], 2),
    "skip more": (FIVE.skip(7), [], 0),
    "repeat": (FIVE.take(2).repeat(2), [0, 1, 0, 1], 4),
    "endless": (FIVE.repeat().take(7), [0, 1, 2, 3, 4, 0, 1], 7),
    "concatenate": (FIVE.take(1).concatenate(FIVE.skip(4)), [0, 4], 2),
    "zip": (Dataset.zip(FIVE, PAIRS.take(1)), [(0, (0, "a"))], 1),
    "zip of a tuple": (Dataset.zip((FIVE, FIVE.skip(3))), [(0, 3), (1, 4)], 2),
    "prefetch": (FIVE.prefetch(AUTOTUNE), [0, 1, 2, 3, 4], 5),
    "padded": (Dataset.from_generator(lambda: ([1] * n for n in (1, 3))).padded_batch(2), [[[1, 0, 0], [1, 1, 1]]], -2),
}


@pytest.mark.parametrize("name", ELEMENTS)
def test_elements(name):
    dataset, elements, cardinality = ELEMENTS[name]
    assert plain(dataset) == plain(dataset) == elements  # each pass begins anew
    assert dataset.cardinality() == cardinality
    if cardinality >= 0:
        assert len(dataset) == cardinality


def test_shuffle():
    seeded = [plain(Dataset.range(50).shuffle(50, seed=seed)) for seed in (1, 1, 2)]
    assert seeded[0] == seeded[1] != seeded[2]
    assert sorted(seeded[0]) == list(range(50))
    dataset = Dataset.range(50).shuffle(50, seed=1)
    assert plain(dataset) != plain(dataset)
    fixed = Dataset.range(50).shuffle(50, reshuffle_each_iteration=False)
    assert plain(fixed) == plain(fixed)


def test_a_small_buffer_keeps_elements_near():
    """What comes out at place `i` is among the first `i + buffer_size` elements."""
    assert all(x < place + 4 for place, x in enumerate(plain(Dataset.range(100).shuffle(4, seed=0))))


def test_shuffle_follows_the_seed_of_the_session():
    def order():
        nbkeras.utils.set_random_seed(3)
        return plain(Dataset.range(50).shuffle(50))

    assert order() == order()


def test_state():
    """A dataset that takes the state of an equal one goes on as that does."""
    first, second = (Dataset.range(30).shuffle(30, seed=5).batch(4) for _ in range(2))
    for _ in range(3):
        plain(first)
    second.set_state(first.get_state())
    assert plain(first) == plain(second)


def test_cache():
    calls = []
    dataset = FIVE.map(lambda x: calls.append(x) or x).cache()
    next(iter(dataset))
    assert len(calls) == 1  # a pass that was broken off is not kept
    assert plain(dataset) == plain(dataset) == [0, 1, 2, 3, 4]
    assert len(calls) == 6


def test_split():
    left, right = nbkeras.utils.split_dataset(PAIRS.batch(2), left_size=0.6)
    assert plain(left) == [([0, 1], ["a", "b"]), ([2], ["c"])]
    assert plain(right) == [([3, 4], ["d", "e"])]
    left, right = nbkeras.utils.split_dataset(FIVE, right_size=2, shuffle=True, seed=1)
    assert sorted(plain(left.concatenate(right))) == [0, 1, 2, 3, 4]


def test_element_spec():
    spec = PAIRS.batch(2).element_spec
    assert [(item.shape, item.dtype) for item in spec] == [((None,), "int64"), ((None,), "string")]
    assert PAIRS.element_spec[1].shape == ()
    assert FIVE.batch(2, drop_remainder=True).element_spec.shape == (2,)


def test_a_look_at_the_spec_changes_no_order():
    first, second = (Dataset.range(30).shuffle(30, seed=5).batch(4) for _ in range(2))
    assert first.element_spec.shape == (None,)
    assert plain(first) == plain(second)


@pytest.mark.parametrize(
    ("dataset", "text"),
    [(FIVE, "<Dataset of 5 elements>"), (FIVE.repeat(), "<Dataset>"), (FIVE.unbatch(), "<Dataset>")],
)
def test_repr(dataset, text):
    assert repr(dataset) == text


def test_of_a_keras_layer():
    """Text comes in, indices come out, and training takes them."""
    text = Dataset.from_tensor_slices((["a b", "b", "c a"], np.ones(3, "float32")))
    vectorize = nbkeras.layers.TextVectorization(output_sequence_length=2)
    vectorize.adapt(text.map(lambda x, y: x).batch(2))
    batches = text.batch(2).map(lambda x, y: (vectorize(x), y)).cache().prefetch(AUTOTUNE)
    model = nbkeras.Sequential([nbkeras.layers.Embedding(6, 2), nbkeras.layers.Flatten(), nbkeras.layers.Dense(1)])
    model.compile("sgd", "mse")
    history = model.fit(batches, validation_data=batches, epochs=2, verbose=0).history
    assert [len(values) for values in history.values()] == [2, 2]
    assert model.evaluate(batches, verbose=0) == pytest.approx(history["val_loss"][-1])
    assert model.predict(batches.map(lambda x, y: x), verbose=0).shape == (3, 1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Dataset.from_tensor_slices((np.ones(2), np.ones(3))), r"as many rows each, got \[2, 3\]"),
        (lambda: FIVE.batch(0), "batch_size expects a positive integer, got 0"),
        (lambda: FIVE.shuffle(0), "buffer_size expects a positive integer, got 0"),
        (lambda: FIVE.cache("file"), "keeps elements in memory"),
        (lambda: plain(Dataset.from_generator(lambda: ([1] * n for n in (1, 3))).batch(2)), "or use padded_batch"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(("dataset", "told"), [(FIVE.repeat(), "infinite"), (FIVE.unbatch(), "unknown")])
def test_lengths_that_nobody_knows(dataset, told):
    with pytest.raises(TypeError, match=told):
        len(dataset)
