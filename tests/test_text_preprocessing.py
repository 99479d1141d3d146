"""Layers for text, categories and tables against real Keras, and what must hold of any such layer."""

import json
import zipfile

import numpy as np
import pandas
import pytest

import nbkeras
from nbkeras import layers, models, saving
from nbkeras.layers.preprocessing.farmhash import fingerprint64
from nbkeras.layers.preprocessing.siphash import siphash
from nbkeras.text import as_text
from tests.cases.preprocessing import DOCUMENTS, TEXTS, VOCABULARY
from tests.closeness import assert_close, assert_same_config
from tests.references import exchange
from tests.references.measure import plain_config
from tests.references.preparation import measure_preparation
from tests.references.rows import expected, rows


def tensor(value):
    """A nested list as an array: of objects for text, as everywhere here."""
    array = np.asarray(value)
    return as_text(value) if array.dtype.kind == "U" else array


def prepared(case):
    """The layer of a case, adapted, and a list of its inputs."""
    layer = case.build(nbkeras)
    if case.adapt is not None:
        layer.adapt(iter(case.adapt) if isinstance(case.adapt, tuple) else case.adapt)
    return layer, [tensor(item) for item in case.inputs] if case.several else [tensor(case.inputs)]


@rows("preprocessing")
def test_equals_keras(table, case):
    facts, reference = measure_preparation(nbkeras, tensor, np.asarray, case), expected(table, case)
    assert facts.get("vocabulary") == reference.get("vocabulary")
    assert facts["shape"] == reference["shape"]
    if isinstance(reference["output"], list):
        assert facts["output"] == reference["output"]
    else:
        assert_close(facts["output"], reference["output"])


@rows("preprocessing")
def test_config(table, case):
    taken = {"name", "trainable", "dtype", "sparse"}
    assert_same_config(plain_config(prepared(case)[0].get_config()), expected(table, case)["config"], taken)


@rows(
    "preprocessing",
    where=lambda case: np.ndim(case.inputs[0] if case.several else case.inputs) > 0 and not case.keywords,
)
def test_file_round_trip(table, case, tmp_path):
    """A model of the layer, and the one that comes back from a file, give what the layer gives."""
    layer, arrays = prepared(case)
    output = np.asarray(layer(arrays if case.several else arrays[0]))
    symbolic = [nbkeras.Input(batch_shape=(None, *x.shape[1:]), dtype=x.dtype) for x in arrays]
    model = nbkeras.Model(symbolic, layer(symbolic if case.several else symbolic[0]))
    model.save(tmp_path / "model.keras")
    for given in (model, models.load_model(tmp_path / "model.keras")):
        result = np.asarray(given(arrays))
        np.testing.assert_array_equal(result, output)
        assert given.output.dtype == ("string" if output.dtype == object else result.dtype.name)
        sizes = zip(given.output.shape, result.shape)
        assert len(given.output.shape) == result.ndim
        assert all(size in (None, real) for size, real in sizes)


def test_file_of_keras(tmp_path):
    """A file that real Keras wrote opens here, and comes through a file of ours, with the outputs that it had there."""
    model = models.load_model(exchange.FILE)
    model.save(tmp_path / "ours.keras")
    for given in (model, models.load_model(tmp_path / "ours.keras")):
        assert_close(given.predict(exchange.INPUTS, verbose=0), np.load(exchange.OUTPUTS))


@pytest.mark.jax
def test_jax_takes_text():
    """Steps on text run uncompiled there; what comes out are the numbers of NumPy."""
    x, y = np.array(TEXTS, object), np.arange(5.0)
    ours, jax = text_model(), text_model()
    for model in (ours, jax):
        model.predict(x, verbose=0)
    jax.set_weights(ours.get_weights())
    jax.compile("adam", "mse", backend="jax")
    histories = [model.fit(x, y, epochs=2, verbose=0, shuffle=False).history for model in (ours, jax)]
    assert_close(*histories)
    assert_close(jax.predict(x, verbose=0), ours.predict(x, verbose=0))


@pytest.mark.jax
def test_jax_gets_arrays():
    import jax

    with nbkeras.backends.use_backend("jax"):
        assert isinstance(layers.StringLookup(vocabulary=VOCABULARY)(["a"]), jax.Array)
        with pytest.raises(TypeError, match=r"reads its inputs on the host.*dataset\.map\(layer\)"):
            jax.jit(layers.Hashing(3))(np.array([1]))


