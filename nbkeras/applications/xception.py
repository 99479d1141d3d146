"""Xception: Chollet (2017), "Deep learning with depthwise separable convolutions", arXiv:1610.02357."""

from nbkeras import layers
from nbkeras.applications import imagenet_utils
from nbkeras.applications.architecture import Request, assembled, channel_axis
from nbkeras.applications.imagenet_utils import decode_predictions
from nbkeras.applications.weight_files import KERAS_FILES, WeightFiles

__all__ = ["Xception", "decode_predictions", "preprocess_input"]

FILES = WeightFiles(
    f"{KERAS_FILES}/xception",
    "xception_weights_tf_dim_ordering_tf_kernels",
    ("0a58e3b7378bc2990ea3b43d5981f1f6", "b0042744bf5b25fce3cb969f33bebb97"),
)
MIDDLE = 728  # filters of the blocks in the middle


def Xception(
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="xception",
):
    """Xception: Chollet (2017), arXiv:1610.02357.

    The arguments are those of all architectures, see `applications`; images are 299 × 299, at least 71 × 71.
    """
    request = Request(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name)

    def network(x):
        x = _convolved(x, 32, "block1_conv1", strides=(2, 2))
        x = _convolved(x, 64, "block1_conv2", strides=(1, 1))
        for block, filters in ((2, 128), (3, 256), (4, MIDDLE)):
            x = _halving(x, (filters, filters), f"block{block}")
        for block in range(5, 13):
            x = _middle(x, f"block{block}")
        x = _halving(x, (MIDDLE, 1024), "block13")
        for filters, name in ((1536, "block14_sepconv1"), (2048, "block14_sepconv2")):
            x = _rectified(_separable(x, filters, name), f"{name}_act")
        return request.headed(x, names=(None, None))

    return assembled(request, network, request.shape(size=299, least=71), FILES)


def _halving(x, filters, name):
    """Two separable convolutions and pooling, beside a convolution with a stride of two."""
    shortcut = layers.Conv2D(filters[-1], (1, 1), strides=(2, 2), padding="same", use_bias=False)(x)
    shortcut = _normalized(shortcut)
    if name != "block2":  # what comes into that is rectified already
        x = _rectified(x, f"{name}_sepconv1_act")
    x = _separable(x, filters[0], f"{name}_sepconv1")
    x = _separable(_rectified(x, f"{name}_sepconv2_act"), filters[1], f"{name}_sepconv2")
    x = layers.MaxPooling2D((3, 3), strides=(2, 2), padding="same", name=f"{name}_pool")(x)
    return layers.add([x, shortcut])


def _middle(x, name):
    """Three separable convolutions beside a shortcut."""
    shortcut = x
    for number in (1, 2, 3):
        x = _rectified(x, f"{name}_sepconv{number}_act")
        x = _separable(x, MIDDLE, f"{name}_sepconv{number}")
    return layers.add([x, shortcut])


def _convolved(x, filters, name, strides):
    x = layers.Conv2D(filters, (3, 3), strides=strides, use_bias=False, name=name)(x)
    return _rectified(_normalized(x, f"{name}_bn"), f"{name}_act")


def _separable(x, filters, name):
    x = layers.SeparableConv2D(filters, (3, 3), padding="same", use_bias=False, name=name)(x)
    return _normalized(x, f"{name}_bn")


def _normalized(x, name=None):
    return layers.BatchNormalization(axis=channel_axis(-1), name=name)(x)


def _rectified(x, name):
    return layers.Activation("relu", name=name)(x)


def preprocess_input(x, data_format=None):
    """Pixels from 0 to 255 as numbers from -1 to 1; see `imagenet_utils.preprocess_input`."""
    return imagenet_utils.preprocess_input(x, data_format, mode="tf")
