"""Batches from everything that `fit` takes: shapes, dtypes, order, epochs, and errors that say where."""

import numpy as np
import pandas as pd
import pytest

import nbkeras
from nbkeras import data
from nbkeras.data import array_batches

ROWS = 10
X = np.arange(ROWS * 3, dtype="float32").reshape(ROWS, 3)
Y = np.arange(ROWS)


def epoch(*args, **options):
    return list(data.adapter(*args, **options))


def rows_of(batches, part=1):
    return np.concatenate([batch[part] for batch in batches]).tolist()


def described(structure):
    return nbkeras.tree.map_structure(lambda a: None if a is None else (a.shape, a.dtype.name), structure)


class Loader:
    """What PyTorch's `DataLoader` looks like from outside."""

    batch_size = 5

    def __len__(self):
        return 2

    def __iter__(self):
        return ([X[i : i + 5], Y[i : i + 5]] for i in (0, 5))


class Dataset(data.PyDataset):
    def __init__(self, batches=3, **options):
        super().__init__(**options)
        self.batches = batches
        self.calls = []

    def __len__(self):
        return self.batches

    def __getitem__(self, index):
        self.calls.append(index)
        return X[index : index + 1], Y[index : index + 1]

    def on_epoch_begin(self):
        self.calls.append("begin")

    def on_epoch_end(self):
        self.calls.append("end")


def generated(count):
    return ((X[i : i + 1], Y[i : i + 1]) for i in range(count))


# --- conversion -------------------------------------------------------------------------------------------------

FRAME = pd.DataFrame({"a": np.arange(ROWS) / 2, "b": np.arange(ROWS), "c": np.arange(ROWS) > 4})
CONVERSIONS = {
    "float64": (X.astype("float64"), ((10, 3), "float32")),
    "float16": (X.astype("float16"), ((10, 3), "float32")),
    "int64": (Y, ((10,), "int32")),
    "int64 beyond int32": (Y + 2**40, ((10,), "int64")),
    "uint8": (Y.astype("uint8"), ((10,), "uint8")),
    "bool": (Y > 3, ((10,), "bool")),
    "list of numbers": ([1.0, 2.0], ((2,), "float32")),
    "list of lists": ([[1, 2], [3, 4], [5, 6]], ((3, 2), "int32")),
    "objects that are numbers": (X.astype(object), ((10, 3), "float32")),
    "frame": (FRAME, ((10, 3), "float32")),
    "frame of integers": (FRAME[["b"]], ((10, 1), "int32")),
    "frame of booleans": (FRAME[["c"]], ((10, 1), "bool")),
    "frame with nullable integers": (pd.DataFrame({"a": pd.array([1, 2], "Int64")}), ((2, 1), "float32")),
    "series": (FRAME["a"], ((10, 1), "float32")),
    "dictionary": ({"u": X, "v": Y}, {"u": ((10, 3), "float32"), "v": ((10,), "int32")}),
    "list of arrays": ([X, Y], [((10, 3), "float32"), ((10,), "int32")]),
    "tuple of arrays": ((X, Y), (((10, 3), "float32"), ((10,), "int32"))),
}


@pytest.mark.parametrize("name", CONVERSIONS)
def test_conversion(name):
    x, expected = CONVERSIONS[name]
    ((batch, y, weight),) = epoch(x)
    assert described(batch) == expected
    assert y is None
    assert weight is None


def test_values_survive_conversion():
    ((batch, _, _),) = epoch(FRAME)
    assert np.array_equal(batch, np.stack([FRAME["a"], FRAME["b"], FRAME["c"]], axis=1))


def test_float32_is_not_copied():
    assert np.shares_memory(epoch(X)[0][0], X)


def test_memory_map_is_read_in_parts(tmp_path, monkeypatch):
    monkeypatch.setattr(array_batches, "GATHERED_BYTES", 4 * 3 * 8)
    held = np.memmap(tmp_path / "x", dtype="float64", mode="w+", shape=X.shape)
    held[:] = X
    for shuffle in (False, True):
        batches = epoch(held, Y, batch_size=4, shuffle=shuffle)
        assert {type(x) for x, _, _ in batches} == {np.ndarray}
        assert {x.dtype.name for x, _, _ in batches} == {"float32"}
        assert np.array_equal(np.concatenate([x for x, _, _ in batches]), X[rows_of(batches)])


# --- arrays -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "sizes"),
    [
        ({}, [10]),
        ({"batch_size": 4}, [4, 4, 2]),
        ({"batch_size": 5}, [5, 5]),
        ({"batch_size": 100}, [10]),
        ({"steps": 3}, [4, 4, 2]),  # as Keras: the rows are divided among the steps
    ],
)
def test_sizes_of_batches(options, sizes):
    batches = data.adapter(X, Y, **options)
    assert [len(x) for x, _, _ in batches] == sizes
    assert batches.num_batches == len(sizes)