@pytest.mark.parametrize(
    "text",
    [["b", "c"], np.array(["b", "c"]), np.array([b"b", b"c"]), np.array(["b", b"c"], object), ("b", "c")],
    ids=["list", "strings", "bytes", "objects", "tuple"],
)
def test_all_forms_of_text(text):
    assert layers.StringLookup(vocabulary=VOCABULARY)(text).tolist() == [2, 3]


# SipHash-2-4 of the bytes 0, 1, … under the key of the paper's test vectors (https://github.com/veorq/SipHash).
KEY = (0x0706050403020100, 0x0F0E0D0C0B0A0908)
SIPHASH = {0: 0x726FDB47DD0E0E31, 1: 0x74F839C593DC67FD, 8: 0x93F5F5799A932462, 15: 0xA129CA6149BE45E5}


def test_hashes():
    assert {n: siphash(bytes(range(n)), KEY) for n in SIPHASH} == SIPHASH
    assert fingerprint64(b"") == 11160318154034397263


def text_model(output_mode="int"):
    """Texts to numbers: a model that begins with raw text."""
    vectorize = layers.TextVectorization(output_mode=output_mode)
    vectorize.adapt(TEXTS)
    middle = [layers.Embedding(20, 4), layers.GlobalAveragePooling1D()] if output_mode == "int" else []
    model = nbkeras.Sequential([vectorize, *middle, layers.Dense(1)])
    model.compile("adam", "mse")
    return model


@pytest.mark.parametrize("output_mode", ["int", "multi_hot", "tf_idf"])
def test_training_on_text(output_mode):
    """A model that begins with text learns as one does that gets what the layer makes of it."""
    x, y = np.array([TEXTS[0], TEXTS[3], TEXTS[4], TEXTS[1]] * 4, object), np.arange(16.0)
    model = text_model(output_mode)
    model.predict(x, verbose=0)
    inner = nbkeras.models.clone_model(nbkeras.Sequential(model.layers[1:]))
    prepared_x = np.asarray(model.layers[0](x))
    inner.compile("adam", "mse")
    inner.predict(prepared_x, verbose=0)
    inner.set_weights(model.get_weights())
    histories = [
        m.fit(data, y, epochs=3, verbose=0, shuffle=False).history for m, data in ((model, x), (inner, prepared_x))
    ]
    assert_close(*histories)
    assert_close(model.predict(x.tolist(), verbose=0), inner.predict(prepared_x, verbose=0))
    assert model.fit(x, y, validation_split=0.25, verbose=0).history.keys() == {"loss", "val_loss"}
    assert model.evaluate(x, y, verbose=0) == inner_loss(model, x, y)
    assert np.isfinite(model.train_on_batch(x[:4], y[:4]))


RECORDED = {
    "integer lookup": lambda: layers.IntegerLookup(vocabulary=range(1, 9), output_mode="count"),
    "hashing": lambda: layers.Hashing(6, output_mode="multi_hot"),
    "categories": lambda: layers.CategoryEncoding(12, output_mode="count"),
    "bins": lambda: layers.Discretization([2.0, 5.0, 7.0], output_mode="one_hot"),
}


@pytest.mark.parametrize("name", RECORDED)
def test_steps_that_replay_themselves(name):
    """What a layer looks up is looked up anew in each step: with other numbers the outputs are others."""
    x, y = np.random.RandomState(0).randint(0, 12, (40, 3)), np.random.RandomState(1).standard_normal(40)
    histories = []
    for eagerly in (True, False):
        model = nbkeras.Sequential([RECORDED[name](), layers.Flatten(), layers.Dense(1)])
        model.build((None, 3))
        weights = np.random.RandomState(2).standard_normal
        model.set_weights([weights(w.shape) for w in model.weights])
        model.compile("sgd", "mse", run_eagerly=eagerly)
        histories.append(model.fit(x, y, batch_size=8, epochs=4, shuffle=False, verbose=0).history)
    assert_close(*histories)


def inner_loss(model, x, y):
    return pytest.approx(float(np.mean((model.predict(x, verbose=0)[:, 0] - y) ** 2)), rel=1e-5)


def test_text_in_frames():
    column = pandas.Series(TEXTS)
    model = text_model()
    np.testing.assert_array_equal(model.predict(column, verbose=0), model.predict(TEXTS, verbose=0))


def test_vocabulary_file(tmp_path):
    path = tmp_path / "words.txt"
    path.write_text("a\nb\nc\n", encoding="utf-8")
    layer = layers.StringLookup(vocabulary=str(path))
    assert layer.get_vocabulary() == ["[UNK]", *VOCABULARY]
    assert layer.get_config()["vocabulary"] is None
    assert layers.IntegerLookup(vocabulary=_numbers(tmp_path)).get_vocabulary() == [-1, 3, -4]


