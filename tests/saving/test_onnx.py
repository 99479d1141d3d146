"""Models in ONNX: what ONNX Runtime computes from an exported file is what the model computes."""

import subprocess
import sys
import zlib

import numpy as np
import pytest

import nbkeras
from nbkeras import InputSpec, Model, Sequential, layers, ops
from nbkeras.saving.onnx import NotExportable
from tests.cases.case import _is_described, is_plain
from tests.closeness import assert_close
from tests.references import tables
from tests.references.libraries import Nbkeras, flatten
from tests.references.measure import built_layer, symbolic_inputs
from tests.references.rows import rows

pytestmark = pytest.mark.onnx

FAMILIES = (
    "core activation_layers convolution pooling reshaping normalization dropout recurrent wrappers attention merging "
    "models"
).split()
TABLES = [f"layers/{family}" for family in FAMILIES]
OTHERS = [f"layers/{family}" for family in tables.LAYERS if family not in FAMILIES]
OURS = Nbkeras()

# Ops that ONNX has no operator for: their rows are refused by name.
WITHOUT_OPERATOR = set(
    "signbit imag isreal angle erfinv gcd lcm left_shift right_shift bitwise_left_shift bitwise_right_shift nextafter "
    "cumprod nancumprod slice_update inv cholesky pinv slogdet logdet solve solve_triangular lstsq matrix_rank svd qr"
    .split()
)  # fmt: skip


def exportable(case):
    return case.models and all(is_plain(value) for value in case.keywords.values())


def a_third(case):
    return exportable(case) and zlib.crc32(case.name.encode()) % 3 == 0


def model_of(case):
    layer = built_layer(OURS, case)
    inputs = symbolic_inputs(OURS, case)
    return Model(inputs, case.call(layer, inputs, **case.keywords))


