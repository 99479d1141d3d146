"""Arguments drawn at random, on real Keras and here: what Keras computes from them is computed here too.

By default one example for each layer and op, always the same one; `NBKERAS_EXAMPLES=50` in the environment draws
more. Arguments are drawn by their name, so a new layer or op is a name in a line here.
"""

import inspect
import os

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, reject, settings
from hypothesis import strategies as st

import nbkeras
from tests.cases.numbers import stream
from tests.closeness import assert_close
from tests.references.libraries import Nbkeras, RealKeras, flatten

pytestmark = [pytest.mark.keras, pytest.mark.jax, pytest.mark.filterwarnings("ignore")]  # the warnings are Keras' own

sampled = settings(
    max_examples=int(os.environ.get("NBKERAS_EXAMPLES", "1")),
    derandomize=True,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)

SIZE, FLAG = st.integers(1, 3), st.booleans()
SIDES = st.tuples(st.integers(0, 1), st.integers(0, 2))


def one_of(*values):
    return st.sampled_from(values)


# What an argument of a layer is drawn from, by its name; the spatial ones are one number for all axes.
OF_LAYERS = {
    **dict.fromkeys(("filters", "units", "kernel_size", "pool_size", "depth_multiplier", "size", "output_size"), SIZE),
    **dict.fromkeys(("num_heads", "key_dim", "value_dim", "n", "strides", "dilation_rate"), SIZE),
    **dict.fromkeys(("use_bias", "center", "scale", "keepdims", "return_sequences", "go_backwards", "unroll"), FLAG),
    **dict.fromkeys(("reset_after", "unit_forget_bias", "normalize", "use_scale", "return_state"), FLAG),
    "padding": one_of("valid", "same", "causal"),
    "data_format": one_of("channels_last", "channels_first"),
    "groups": one_of(1, 2, 4, -1),
    "activation": one_of(None, "relu", "tanh", "gelu", "softmax"),
    "recurrent_activation": one_of("sigmoid", "hard_sigmoid"),
    "axis": one_of(-1, 1),
    "axes": one_of(-1, 1, (1, 1)),
    "epsilon": one_of(1e-3, 0.1),
    "rate": one_of(0.0, 0.4),
    "negative_slope": one_of(0.0, 0.2),
    "threshold": one_of(0.0, 0.3),
    "max_value": one_of(None, 1.0),
    "alpha": one_of(1.0, 0.5),
    "offset": one_of(0.0, -1.5),
    "score_mode": one_of("dot", "concat"),
    "interpolation": one_of("nearest", "bilinear"),
}
NEEDED = {"Activation": {"activation"}, "Rescaling": {"scale"}, "GaussianNoise": {"stddev"}}
OWN = {  # arguments that mean something else than elsewhere, or have the sizes of the input to fit
    "Cropping1D": {"cropping": SIDES},
    "Cropping2D": {"cropping": st.tuples(SIDES, SIDES)},
    "Cropping3D": {"cropping": st.tuples(SIDES, SIDES, SIDES)},
    "EinsumDense": {
        "equation": st.just("abc,cd->abd"),
        "output_shape": st.just((None, 3)),
        "bias_axes": one_of(None, "d"),
    },
    "GaussianNoise": {"stddev": st.just(0.5)},
    "GroupQueryAttention": {"num_query_heads": one_of(2, 4), "num_key_value_heads": one_of(1, 2), "head_dim": SIZE},
    "Permute": {"dims": one_of((2, 1), (1, 2))},
    "Rescaling": {"scale": one_of(0.5, 3.0)},
    "Reshape": {"target_shape": one_of((-1,), (4, -1), (2, 2, -1))},
    "ZeroPadding1D": {"padding": SIDES},
    "ZeroPadding2D": {"padding": st.tuples(SIDES, SIDES)},
    "ZeroPadding3D": {"padding": st.tuples(SIDES, SIDES, SIDES)},
}
# By the shapes of the inputs: four channels, wherever they are.
LAYERS = {
    ((3, 4),): """
        Activation ActivityRegularization AlphaDropout BatchNormalization Dense Dropout ELU GaussianDropout
        GaussianNoise GroupNormalization Identity LayerNormalization LeakyReLU PReLU RMSNormalization ReLU RepeatVector
        Rescaling Softmax UnitNormalization""",
    ((2, 4, 4),): """
        AdaptiveAveragePooling1D AdaptiveMaxPooling1D AveragePooling1D Conv1D Conv1DTranspose Cropping1D
        DepthwiseConv1D EinsumDense Flatten GRU GlobalAveragePooling1D GlobalMaxPooling1D LSTM MaxPooling1D Permute
        Reshape SeparableConv1D SimpleRNN SpatialDropout1D UpSampling1D ZeroPadding1D""",
    ((2, 4, 5, 4),): """
        AdaptiveAveragePooling2D AdaptiveMaxPooling2D AveragePooling2D Conv2D Conv2DTranspose Cropping2D
        DepthwiseConv2D GlobalAveragePooling2D GlobalMaxPooling2D MaxPooling2D SeparableConv2D SpatialDropout2D
        UpSampling2D ZeroPadding2D ConvLSTM1D""",
    ((1, 4, 4, 5, 4),): """
        AdaptiveAveragePooling3D AdaptiveMaxPooling3D AveragePooling3D Conv3D Conv3DTranspose Cropping3D
        GlobalAveragePooling3D GlobalMaxPooling3D MaxPooling3D SpatialDropout3D UpSampling3D ZeroPadding3D
        ConvLSTM2D""",
    ((2, 4, 3), (2, 4, 3)): """
        Add AdditiveAttention Attention Average Concatenate Dot GroupQueryAttention Maximum Minimum MultiHeadAttention
        Multiply Subtract""",
}
APART = ("GroupQueryAttention", "MultiHeadAttention")  # take their inputs as arguments, not as a list