def _numbers(folder):
    path = folder / "numbers.txt"
    path.write_text("3\n-4", encoding="utf-8")
    return path


def test_tokens_with_line_breaks_are_kept(tmp_path):
    """A vocabulary that no file of lines can hold goes into the configuration, where Keras reads it too."""
    layer = layers.StringLookup()
    layer.adapt(["two\nlines", "two\nlines", "one", "\u2028"])
    model = nbkeras.Sequential([nbkeras.Input((), dtype="string"), layer])
    model.save(tmp_path / "model.keras")
    assert models.load_model(tmp_path / "model.keras").layers[0].get_vocabulary() == layer.get_vocabulary()


def test_functions_standardize_and_split():
    layer = layers.TextVectorization(
        standardize=lambda text: np.char.upper(text), split=lambda text: [item.split("-") for item in text]
    )
    layer.adapt(["a-b-c", "a-b"])
    assert layer.get_vocabulary() == ["", "[UNK]", "B", "A", "C"]
    assert layer(["c-a"]).tolist() == [[4, 3]]


def test_assets_in_folders(tmp_path):
    first, second = layers.TextVectorization(), layers.TextVectorization()
    first.adapt(TEXTS)
    first.save_assets(tmp_path)
    second.load_assets(tmp_path)
    assert second.get_vocabulary() == first.get_vocabulary()


def vocabulary_of(k):
    return k.layers.StringLookup(vocabulary=VOCABULARY)


ERRORS = {
    "twice": (lambda: layers.StringLookup(vocabulary=["a", "b", "a"]), "expects each token once, got twice: 'a'"),
    "too many": (
        lambda: layers.StringLookup(vocabulary=VOCABULARY, max_tokens=3),
        "max_tokens=3, got a vocabulary of 4",
    ),
    "empty": (lambda: layers.StringLookup(vocabulary=[]), "expects a vocabulary with tokens"),
    "no file": (lambda: layers.StringLookup(vocabulary="none.txt"), "there is no vocabulary file 'none.txt'"),
    "reserved": (lambda: layers.StringLookup(vocabulary=["a", ""], mask_token=""), "keeps the token '' for itself"),
    "few max_tokens": (lambda: layers.StringLookup(max_tokens=1), "expects max_tokens greater than 1"),
    "no max_tokens": (lambda: layers.StringLookup(pad_to_max_tokens=True), "needs max_tokens"),
    "negative": (lambda: layers.StringLookup(num_oov_indices=-1), "expects num_oov_indices of 0 or more"),
    "inverted vectors": (lambda: layers.StringLookup(invert=True, output_mode="count"), "output_mode must be 'int'"),
    "weights": (lambda: layers.StringLookup(idf_weights=[1.0]), "takes idf_weights with output_mode='tf_idf'"),
    "no weights": (
        lambda: layers.StringLookup(vocabulary=VOCABULARY, output_mode="tf_idf"),
        "needs idf_weights, one for each token",
    ),
    "two weights": (
        lambda: layers.StringLookup(vocabulary=VOCABULARY, output_mode="tf_idf", idf_weights=[1.0, 2.0]),
        "expects 3 idf_weights",
    ),
    "mode": (lambda: layers.StringLookup(output_mode="hot"), "output_mode must be 'int' or 'one_hot'"),
    "adapt": (lambda: vocabulary_of(nbkeras).adapt(["a"]), "was given its vocabulary, so there is nothing to adapt"),
    "unknown": (
        lambda: layers.StringLookup(vocabulary=VOCABULARY, num_oov_indices=0)(["a", "z"]),
        "num_oov_indices=0 and got what is not in its vocabulary: 'z'",
    ),
    "missing": (lambda: vocabulary_of(nbkeras)(np.array(["a", None])), "expects text, got None of type NoneType"),
    "numbers": (lambda: vocabulary_of(nbkeras)(np.array([1.0])), "expects text, got an array of float64"),
    "ragged": (lambda: vocabulary_of(nbkeras)([["a"], ["a", "b"]]), "expects rows of one length"),
    "text": (lambda: layers.IntegerLookup(vocabulary=[1])(["a"]), "expects integers, got"),
    "salt": (lambda: layers.IntegerLookup(salt=1), "takes salt with oov_method='farmhash'"),
    "three salts": (lambda: layers.Hashing(3, salt=[1, 2, 3]), "expects salt as an integer or two"),
    "floats for bins": (lambda: layers.Hashing(3, dtype="float32"), "expects dtype int32 or int64"),
    "no bins": (lambda: layers.Hashing(0), "num_bins must be a positive integer"),
    "one to cross": (lambda: layers.HashedCrossing(3)([np.array([1])]), "expects a list of two or more inputs"),
    "tables to cross": (lambda: layers.HashedCrossing(3)([np.ones((2, 2), int)] * 2), r"got \(2, 2\), \(2, 2\)"),
    "floats to cross": (lambda: layers.HashedCrossing(3)([np.ones(2), np.ones(2)]), "expects text or integers"),
    "length": (
        lambda: layers.TextVectorization(output_mode="count", output_sequence_length=3),
        "goes with output_mode",
    ),
    "ngrams": (lambda: layers.TextVectorization(ngrams=0), "ngrams expects a positive integer"),
    "columns": (
        lambda: layers.TextVectorization()(DOCUMENTS),
        r"texts of shape \(batch,\) or \(batch, 1\), got \(3, 3\)",
    ),
    "standardize": (lambda: layers.TextVectorization(standardize="upper"), "standardize must be"),
    "bins": (lambda: layers.Discretization(), "needs either num_bins, for adapt, or bin_boundaries"),
    "both bins": (lambda: layers.Discretization([0.0], 3), "needs either"),
    "unadapted bins": (lambda: layers.Discretization(num_bins=3)(np.ones(2)), "has no bins yet"),
    "given bins": (lambda: layers.Discretization([0.0]).adapt(np.ones(3)), "was given its bin_boundaries"),
    "no data": (lambda: layers.Discretization(num_bins=3).adapt(iter([])), "expects data to adapt to"),
    "no tokens": (lambda: layers.CategoryEncoding(), "needs num_tokens"),
    "weighted": (
        lambda: layers.CategoryEncoding(3)(np.array([1]), count_weights=np.array([1.0])),
        "takes count_weights with output_mode='count'",
    ),
}


