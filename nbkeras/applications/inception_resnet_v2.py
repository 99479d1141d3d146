"""Inception-ResNet V2: Szegedy, Ioffe, Vanhoucke & Alemi (2017), arXiv:1602.07261."""

from nbkeras import layers
from nbkeras.applications import imagenet_utils
from nbkeras.applications.architecture import Request, assembled, channel_axis
from nbkeras.applications.imagenet_utils import decode_predictions
from nbkeras.applications.inception import convolved, joined, path, shrunk, stem
from nbkeras.applications.layers import CustomScaleLayer
from nbkeras.applications.weight_files import KERAS_FILES, WeightFiles

__all__ = ["InceptionResNetV2", "decode_predictions", "preprocess_input"]

FILES = WeightFiles(
    f"{KERAS_FILES}/inception_resnet_v2",
    "inception_resnet_v2_weights_tf_dim_ordering_tf_kernels",
    ("e693bd0210a403b3192acc6073ad2e96", "d19885ff4a710c122648d3b5c3b684e4"),
)

# The paths of a block, each a row of (filters, kernel size), by the size of the images.
PATHS = {
    "block35": (((32, 1),), ((32, 1), (32, 3)), ((32, 1), (48, 3), (64, 3))),
    "block17": (((192, 1),), ((128, 1), (160, (1, 7)), (192, (7, 1)))),
    "block8": (((192, 1),), ((192, 1), (224, (1, 3)), (256, (3, 1)))),
}


def InceptionResNetV2(
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="inception_resnet_v2",
):
    """Inception-ResNet V2: Szegedy et al. (2017), arXiv:1602.07261.

    The arguments are those of all architectures, see `applications`; images are 299 × 299, at least 75 × 75.
    """
    request = Request(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name)

    def network(x):
        x = _first_module(stem(x))
        for number in range(1, 11):
            x = _block(x, 0.17, "block35", number)
        x = _reduction_17(x)
        for number in range(1, 21):
            x = _block(x, 0.1, "block17", number)
        x = _reduction_8(x)
        for number in range(1, 10):
            x = _block(x, 0.2, "block8", number)
        x = _block(x, 1.0, "block8", 10, activation=None)
        return request.headed(convolved(x, 1536, 1, name="conv_7b"), names=(None, None))

    return assembled(request, network, request.shape(size=299, least=75), FILES)


def _first_module(x):
    one = path(x, (96, 1))
    five = path(x, (48, 1), (64, 5))
    threes = path(x, (64, 1), (96, 3), (96, 3))
    pooled = convolved(layers.AveragePooling2D(3, strides=1, padding="same")(x), 64, 1)
    return joined([one, five, threes, pooled], "mixed_5b")


def _reduction_17(x):
    three = path(x, (384, 3), halves=True)
    threes = path(x, (256, 1), (256, 3), (384, 3), halves=True)
    return joined([three, threes, shrunk(x)], "mixed_6a")


def _reduction_8(x):
    one = path(x, (256, 1), (384, 3), halves=True)
    other = path(x, (256, 1), (288, 3), halves=True)
    threes = path(x, (256, 1), (288, 3), (320, 3), halves=True)
    return joined([one, other, threes, shrunk(x)], "mixed_7a")


def _block(x, scale, kind, number, activation="relu"):
    """An Inception module whose result, times `scale`, is added to what came in."""
    name = f"{kind}_{number}"
    mixed = joined([path(x, *steps) for steps in PATHS[kind]], f"{name}_mixed")
    change = layers.Conv2D(x.shape[channel_axis()], 1, strides=1, padding="same", name=f"{name}_conv")(mixed)
    x = CustomScaleLayer(scale)([x, change])
    return layers.Activation(activation, name=f"{name}_ac")(x) if activation else x


def preprocess_input(x, data_format=None):
    """Pixels from 0 to 255 as numbers from -1 to 1; see `imagenet_utils.preprocess_input`."""
    return imagenet_utils.preprocess_input(x, data_format, mode="tf")