@pytest.fixture(scope="module")
def keras():
    return RealKeras()


def some_of(draw, parameters, choices, needed):
    """Those of the arguments that must be given, and each other one in half of the examples."""
    return {
        name: draw(choices[name])
        for name, parameter in parameters.items()
        if name in choices and (parameter.default is inspect.Parameter.empty or name in needed or draw(FLAG))
    }


def result(library, name, arguments, inputs, weights=None):
    """The weights and outputs of the layer `name`."""
    library.fresh()
    layer = getattr(library.k.layers, name)(**arguments)
    inputs = [library.array(x) for x in inputs]
    separate = len(inputs) == 1 or name in APART
    call = (lambda: layer(*inputs)) if separate else (lambda: layer(inputs))
    outputs = call()
    if weights is not None:
        layer.set_weights(weights)
        outputs = call()
    return layer.get_weights(), [library.numpy(y) for y in flatten(outputs)]


@pytest.mark.parametrize(
    ("name", "shapes"),
    [pytest.param(name, shapes, id=name) for shapes, names in LAYERS.items() for name in names.split()],
)
def test_layer(name, shapes, keras):
    parameters = inspect.signature(getattr(nbkeras.layers, name)).parameters
    choices = {**OF_LAYERS, **OWN.get(name, {})}

    @sampled
    @given(st.data())
    def compare(data):
        arguments = some_of(data.draw, parameters, choices, NEEDED.get(name, ()))
        inputs = [stream(name, place).standard_normal(shape).astype("float32") for place, shape in enumerate(shapes)]
        try:
            weights, expected = result(keras, name, arguments, inputs)
        except Exception:
            reject()  # what Keras does not compute is compared nowhere; another example takes its place
        assert_close(result(Nbkeras(), name, arguments, inputs, weights)[1], expected, f"{name} of {arguments}")

    compare()


def arrays(*shapes, dtypes=("float32", "float32", "int32", "bool", "uint8")):
    """Arrays of one of the shapes and dtypes; integers are small and positive, so that powers and quotients exist."""

    def made(shape, dtype, seed):
        generator = np.random.RandomState(seed)
        whole = generator.randint(1, 5, shape) if dtype != "bool" else generator.randint(0, 2, shape)
        return np.asarray(generator.standard_normal(shape) if dtype == "float32" else whole, dtype)

    return st.builds(made, one_of(*shapes), one_of(*dtypes), st.integers(0, 9))