def run(path, arrays):
    """The outputs of a file, by ONNX Runtime, by name."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    given = session.get_inputs()
    kinds = {"tensor(float)": "float32", "tensor(double)": "float64", "tensor(float16)": "float16"}
    feed = {
        i.name: np.asarray(a).astype(kinds.get(i.type) or i.type.removeprefix("tensor(")[:-1])
        for i, a in zip(given, arrays)
    }
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, feed)))


def assert_exports(model, arrays, folder, **options):
    path = folder / "net.onnx"
    model.export(path, **options)
    got = list(run(path, arrays).values())
    expected = model(list(arrays) if len(arrays) > 1 else arrays[0], training=False)
    expected = [np.asarray(y) for y in flatten(expected)]
    assert [y.dtype for y in got] == [y.dtype for y in expected]
    assert_close(got, expected, times=10)


def refusal(model, arrays, folder):
    """Why a model cannot be exported; empty for one that was, and computes the same."""
    try:
        assert_exports(model, arrays, folder)
    except NotExportable as error:
        return str(error)
    return ""


@rows(*TABLES, *OTHERS, where=exportable)
def test_a_layer(table, case, tmp_path):
    """What has no form in ONNX, which only other families' layers may lack, is refused by the layer's name."""
    model = model_of(case)
    told = refusal(model, case.arrays(), tmp_path)
    if table in TABLES:
        assert not told
    elif told:
        assert told.startswith("cannot export ")
        assert any(layer.name in told for layer in model._flatten_layers())


@rows(*TABLES, where=a_third)
def test_a_layer_for_old_runtimes(table, case, tmp_path):
    assert_exports(model_of(case), case.arrays(), tmp_path, opset=9)


def op_model(case):
    """A model of one op, and what it is called on."""
    inputs, arrays = [], []

    def symbolic(array):
        array = OURS.array(np.asarray(array))
        arrays.append(array)
        inputs.append(nbkeras.Input(batch_shape=array.shape, dtype=str(array.dtype)))
        return inputs[-1]

    arguments = [
        value if not _is_described(told) else [*map(symbolic, value)] if isinstance(value, list) else symbolic(value)
        for told, value in zip(case.args, case.arguments())
    ]
    return Model(inputs, case.call(ops, arguments)), arrays


OP_ROWS = [
    pytest.param(case, id=case.name)
    for case in tables.rows("ops")
    if case.traced and any(_is_described(argument) for argument in case.args)
]


@pytest.mark.parametrize("case", OP_ROWS)
def test_an_op(case, tmp_path):
    told = refusal(*op_model(case), tmp_path)
    without = case.op in WITHOUT_OPERATOR or "svd" in told  # one of the norms
    assert ("has no ONNX operator" in told) == without


# --- whole models ---------------------------------------------------------------------------------------------------

X = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")


def test_the_names_of_inputs_and_outputs_stay(tmp_path):
    a, b = nbkeras.Input((4,), name="left"), nbkeras.Input((4,), name="right")
    shared = layers.Dense(3, name="tower")
    outputs = {"sum": layers.Add()([shared(a), shared(b)]), "last": layers.Dense(2, name="head")(b)}
    model = Model([a, b], outputs)
    model.export(tmp_path / "net.onnx")
    got, expected = run(tmp_path / "net.onnx", [X, 2 * X]), model([X, 2 * X])
    assert set(got) == {"sum", "last"}
    assert_close(got, {name: np.asarray(y) for name, y in expected.items()})


def test_weights_are_there_once_under_their_names(tmp_path):
    import onnx

    x = nbkeras.Input((4,))
    tower = layers.Dense(4, name="tower")
    Model(x, tower(tower(tower(x)))).export(tmp_path / "net.onnx")
    proto = onnx.load(tmp_path / "net.onnx")
    assert [array.name for array in proto.graph.initializer] == ["tower/kernel", "tower/bias"]
    assert [node.op_type for node in proto.graph.node if node.op_type != "Identity"] == ["MatMul", "Add"] * 3


@pytest.mark.parametrize("opset", [9, 21])
def test_open_sizes_stay_open(opset, tmp_path):
    """Any number of rows, steps and pixels."""
    words = nbkeras.Input((None,), dtype="int32", name="words")
    image = nbkeras.Input((None, None, 3), name="image")
    read = layers.Bidirectional(layers.LSTM(3))(layers.Embedding(9, 4, mask_zero=True)(words))
    steps = layers.TimeDistributed(layers.Dense(2))(layers.Embedding(9, 4)(words))
    strided = layers.Conv2D(3, (3, 4), strides=(2, 3), padding="same")(layers.AveragePooling2D(3, 2, "same")(image))
    seen = layers.Conv2D(2, 3, padding="same")(layers.UpSampling2D()(layers.MaxPooling2D(padding="same")(strided)))
    pooled = layers.GlobalAveragePooling2D()(seen)
    model = Model([words, image], [layers.Concatenate()([read, pooled]), steps])
    model.export(tmp_path / "net.onnx", opset=opset)
    generator = np.random.default_rng(1)
    for count, length, height, width in ((1, 1, 2, 2), (4, 7, 12, 9)):
        arrays = [
            generator.integers(0, 9, (count, length)).astype("int32"),
            generator.normal(size=(count, height, width, 3)).astype("float32"),
        ]
        got = list(run(tmp_path / "net.onnx", arrays).values())
        assert_close(got, [np.asarray(y) for y in model(arrays)], times=10)


class Halves(Model):
    """A model and a layer that a user might write."""

    class Scale(layers.Layer):
        def build(self, shape):
            self.factor = self.add_weight(shape=(shape[-1],), initializer="ones", name="factor")

        def call(self, x):
            return ops.where(x > 0, x * self.factor, ops.cumsum(x, axis=-1)) / x.shape[0]

    def __init__(self):
        super().__init__(name="halves")
        self.scale = self.Scale(name="scale")
        self.head = layers.Dense(2, name="head")

    def call(self, x):
        first, second = ops.split(self.scale(x), 2, axis=-1)
        return self.head(first), ops.argmax(second, axis=-1)


def test_a_model_that_its_call_defines(tmp_path):
    model = Halves()
    with pytest.raises(ValueError, match="Halves 'halves' has not been called yet"):
        model.export(tmp_path / "net.onnx")
    model(X)
    model.export(tmp_path / "net.onnx")
    first = run(tmp_path / "net.onnx", [X])
    assert_close(list(first.values()), [np.asarray(y) for y in model(X)])
    model.export(tmp_path / "net.onnx", input_signature=[InputSpec(shape=(3, 4), dtype="float32")])
    assert_close(list(run(tmp_path / "net.onnx", [X[:3]]).values()), [np.asarray(y) for y in model(X[:3])])


class Roots(layers.Layer):
    def call(self, x):
        return self.compute(x)

    def __init__(self, compute, **kwargs):
        super().__init__(**kwargs)
        self.compute = compute


REASONS = {
    "has no ONNX operator": lambda x: ops.matmul(x, ops.inv(ops.matmul(ops.transpose(x), x))),
    "use ops.\\* in place of np.\\*": lambda x: np.linalg.norm(x, axis=-1) if not is_shape(x) else x,
    "use ops.scan": lambda x: ops.while_loop(lambda y: ops.max(y) > 1, lambda y: (y / 2,), (x,))[0],
    "which is open; give Input full sizes": lambda x: x * np.arange(x.shape[0])[:, None],
}


def is_shape(x):
    return type(x).__name__ == "AbstractArray"


@pytest.mark.parametrize("reason", REASONS)
def test_what_cannot_be_exported_is_named(reason, tmp_path):
    x = nbkeras.Input((4,))
    model = Model(x, Roots(REASONS[reason], name="own")(x), name="net")
    with pytest.raises(NotExportable, match=f"cannot export Functional 'net': Roots 'own'.*{reason}"):
        model.export(tmp_path / "net.onnx")
    assert not list(tmp_path.iterdir())


def test_what_else_is_refused(tmp_path):
    model = Sequential([nbkeras.Input((4,)), layers.Dense(2)])
    with pytest.raises(ValueError, match="export writes ONNX, got format='tf_saved_model'"):
        model.export(tmp_path / "folder")
    with pytest.raises(ValueError, match="opset must be from 9 to 21, got 8"):
        model.export(tmp_path / "net.onnx", opset=8)
    model.export(tmp_path / "net", format="onnx", opset_version=13)
    assert_close(list(run(tmp_path / "net", [X]).values()), [np.asarray(model(X))])


def test_equal_models_give_equal_bytes(tmp_path):
    model = Sequential([nbkeras.Input((4, 3)), layers.GRU(3), layers.Dense(2)])
    for name in ("one.onnx", "two.onnx"):
        model.export(tmp_path / name)
    assert (tmp_path / "one.onnx").read_bytes() == (tmp_path / "two.onnx").read_bytes()


def test_without_the_package_the_cure_is_named(tmp_path):
    program = """
import sys
sys.modules["onnx"] = None
import nbkeras
model = nbkeras.Sequential([nbkeras.Input((4,)), nbkeras.layers.Dense(2)])
try:
    model.export("net.onnx")
except ImportError as error:
    assert "pip install 'nbkeras[onnx]'" in str(error), error
else:
    raise SystemExit("exported without onnx")
"""
    subprocess.run([sys.executable, "-c", program], check=True, cwd=tmp_path)
