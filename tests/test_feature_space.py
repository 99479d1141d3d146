"""`FeatureSpace` against real Keras: results, symbolic outputs, files, training, and errors."""

import numpy as np
import pytest

import nbkeras
from nbkeras import models
from nbkeras.data import Dataset
from nbkeras.utils import FeatureSpace
from tests.cases.feature_spaces import TABLE
from tests.closeness import assert_close, assert_same_config
from tests.references.feature_spaces import columns_of, measure_feature_space
from tests.references.libraries import flatten
from tests.references.rows import expected, rows


def adapted(case):
    nbkeras.backend.clear_session()
    space = case.build(nbkeras)
    space.adapt(columns_of(case))
    return space


@rows("feature_spaces")
def test_equals_keras(table, case):
    facts, reference = measure_feature_space(adapted(case), case), expected(table, case)
    for name in ("rows", "row"):
        assert_close(facts[name], reference[name], name)
    assert facts["symbolic"] == reference["symbolic"]
    assert facts["inputs"] == reference["inputs"]
    assert_same_config(facts["config"], reference["config"], ())


@rows("feature_spaces")
def test_file_round_trip(table, case, tmp_path):
    space = adapted(case)
    space.save(tmp_path / "space.keras")
    again = models.load_model(tmp_path / "space.keras")
    for a, b in zip(flatten(space(columns_of(case))), flatten(again(columns_of(case))), strict=True):
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b))


@rows("feature_spaces")
def test_forms_of_data(table, case):
    """Dictionaries of lists, datasets of rows and datasets of batches teach the same."""
    whole = adapted(case)
    columns = columns_of(case)
    for data in (
        {name: values.tolist() for name, values in columns.items()},
        Dataset.from_tensor_slices(columns),
        Dataset.from_tensor_slices(columns).batch(32),
        [{name: values[at : at + 32] for name, values in columns.items()} for at in (0, 32)],
    ):
        space = case.build(nbkeras)
        space.adapt(data)
        for a, b in zip(flatten(space(columns)), flatten(whole(columns)), strict=True):
            np.testing.assert_array_equal(np.asarray(a), np.asarray(b))


def test_training():
    """A model on prepared data, and one on raw data that holds the preparation, are the same."""
    columns = {name: TABLE[name] for name in ("age", "job", "rooms")}
    kinds = {"age": "float_normalized", "job": "string_categorical", "rooms": "integer_categorical"}
    space = FeatureSpace(kinds, crosses=[("job", "rooms")], crossing_dim=8)
    space.adapt(columns)
    encoded = space.get_encoded_features()
    outputs = nbkeras.layers.Dense(1, activation="sigmoid")(encoded)
    training = nbkeras.Model(encoded, outputs)
    inference = nbkeras.Model(space.get_inputs(), outputs)
    training.compile("adam", "binary_crossentropy")
    data = Dataset.from_tensor_slices((columns, (TABLE["age"] > 40).astype("float32"))).batch(10)
    loss = training.fit(data.map(lambda x, y: (space(x), y)), epochs=20, verbose=0).history["loss"]
    assert loss[-1] < loss[0]
    assert_close(inference.predict(columns, verbose=0), training.predict(np.asarray(space(columns)), verbose=0))


def test_text_column():
    """The example of Keras' documentation, at which Keras 3.15 itself fails: its vectors have an axis too many."""
    text = FeatureSpace.feature("string", nbkeras.layers.TextVectorization(output_mode="tf_idf"), "float")
    space = FeatureSpace({"text": text, "age": "float"})
    columns = {name: TABLE[name] for name in ("text", "age")}
    space.adapt(columns)
    assert space.get_encoded_features().shape == (None, 8)
    assert np.asarray(space(columns)).shape == (50, 8)


ERRORS = {
    "no features": (lambda: FeatureSpace({}), "expects features as a dictionary"),
    "kind": (lambda: FeatureSpace({"a": "number"}), "column 'a' expects one of the kinds float, "),
    "mode": (lambda: FeatureSpace({"a": "float"}, output_mode="list"), "output_mode must be 'concat' or 'dict'"),
    "cross": (lambda: FeatureSpace({"a": "float"}, crosses=[("a", "b")]), r"crosses name the columns \['b'\]"),
    "mode of a column": (lambda: FeatureSpace.string_hashed(3, output_mode="hot"), "output_mode must be one of 'int'"),
    "unadapted": (lambda: FeatureSpace({"a": "float_normalized"})({"a": [1.0]}), "must see data first: call adapt"),
    "array": (lambda: FeatureSpace({"a": "float"})(np.ones(3)), "expects a dictionary of columns, got ndarray"),
    "missing": (lambda: FeatureSpace({"a": "float"})({"b": [1.0]}), r"expects the columns \['a'\], got \['b'\]"),
    "data": (lambda: FeatureSpace({"a": "float"}).adapt(np.ones(3)), "expects a dictionary .* got ndarray; of a frame"),
    "generator": (
        lambda: FeatureSpace({"a": "float"}).adapt(iter([{"a": [1.0]}])),
        "expects a dictionary .* got list_",
    ),
    "integers joined": (
        lambda: FeatureSpace({"a": FeatureSpace.integer_hashed(3, output_mode="int")})({"a": [1]}),
        "joins numbers, and 'a' comes out as int64",
    ),
    "one-hot floats": (
        lambda: FeatureSpace({"a": FeatureSpace.feature("float32", nbkeras.layers.Rescaling(1.0), "one_hot")})(
            {"a": [1.0]}
        ),
        "'a' with output_mode='one_hot' must come out as integers, got float32",
    ),
}


@pytest.mark.parametrize("mistake", ERRORS)
def test_errors(mistake):
    call, message = ERRORS[mistake]
    with pytest.raises(ValueError, match=message):
        call()