AXIS = one_of(None, 0, 1, -1)
OF_OPS = {
    **dict.fromkeys(("x", "x1"), arrays((3, 4))),
    "x2": arrays((3, 4), (4,), (3, 1), ()),
    **dict.fromkeys(
        ("keepdims", "from_logits", "sorted", "increasing", "invert", "endpoint", "equal_nan", "reverse"), FLAG
    ),
    "axis": AXIS,
    "dtype": one_of("float32", "int32"),
    "data_format": one_of("channels_last", "channels_first"),
    "k": one_of(0, 1, -1),
    "decimals": one_of(0, 1, 2),
    "repeats": one_of(2, 3),
    "shift": one_of(1, -2),
    "axis1": st.just(0),
    "axis2": st.just(1),
    "offset": one_of(0, 1),
    "negative_slope": one_of(0.0, 0.3),
    "threshold": one_of(0.0, 0.5),
    "default_value": one_of(0.0, -2.0),
    "alpha": one_of(1.0, 0.3),
    "approximate": FLAG,
    "source": st.just(0),
    "destination": one_of(1, -1),
    "newshape": one_of((4, 3), (2, -1), (-1,)),
    "q": one_of(0.3, [0.2, 0.9]),
    "method": one_of("linear", "nearest", "lower"),
    "x_min": one_of(-0.5, 1),
    "x_max": one_of(2, 1.5),
    "pad_width": one_of(1, ((0, 2), (1, 0))),
    "mode": one_of("constant", "reflect"),
    "num_classes": one_of(5, 6),
    "indices": st.just(np.int32([[0, 2], [1, 1]])),
    "fill_value": one_of(2, 0.5),
    "start": one_of(0, 1.5),
    "stop": one_of(4, 5.0),
    "num": one_of(3, 6),
    "N": one_of(3, 4),
    "M": one_of(None, 2),
    "shape": one_of((2, 3), (4,)),
    "indices_or_sections": one_of(1, [1, 2]),
    "order": one_of(1, 2),
    "nan": one_of(0.0, 2.0),
    "rtol": one_of(1e-5, 0.5),
    "atol": one_of(1e-8, 0.5),
    "fft_length": one_of(None, 5),
    "side": one_of("left", "right"),
    "target": st.just(np.float32([[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1]])),
    "output": arrays((3, 4), dtypes=("float32",)).map(lambda y: np.exp(y) / np.exp(y).sum(-1, keepdims=True)),
}
# For ops whose arguments are of other shapes or kinds than elsewhere.
SQUARE = st.just(np.float32([[2.0, 0.3, 0.1], [0.3, 1.5, -0.2], [0.1, -0.2, 1.1]]))
PAIR = st.tuples(*[arrays((3, 4), dtypes=("float32",))] * 2)
COUNT = one_of(1, 4, 7)
LINE = arrays((4,))
OWN_OPS = {
    **{name: {"x": SQUARE} for name in ("cholesky", "det", "inv", "logdet", "slogdet")},
    **{name: {"x": PAIR} for name in ("fft", "fft2", "ifft2", "irfft")},
    **{name: {"x": COUNT} for name in ("bartlett", "blackman", "hamming", "hanning")},
    "bincount": {"x": arrays((6,), dtypes=("int32", "uint8"))},
    "broadcast_to": {"x": LINE, "shape": one_of((3, 4), (2, 1, 4))},
    "correlate": {"x1": LINE, "x2": LINE, "mode": one_of("valid", "same", "full")},
    "dsplit": {"x": arrays((2, 1, 4))},
    "geomspace": {"start": one_of(1, 2.5), "stop": one_of(8, 16.0)},
    "one_hot": {"x": arrays((3, 4), dtypes=("int32", "uint8"))},
    "sparse_categorical_crossentropy": {"target": st.just(np.int32([0, 3, 1])), "axis": st.just(-1)},
    "take_along_axis": {"indices": st.just(np.int32([[0, 2, 1, 1]])), "axis": st.just(0)},
    "vander": {"x": LINE},
    "view_as_complex": {"x": arrays((3, 2), dtypes=("float32",))},
}
# The order of equal numbers or of eigenvectors, memory that is empty, functions of functions, answers that are no
# arrays, and those of nbkeras alone.
NOT_SAMPLED = """
    argpartition argsort cholesky_inverse custom_gradient dtype eig eigh empty empty_like histogram is_tensor meshgrid
    sparsemax top_k vectorize""".split()


def sampled_ops():
    for name in dir(nbkeras.ops):
        function = getattr(nbkeras.ops, name)
        if name.startswith("_") or name in NOT_SAMPLED or not inspect.isfunction(function):
            continue
        parameters = inspect.signature(function).parameters
        if parameters and all(p.default is not p.empty or p.name in OF_OPS for p in parameters.values()):
            yield name


@pytest.mark.parametrize("name", list(sampled_ops()))
def test_op(name, keras):
    parameters = inspect.signature(getattr(nbkeras.ops, name)).parameters
    choices = {**OF_OPS, **OWN_OPS.get(name, {})}

    @sampled
    @given(st.data())
    def compare(data):
        arguments = some_of(data.draw, parameters, choices, ())
        try:
            expected = [keras.numpy(y) for y in flatten(getattr(keras.k.ops, name)(**arguments))]
        except Exception:
            reject()
        with np.errstate(all="ignore"):
            found = [np.asarray(y) for y in flatten(getattr(nbkeras.ops, name)(**arguments))]
        what = f"{name} of {arguments}"
        assert [y.dtype.name for y in found] == [y.dtype.name for y in expected], what
        assert_close(found, expected, what, times=5.0)

    compare()
