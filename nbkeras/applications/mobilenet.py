"""MobileNet: Howard et al. (2017), "MobileNets", arXiv:1704.04861."""

from nbkeras import layers
from nbkeras.applications import imagenet_utils
from nbkeras.applications.architecture import Request, assembled, channel_axis, size_of
from nbkeras.applications.imagenet_utils import decode_predictions
from nbkeras.applications.mobile import size_with_weights, trained_size
from nbkeras.applications.weight_files import KERAS_FILES, WeightFiles

__all__ = ["MobileNet", "decode_predictions", "preprocess_input"]

SIZES = (128, 160, 192, 224)  # of images that there are weights for
ALPHAS = {0.25: "2_5", 0.5: "5_0", 0.75: "7_5", 1.0: "1_0"}

# Filters and stride of each block.
BLOCKS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1))


def MobileNet(
    input_shape=None,
    alpha=1.0,
    depth_multiplier=1,
    dropout=0.001,
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name=None,
):
    """MobileNet, made of separable convolutions: Howard et al. (2017), arXiv:1704.04861.

    Further arguments are those of all architectures, see `applications`; images are 224 × 224, at least 32 × 32.

    Args:
        alpha: factor of the number of filters; there are weights for 0.25, 0.5, 0.75 and 1.
        depth_multiplier: channels that a depthwise convolution makes of one; 1 with weights of ImageNet.
        dropout: rate before the classifier.
        name: default as in `mobilenet_0.25_128`, by alpha and size.
    """
    request = Request(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name)
    size = trained_size(input_shape, SIZES)
    shape = request.shape(size, least=32)
    rows = size_of((None, *shape))[0]
    files = None
    if request.is_imagenet:
        if alpha not in ALPHAS or depth_multiplier != 1:
            raise ValueError(
                f"weights='imagenet' are for depth_multiplier 1 and alpha {', '.join(map(str, ALPHAS))}, "
                f"got {depth_multiplier} and {alpha}"
            )
        rows = size_with_weights(shape, SIZES)
        stem = f"mobilenet_{ALPHAS[alpha]}_{rows}_tf"
        files = WeightFiles(f"{KERAS_FILES}/mobilenet", stem, without_top="_no_top")

    def network(x):
        x = layers.Conv2D(int(32 * alpha), (3, 3), padding="same", use_bias=False, strides=(2, 2), name="conv1")(x)
        x = _bounded(x, "conv1")
        for number, (filters, stride) in enumerate(BLOCKS, 1):
            x = _separable(x, int(filters * alpha), stride, depth_multiplier, number)
        if not request.include_top:
            return request.pooled(x, names=(None, None))
        x = layers.GlobalAveragePooling2D(keepdims=True)(x)
        x = layers.Dropout(dropout, name="dropout")(x)
        x = layers.Conv2D(classes, (1, 1), padding="same", name="conv_preds")(x)
        x = layers.Reshape((classes,), name="reshape_2")(x)
        return layers.Activation(classifier_activation, name="predictions")(x)

    return assembled(request, network, shape, files, name or f"mobilenet_{alpha:0.2f}_{rows}")


def _separable(x, filters, stride, depth_multiplier, number):
    """A depthwise convolution, then one over the channels."""
    padding = "same"
    if stride > 1:
        x, padding = layers.ZeroPadding2D(((0, 1), (0, 1)), name=f"conv_pad_{number}")(x), "valid"
    x = layers.DepthwiseConv2D(
        (3, 3),
        padding=padding,
        depth_multiplier=depth_multiplier,
        strides=(stride, stride),
        use_bias=False,
        name=f"conv_dw_{number}",
    )(x)
    x = _bounded(x, f"conv_dw_{number}")
    x = layers.Conv2D(filters, (1, 1), padding="same", use_bias=False, strides=(1, 1), name=f"conv_pw_{number}")(x)
    return _bounded(x, f"conv_pw_{number}")


def _bounded(x, name):
    """Normalised, then between 0 and 6."""
    x = layers.BatchNormalization(axis=channel_axis(-1), name=f"{name}_bn")(x)
    return layers.ReLU(6.0, name=f"{name}_relu")(x)


def preprocess_input(x, data_format=None):
    """Pixels from 0 to 255 as numbers from -1 to 1; see `imagenet_utils.preprocess_input`."""
    return imagenet_utils.preprocess_input(x, data_format, mode="tf")
