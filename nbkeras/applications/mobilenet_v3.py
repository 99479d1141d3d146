"""MobileNetV3: Howard et al. (2019), "Searching for MobileNetV3", arXiv:1905.02244."""

from typing import NamedTuple

from nbkeras import layers
from nbkeras.applications.architecture import Request, assembled, channel_axis
from nbkeras.applications.imagenet_utils import decode_predictions
from nbkeras.applications.mobile import divisible, padded_for_stride, size_with_weights
from nbkeras.applications.variants import variant
from nbkeras.applications.weight_files import KERAS_FILES, WeightFiles

__all__ = ["MobileNetV3Large", "MobileNetV3Small", "decode_predictions", "preprocess_input"]

HASHES = {
    "large_224_0.75_float": ("765b44a33ad4005b3ac83185abf1d0eb", "40af19a13ebea4e2ee0c676887f69a2e"),
    "large_224_1.0_float": ("59e551e166be033d707958cf9e29a6a7", "07fb09a5933dd0c8eaafa16978110389"),
    "large_minimalistic_224_1.0_float": ("675e7b876c45c57e9e63e6d90a36599c", "ec5221f64a2f6d1ef965a614bdae7973"),
    "small_224_0.75_float": ("cb65d4e5be93758266aa0a7f2c6708b7", "ebdb5cc8e0b497cd13a7c275d475c819"),
    "small_224_1.0_float": ("8768d4c2e7dee89b9d02b2d03d65d862", "d3e8ec802a04aa4fc771ee12a9a9b836"),
    "small_minimalistic_224_1.0_float": ("99cd97fb2fcdad2bf028eb838de69e37", "cde8136e733e811080d9fcd8a252f7e4"),
}

# Of each block: expansion, filters, kernel size, stride, whether it squeezes and excites, and its activation. In the
# minimalistic networks kernels are 3 × 3, nothing is squeezed, and every activation is ReLU.
SMALL = (
    (1, 16, 3, 2, True, "relu"),
    (72 / 16, 24, 3, 2, False, "relu"),
    (88 / 24, 24, 3, 1, False, "relu"),
    (4, 40, 5, 2, True, "hard_swish"),
    *[(6, 40, 5, 1, True, "hard_swish")] * 2,
    *[(3, 48, 5, 1, True, "hard_swish")] * 2,
    (6, 96, 5, 2, True, "hard_swish"),
    *[(6, 96, 5, 1, True, "hard_swish")] * 2,
)
LARGE = (
    (1, 16, 3, 1, False, "relu"),
    (4, 24, 3, 2, False, "relu"),
    (3, 24, 3, 1, False, "relu"),
    (3, 40, 5, 2, True, "relu"),
    *[(3, 40, 5, 1, True, "relu")] * 2,
    (6, 80, 3, 2, False, "hard_swish"),
    (2.5, 80, 3, 1, False, "hard_swish"),
    *[(2.3, 80, 3, 1, False, "hard_swish")] * 2,
    *[(6, 112, 3, 1, True, "hard_swish")] * 2,
    (6, 160, 5, 2, True, "hard_swish"),
    *[(6, 160, 5, 1, True, "hard_swish")] * 2,
)
SQUEEZE = 0.25


class Kind(NamedTuple):
    """The blocks of a network, and the filters of the last convolution before the classifier."""

    label: str
    blocks: tuple[tuple[float, int, int, int, bool, str], ...]
    last: int


def _mobilenet(
    kind,
    input_shape=None,
    alpha=1.0,
    minimalistic=False,
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    classes=1000,
    pooling=None,
    dropout_rate=0.2,
    classifier_activation="softmax",
    include_preprocessing=True,
    name=None,
):
    """The {kind.label} MobileNetV3: Howard et al. (2019), arXiv:1905.02244.

    Further arguments are those of all architectures, see `applications`; images are of any size from 32 × 32, the
    weights from 224 × 224.

    Args:
        alpha: factor of the number of filters; there are weights for 0.75 and 1.
        minimalistic: whether to leave out what some hardware is slow at: 5 × 5 kernels, squeezing, hard swish.
        dropout_rate: before the classifier.
        include_preprocessing: whether the model takes pixels from 0 to 255; if not, from -1 to 1.
    """
    request = Request(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name)
    shape = _shape(request)
    stem = f"{kind.label}{'_minimalistic' * minimalistic}_224_{alpha}_float"
    files = _files(stem, shape) if request.is_imagenet else None
    activation = "relu" if minimalistic else "hard_swish"

    def network(x):
        if include_preprocessing:
            x = layers.Rescaling(scale=1 / 127.5, offset=-1.0)(x)
        x = _convolved(x, 16, "conv", kernel_size=3, strides=(2, 2))
        x = _activated(x, activation)
        for number, (expansion, filters, kernel_size, stride, squeezes, rectifier) in enumerate(kind.blocks):
            if minimalistic:
                kernel_size, squeezes, rectifier = 3, False, "relu"
            x = _block(x, expansion, divisible(filters * alpha), kernel_size, stride, squeezes, rectifier, number)
        x = _convolved(x, divisible(x.shape[channel_axis(-1)] * 6), "conv_1")
        x = _activated(x, activation)
        if not request.include_top:
            return request.pooled(x)
        width = divisible(kind.last * alpha) if alpha > 1.0 else kind.last
        return _head(x, request, width, activation, dropout_rate)

    return assembled(request, network, shape, files)