@pytest.mark.parametrize("mistake", ERRORS)
def test_errors(mistake):
    call, message = ERRORS[mistake]
    with pytest.raises(ValueError, match=message):
        call()


def test_the_size_of_vectors_stays():
    layer = layers.StringLookup(output_mode="count")
    layer.adapt(["a", "b"])
    with pytest.raises(RuntimeError, match="gives vectors of 3 numbers, its new vocabulary would make them 5 long"):
        layer.adapt(["a", "b", "c", "d"])
    assert layer(["a"]).shape == (3,)


def test_vectors_need_a_vocabulary():
    with pytest.raises(RuntimeError, match="has no vocabulary yet"):
        layers.StringLookup(output_mode="count")(["a"])


# --- files that somebody has changed ------------------------------------------------------------------------------


@pytest.fixture
def saved(tmp_path):
    """A model with a vocabulary in a file."""
    layer = layers.StringLookup(output_mode="count", name="lookup")
    layer.adapt(VOCABULARY)
    nbkeras.Sequential([nbkeras.Input((2,), dtype="string"), layer, layers.Dense(1)]).save(tmp_path / "a.keras")
    return tmp_path / "a.keras"


def changed(path, change):
    """The file with members as `change(name, content)` has them; `None` leaves one out."""
    target = path.with_name("b.keras")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = change(name, old.read(name))
            if content is not None:
                new.writestr(name, content)
    return target


ASSET = "assets/layers/string_lookup/vocabulary.txt"


def with_path(name, content):
    if name != "config.json":
        return content
    config = json.loads(content)
    config["config"]["layers"][1]["config"]["vocabulary"] = "/etc/hostname"
    return json.dumps(config)


HOSTILE = {
    "missing": (
        lambda name, content: None if name == ASSET else content,
        "is not there, and StringLookup 'lookup' needs it",
    ),
    "longer": (lambda name, content: b"x\n" * 5 if name == ASSET else content, "expects each token once"),
    "another length": (
        lambda name, content: content + b"\nd" if name == ASSET else content,
        "gives vectors of 4 numbers",
    ),
    "no text": (lambda name, content: b"\xff\xfe" if name == ASSET else content, "utf-8"),
    "bomb": (lambda name, content: b"a" * 2**24 if name == ASSET else content, "as a bomb does"),
    "path": (with_path, "names the vocabulary file '/etc/hostname'"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_changed_files_are_refused(name, saved):
    change, message = HOSTILE[name]
    with pytest.raises(saving.FileError, match=message):
        models.load_model(changed(saved, change))