@pytest.mark.parametrize("at_once", [1, 4 * 4 * 4, 2**20])
def test_shuffled_rows_stay_together(monkeypatch, at_once):
    monkeypatch.setattr(array_batches, "GATHERED_BYTES", at_once)
    nbkeras.set_seed(3)
    batches = data.adapter({"u": X, "v": Y}, {"t": Y}, sample_weight={"t": Y + 0.5}, batch_size=4, shuffle=True)
    first, second = list(batches), list(batches)
    orders = [np.concatenate([y["t"] for _, y, _ in made]).tolist() for made in (first, second)]
    assert orders[0] != orders[1]
    for made, order in zip((first, second), orders, strict=True):
        assert sorted(order) == list(range(ROWS))
        assert order != sorted(order)
        assert np.array_equal(np.concatenate([x["u"] for x, _, _ in made]), X[order])
        assert np.array_equal(np.concatenate([x["v"] for x, _, _ in made]), order)
        assert np.array_equal(np.concatenate([w["t"] for _, _, w in made]), np.array(order) + 0.5)
    nbkeras.set_seed(3)
    assert np.concatenate([y["t"] for _, y, _ in batches]).tolist() == orders[0]


def test_shuffle_batch_keeps_rows_in_their_batch():
    nbkeras.set_seed(0)
    batches = [set(y.tolist()) for _, y, _ in epoch(X, Y, batch_size=4, shuffle="batch")]
    assert batches == [{0, 1, 2, 3}, {4, 5, 6, 7}, {8, 9}]
    assert rows_of(epoch(X, Y, batch_size=4, shuffle="batch")) != Y.tolist()


def test_batches_do_not_alias_each_other():
    """A backend may hold on to a batch: the next epoch must not write into it."""
    batches = data.adapter(X, Y, batch_size=4, shuffle=True)
    kept = [x for x, _, _ in batches]
    copies = [x.copy() for x in kept]
    list(batches)
    assert all(np.array_equal(x, copy) for x, copy in zip(kept, copies, strict=True))


def test_first_batch_is_not_used_up():
    for source in (data.adapter(X, Y, batch_size=4), data.adapter(generated(3)), data.adapter(Loader())):
        first = source.first_batch()
        assert np.array_equal(next(iter(source))[0], first[0])