MobileNetV3Small = variant(_mobilenet, Kind("small", SMALL, 1024), "MobileNetV3Small", "MobileNetV3Small")
MobileNetV3Large = variant(_mobilenet, Kind("large", LARGE, 1280), "MobileNetV3Large", "MobileNetV3Large")


def _shape(request):
    """The shape of an image: as asked for, or that of the tensor, or any; the classifier takes any size too."""
    if request.input_shape is None:
        if request.input_tensor is not None:
            return request.input_tensor.shape[1:]
        return (3, None, None) if channel_axis() == 1 else (None, None, 3)
    return request.checked_shape(least=32)


def _files(stem, shape):
    if stem not in HASHES:
        raise ValueError(
            "weights='imagenet' are for alpha 0.75 and 1.0, and 1.0 if minimalistic; there are none of "
            f"'{stem}', but of {', '.join(HASHES)}"
        )
    size_with_weights(shape, (224,))
    folder = f"{KERAS_FILES}/mobilenet_v3"
    return WeightFiles(folder, f"weights_mobilenet_v3_{stem}", HASHES[stem], without_top="_no_top_v2")


def _head(x, request, width, activation, dropout_rate):
    """The classifier, whose last layers are convolutions over one pixel."""
    x = layers.GlobalAveragePooling2D(keepdims=True)(x)
    x = layers.Conv2D(width, kernel_size=1, padding="same", name="conv_2")(x)
    x = _activated(x, activation)
    if dropout_rate > 0:
        x = layers.Dropout(dropout_rate)(x)
    x = layers.Conv2D(request.classes, kernel_size=1, padding="same", name="logits")(x)
    x = layers.Flatten()(x)
    return layers.Activation(request.classifier_activation, name="predictions")(x)


def _block(x, expansion, filters, kernel_size, stride, squeezes, activation, number):
    """Widened, convolved depthwise, perhaps excited, and narrowed, beside a shortcut where the shapes agree."""
    prefix = f"expanded_conv_{number}_" if number else "expanded_conv_"
    shortcut, channels = x, x.shape[channel_axis(-1)]
    if number:
        x = _convolved(x, divisible(channels * expansion), f"{prefix}expand")
        x = _activated(x, activation)
    if stride == 2:
        x = padded_for_stride(x, kernel_size, f"{prefix}depthwise_pad")
    padding = "same" if stride == 1 else "valid"
    x = layers.DepthwiseConv2D(kernel_size, strides=stride, padding=padding, use_bias=False, name=f"{prefix}depthwise")(
        x
    )
    x = _activated(_normalized(x, f"{prefix}depthwise_bn"), activation)
    if squeezes:
        x = _excited(x, divisible(channels * expansion), f"{prefix}squeeze_excite")
    x = _convolved(x, filters, f"{prefix}project")
    return layers.Add(name=f"{prefix}add")([shortcut, x]) if stride == 1 and channels == filters else x


def _excited(x, filters, prefix):
    """Each channel times a factor between 0 and 1 that depends on the means of all: Hu et al. (2018)."""
    factor = layers.GlobalAveragePooling2D(keepdims=True, name=f"{prefix}_avg_pool")(x)
    factor = layers.Conv2D(divisible(filters * SQUEEZE), kernel_size=1, padding="same", name=f"{prefix}_conv")(factor)
    factor = layers.ReLU(name=f"{prefix}_relu")(factor)
    factor = layers.Conv2D(filters, kernel_size=1, padding="same", name=f"{prefix}_conv_1")(factor)
    factor = layers.ReLU(6.0)(factor + 3.0) * (1.0 / 6.0)
    return layers.Multiply(name=f"{prefix}_mul")([x, factor])


def _convolved(x, filters, name, kernel_size=1, strides=1):
    x = layers.Conv2D(filters, kernel_size, strides=strides, padding="same", use_bias=False, name=name)(x)
    return _normalized(x, f"{name}_bn")


def _normalized(x, name):
    return layers.BatchNormalization(axis=channel_axis(-1), epsilon=1e-3, momentum=0.999, name=name)(x)


def _activated(x, kind):
    return layers.ReLU()(x) if kind == "relu" else layers.Activation(kind)(x)


def preprocess_input(x, data_format=None):
    """`x` as it is: the first layers of the model take pixels from 0 to 255."""
    return x
