"""One-hot rows, unit vectors and padded sequences; the values were checked against Keras 3.15."""

import numpy as np
import pytest

from nbkeras import utils

ROWS = [[1], [2, 3, 4], [], [5, 6]]


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (lambda: utils.to_categorical([0, 2, 1]), np.eye(3)[[0, 2, 1]]),
        (lambda: utils.to_categorical([[0], [1]]), np.eye(2)),
        (lambda: utils.to_categorical(np.array([1, 2]), 4), np.eye(4)[[1, 2]]),
        (lambda: utils.normalize(np.array([3.0, 4.0])), [[0.6, 0.8]]),
        (lambda: utils.normalize(np.array([[3.0, -4.0], [0.0, 0.0]])), [[0.6, -0.8], [0.0, 0.0]]),
        (lambda: utils.normalize(np.array([[3.0, -1.0]]), order=1), [[0.75, -0.25]]),
        (lambda: utils.pad_sequences(ROWS), [[0, 0, 1], [2, 3, 4], [0, 0, 0], [0, 5, 6]]),
        (lambda: utils.pad_sequences(ROWS, maxlen=2), [[0, 1], [3, 4], [0, 0], [5, 6]]),
        (
            lambda: utils.pad_sequences(ROWS, maxlen=2, truncating="post", padding="post", value=7),
            [[1, 7], [2, 3], [7, 7], [5, 6]],
        ),
    ],
)
def test_values(result, expected):
    np.testing.assert_array_equal(result(), expected)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: utils.to_categorical([0, 3], 3), "expects classes from 0 to 2, got 3"),
        (lambda: utils.to_categorical([-1, 1]), "expects classes from 0 to 1, got -1"),
        (lambda: utils.pad_sequences([1, 2]), "expects a list of sequences, got 1 in place 0"),
        (lambda: utils.split_dataset(np.zeros(3), left_size=4), "cannot make parts of 4 and -1 rows from 3"),
        (lambda: utils.split_dataset(np.zeros(3)), "needs left_size or right_size"),
        (lambda: utils.split_dataset((np.zeros(3), np.zeros(2)), 1), r"as many rows each, got \[3, 2\]"),
        (lambda: utils.pad_sequences(ROWS, padding="left"), "padding must be 'pre' or 'post', got 'left'"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("sizes", "left", "right"),
    [
        ({"left_size": 0.7}, 7, 3),
        ({"right_size": 0.4}, 6, 4),
        ({"left_size": 2}, 2, 8),
        ({"left_size": 2, "right_size": 3}, 2, 3),
    ],
)
@pytest.mark.parametrize("shuffle", [False, True])
def test_split_dataset(sizes, left, right, shuffle):
    x = np.arange(10)
    parts = utils.split_dataset({"x": x, "y": -x}, **sizes, shuffle=shuffle, seed=1)
    assert tuple(map(len, parts)) == (left, right)
    rows = [[(int(row["x"]), -int(row["y"])) for row in part] for part in parts]
    assert len({*rows[0], *rows[1]}) == left + right  # no row twice
    assert all(a == b for a, b in rows[0] + rows[1])
    if not shuffle:
        assert [a for a, _ in rows[0]] == list(range(left))
        assert [a for a, _ in rows[1]] == list(range(10 - right, 10))