def taken(batches, most):
    """The batches of an epoch, taken `most` at a time, and how many came each time."""
    take, found, counts = batches.begin_epoch(), [], []
    while (part := take(most)) is not None:
        (x, y, weight), count = part
        size = -(-len(y) // count)
        found += [(x[i : i + size], y[i : i + size], weight) for i in range(0, len(y), size)]
        counts.append(count)
    return found, counts


@pytest.mark.parametrize(
    ("options", "most", "counts"),
    [
        ({"batch_size": 3}, 2, [2, 1, 1]),  # the last one is shorter, and comes by itself
        ({"batch_size": 3}, 100, [3, 1]),
        ({"batch_size": 5}, 100, [2]),
        ({"batch_size": 3, "shuffle": True}, 100, [3, 1]),
        ({"batch_size": 3, "shuffle": "batch"}, 2, [2, 1, 1]),
        ({"batch_size": 100}, 2, [1]),
    ],
)
def test_batches_that_lie_in_a_row_can_be_taken_at_once(options, most, counts):
    nbkeras.set_seed(1)
    one_by_one = epoch(X, Y, **options)
    nbkeras.set_seed(1)
    batches = data.adapter(X, Y, **options)
    found, how_many = taken(batches, most)
    assert how_many == counts
    for (x, y, _), (x1, y1, _) in zip(found, one_by_one, strict=True):
        assert np.array_equal(x, x1)
        assert np.array_equal(y, y1)
    assert len(taken(batches, most)[0]) == len(found)


def test_steps_bound_what_is_taken_at_once():
    batches = data.adapter(X, Y, batch_size=2, steps=2)
    orders = [[y.tolist() for _, y, _ in taken(batches, 100)[0]] for _ in range(2)]
    assert orders == [[[0, 1], [2, 3]], [[4, 5], [6, 7]]]


def test_streams_give_one_batch_at_a_time():
    assert taken(data.adapter(generated(3)), 100)[1] == [1, 1, 1]


@pytest.mark.parametrize("shuffle", [False, True])
def test_no_more_is_brought_to_hand_than_a_block(tmp_path, monkeypatch, shuffle):
    """A memory map may be larger than the memory."""
    monkeypatch.setattr(array_batches, "GATHERED_BYTES", 4 * X[:1].nbytes)
    held = np.memmap(tmp_path / "x", dtype="float32", mode="w+", shape=X.shape)
    held[:] = X
    take = data.adapter(held, batch_size=2, shuffle=shuffle).begin_epoch()
    sizes = [len(part[0][0]) for part in iter(lambda: take(100), None)]
    assert sizes == [4, 4, 2]


# --- epochs -----------------------------------------------------------------------------------------------------


def epochs(batches, count):
    return [[int(y[0]) for _, y, _ in batches] for _ in range(count)]


def test_steps_go_on_where_the_last_epoch_stopped():
    assert epochs(data.adapter(generated(6), steps=2), 3) == [[0, 1], [2, 3], [4, 5]]
    assert epochs(data.adapter(X, Y, batch_size=2, steps=5), 2) == [[0, 2, 4, 6, 8]] * 2


def test_data_that_runs_out_ends_the_epoch():
    batches = data.adapter(X, Y, batch_size=2, steps=3)
    with pytest.warns(UserWarning, match="ran out after 2 of 3 steps"):
        assert epochs(batches, 3) == [[0, 2, 4], [6, 8], [0, 2, 4]]


@pytest.mark.parametrize("steps", [None, 3])
def test_a_generator_cannot_start_again(steps):
    batches = data.adapter(generated(3), steps=steps)
    assert epochs(batches, 1) == [[0, 1, 2]]
    with pytest.raises(ValueError, match="generator has ended and cannot start again"):
        list(batches)


def test_other_iterables_start_again():
    pairs = [(X[:5], Y[:5]), (X[5:], Y[5:])]
    for source in (pairs, Loader()):
        batches = data.adapter(source)
        assert epochs(batches, 2) == [[0, 5]] * 2
        assert batches.num_batches == 2


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("shuffle", [False, True])
def test_dataset(workers, shuffle):
    nbkeras.set_seed(2)
    batches = data.adapter(Dataset(8, workers=workers), shuffle=shuffle)
    first, second = epochs(batches, 2)
    assert sorted(first) == list(range(8))
    assert (first == second) is (not shuffle)
    assert batches.num_batches == 8


def test_dataset_is_told_of_epochs():
    dataset = Dataset(2)
    model = nbkeras.Sequential([nbkeras.layers.Dense(1)])
    model.compile("sgd", "mse")
    model.fit(dataset, epochs=2, shuffle=False, verbose=0)
    assert dataset.calls == ["begin", 0, "end", "begin", 0, 1, "end", "begin", 0, 1, "end"]  # as Keras: one look first


def test_dataset_without_an_end():
    class Endless(Dataset):
        num_batches = None

    for workers in (1, 2):
        assert epochs(data.adapter(Endless(workers=workers), steps=2), 2) == [[0, 1], [2, 3]]


def test_error_in_a_worker_arrives():
    class Broken(Dataset):
        def __getitem__(self, index):
            raise KeyError(index)

    with pytest.raises(KeyError):
        list(data.adapter(Broken(workers=2)))


def test_parts_of_a_batch():
    for batch, expected in [
        (X, (X, None, None)),
        ((X,), (X, None, None)),
        ((X, Y), (X, Y, None)),
        ([X, Y, Y], (X, Y, Y)),
        ({"u": X}, ({"u": X}, None, None)),
    ]:
        assert data.unpack_x_y_sample_weight(batch) == expected
    assert data.pack_x_y_sample_weight(X) is X
    assert data.pack_x_y_sample_weight([X]) == ([X],)
    assert data.pack_x_y_sample_weight(X, Y) == (X, Y)
    assert data.pack_x_y_sample_weight(X, Y, Y) == (X, Y, Y)


# --- weights and splits -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("y", [Y % 3, (Y % 3)[:, None], np.eye(3)[Y % 3], (Y % 3).astype("float32")])
def test_class_weight(y):
    expected = np.array([1.0, 5.0, 0.5], "float32")[Y % 3]
    for batches in (epoch(X, y, class_weight={1: 5.0, 2: 0.5}), epoch([(X, y)], class_weight={1: 5.0, 2: 0.5})):
        ((_, _, weight),) = batches
        assert weight.dtype == "float32"
        assert np.array_equal(weight, expected)


def test_split_takes_the_last_rows():
    train, held_out = data.train_validation_split({"u": X}, [Y, Y], None, validation_split=0.25)
    assert train[0]["u"].tolist() == X[:7].tolist()
    assert held_out[0]["u"].tolist() == X[7:].tolist()
    assert [part.tolist() for part in held_out[1]] == [[7, 8, 9]] * 2
    assert train[2] is held_out[2] is None


# --- errors -----------------------------------------------------------------------------------------------------

BAD = X.copy()
BAD[3, 1] = np.nan
TEXT = X.astype(object)
TEXT[2, 1] = "tall"
ERRORS = {
    "lengths": (lambda: data.adapter(X, Y[:9]), "but x has 10, y has 9"),
    "lengths in a structure": (lambda: data.adapter({"u": X, "v": X[:9]}), "but x['u'] has 10, x['v'] has 9"),
    "NaN": (lambda: data.adapter(BAD, Y), "x[3, 1] is NaN; drop"),
    "NaN in y": (lambda: data.adapter(X, [Y, BAD]), "y[1][3, 1] is NaN; drop"),
    "NaN in a frame": (lambda: data.adapter(pd.DataFrame(BAD), Y), "x[3, 1] is NaN"),
    "NaN in a batch": (lambda: data.adapter([(BAD, Y)]).first_batch(), "x[3, 1] is NaN"),
    "text": (lambda: data.adapter(np.array(["a", "b"]), Y[:2]), "x expects numbers, got 'a' in row 0; turn text"),
    "text among numbers": (lambda: data.adapter(TEXT, Y), "got 'tall' in row 2, column 1"),
    "text in a frame": (
        lambda: data.adapter(pd.DataFrame({"age": [1], "sex": ["f"]}), Y[:1]),
        "x expects numbers, but its column 'sex' holds 'f'; turn text",
    ),
    "dates in a frame": (
        lambda: data.adapter(pd.DataFrame({"day": pd.to_datetime(["2024-01-01"])}), Y[:1]),
        "its column 'day' holds a Timestamp; convert it to numbers",
    ),
    "text in a list": (lambda: data.adapter(X, ["cat"] * 10), "y expects numbers, got 'cat' in row 0"),
    "ragged rows": (lambda: data.adapter([[1, 2], [3]], Y[:2]), "expects rows of one length"),
    "scalar": (lambda: data.adapter(np.float32(3)), "got the scalar 3.0"),
    "no rows": (lambda: data.adapter(X[:0], Y[:0]), "at least one row"),
    "y beside a dataset": (lambda: data.adapter(Dataset(), Y), "y cannot be given beside a Dataset"),
    "weights beside a generator": (lambda: data.adapter(generated(1), sample_weight=Y), "beside a generator"),
    "empty generator": (lambda: data.adapter(generated(0)).first_batch(), "at least one batch"),
    "empty dataset": (lambda: data.adapter(Dataset(0)).first_batch(), "at least one batch"),
    "four parts": (lambda: data.adapter([(X, X, X, Y)]).first_batch(), "got 4 parts"),
    "both weights": (lambda: data.adapter(X, Y, Y, class_weight={0: 1.0}), "exclude each other"),
    "class_weight of two outputs": (lambda: data.adapter(X, [Y, Y], class_weight={0: 1.0}), "one output"),
    "class_weight as text": (lambda: data.adapter(X, Y, class_weight="balanced"), "expects a dictionary"),
    "class_weight without y": (lambda: data.adapter(X, class_weight={0: 1.0}), "needs targets"),
    "no steps": (lambda: data.adapter(X, Y, batch_size=2, steps=0), "1 or more"),
    "neither": (lambda: data.adapter(3.0), "x expects arrays"),
    "split leaves nothing": (lambda: data.train_validation_split(X, Y, validation_split=0.99), "leaves 0 for training"),
    "split of too few": (lambda: data.train_validation_split(X[:1], Y[:1], validation_split=0.1), "of 1 rows"),
    "split of a generator": (lambda: data.train_validation_split(generated(3)), "needs arrays, got a generator"),
    "split beyond 1": (lambda: data.train_validation_split(X, Y, validation_split=1.5), "between 0 and 1"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_error(name):
    make, message = ERRORS[name]
    with pytest.raises(ValueError) as caught:
        make()
    assert message in str(caught.value)


def test_infinity_is_a_warning():
    x = X.copy()
    x[1, 2] = np.inf
    with pytest.warns(UserWarning, match=r"x\[1, 2\] is infinite, and makes"):
        data.adapter(x, Y)


def test_large_numbers_are_no_infinity():
    data.adapter(np.full((4, 2), 3e38, "float32"), Y[:4])  # their sum is beyond float32


def test_nan_may_be_predicted():
    assert np.isnan(epoch(BAD)[0][0]).sum() == 1
