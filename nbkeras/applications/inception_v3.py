"""InceptionV3: Szegedy et al. (2016), "Rethinking the Inception architecture", arXiv:1512.00567."""

from nbkeras import layers
from nbkeras.applications import imagenet_utils
from nbkeras.applications.architecture import Request, assembled
from nbkeras.applications.imagenet_utils import decode_predictions
from nbkeras.applications.inception import convolved, joined, path, shrunk, stem
from nbkeras.applications.weight_files import KERAS_FILES, WeightFiles

__all__ = ["InceptionV3", "decode_predictions", "preprocess_input"]

FILES = WeightFiles(
    f"{KERAS_FILES}/inception_v3",
    "inception_v3_weights_tf_dim_ordering_tf_kernels",
    ("9a0d58056eeedaa3f26cb7ebd46da564", "bcbd6486424b2319ff4ef7d526e38f63"),
)


def InceptionV3(
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name="inception_v3",
):
    """Inception V3: Szegedy et al. (2016), arXiv:1512.00567.

    The arguments are those of all architectures, see `applications`; images are 299 × 299, at least 75 × 75.
    """
    request = Request(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name)

    def network(x):
        x = stem(x)
        for number, pooled in enumerate((32, 64, 64)):
            x = _module_35(x, pooled, f"mixed{number}")
        x = _reduction_17(x)
        for number, filters in enumerate((128, 160, 160, 192), 4):
            x = _module_17(x, filters, f"mixed{number}")
        x = _reduction_8(x)
        for number in range(2):
            x = _module_8(x, number)
        return request.headed(x, names=(None, None))

    return assembled(request, network, request.shape(size=299, least=75), FILES)


def _module_35(x, pooled, name):
    """A module for images of 35 × 35: Figure 5 of the paper."""
    one = path(x, (64, (1, 1)))
    five = path(x, (48, (1, 1)), (64, (5, 5)))
    threes = path(x, (64, (1, 1)), (96, (3, 3)), (96, (3, 3)))
    return joined([one, five, threes, _averaged(x, pooled)], name)


def _reduction_17(x):
    """From 35 × 35 to 17 × 17."""
    three = path(x, (384, (3, 3)), halves=True)
    threes = path(x, (64, (1, 1)), (96, (3, 3)), (96, (3, 3)), halves=True)
    return joined([three, threes, shrunk(x)], "mixed3")


def _module_17(x, filters, name):
    """A module for images of 17 × 17, with 7 × 7 windows made of rows and columns: Figure 6 of the paper."""
    one = path(x, (192, (1, 1)))
    seven = path(x, (filters, (1, 1)), (filters, (1, 7)), (192, (7, 1)))
    sevens = path(x, (filters, (1, 1)), (filters, (7, 1)), (filters, (1, 7)), (filters, (7, 1)), (192, (1, 7)))
    return joined([one, seven, sevens, _averaged(x, 192)], name)


def _reduction_8(x):
    """From 17 × 17 to 8 × 8."""
    three = path(x, (192, (1, 1)), (320, (3, 3)), halves=True)
    seven = path(x, (192, (1, 1)), (192, (1, 7)), (192, (7, 1)), (192, (3, 3)), halves=True)
    return joined([three, seven, shrunk(x)], "mixed8")


def _module_8(x, number):
    """A module for images of 8 × 8, with rows and columns side by side: Figure 7 of the paper."""
    one = path(x, (320, (1, 1)))
    three = _crossed(path(x, (384, (1, 1))), f"mixed9_{number}")
    threes = _crossed(path(x, (448, (1, 1)), (384, (3, 3))))
    return joined([one, three, threes, _averaged(x, 192)], f"mixed{9 + number}")


def _crossed(x, name=None):
    return joined([convolved(x, 384, (1, 3)), convolved(x, 384, (3, 1))], name)


def _averaged(x, filters):
    x = layers.AveragePooling2D((3, 3), strides=(1, 1), padding="same")(x)
    return convolved(x, filters, (1, 1))


def preprocess_input(x, data_format=None):
    """Pixels from 0 to 255 as numbers from -1 to 1; see `imagenet_utils.preprocess_input`."""
    return imagenet_utils.preprocess_input(x, data_format, mode="tf")
