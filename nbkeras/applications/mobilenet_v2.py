"""MobileNetV2: Sandler et al. (2018), "Inverted residuals and linear bottlenecks", arXiv:1801.04381."""

from nbkeras import layers
from nbkeras.applications import imagenet_utils
from nbkeras.applications.architecture import Request, assembled, channel_axis, size_of
from nbkeras.applications.imagenet_utils import decode_predictions
from nbkeras.applications.mobile import divisible, padded_for_stride, size_with_weights, trained_size
from nbkeras.applications.weight_files import KERAS_FILES, WeightFiles

__all__ = ["MobileNetV2", "decode_predictions", "preprocess_input"]

SIZES = (96, 128, 160, 192, 224)  # of images that there are weights for
ALPHAS = (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)
EXPANSION = 6
LAST = 1280  # filters of the last convolution, whatever alpha below 1

# Filters, stride of the first, and number of the blocks of one kind.
STAGES = ((16, 1, 1), (24, 2, 2), (32, 2, 3), (64, 2, 4), (96, 1, 3), (160, 2, 3), (320, 1, 1))


def MobileNetV2(
    input_shape=None,
    alpha=1.0,
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name=None,
):
    """MobileNetV2, made of inverted residuals: Sandler et al. (2018), arXiv:1801.04381.

    Further arguments are those of all architectures, see `applications`; images are 224 × 224, at least 32 × 32.

    Args:
        alpha: factor of the number of filters; there are weights for 0.35, 0.5, 0.75, 1, 1.3 and 1.4.
        name: default as in `mobilenetv2_0.35_96`, by alpha and size.
    """
    request = Request(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name)
    tensor_shape = input_tensor.shape[1:] if input_tensor is not None else None
    if tensor_shape is not None and input_shape is not None and tuple(input_shape) != tensor_shape:
        raise ValueError(f"input_shape must be that of input_tensor, {tensor_shape}, got {input_shape}")
    shape = request.shape(trained_size(input_shape or tensor_shape, SIZES), least=32)
    rows = size_of((None, *shape))[0]
    files = None
    if request.is_imagenet:
        if alpha not in ALPHAS:
            raise ValueError(f"weights='imagenet' are for alpha {', '.join(map(str, ALPHAS))}, got {alpha}")
        rows = size_with_weights(shape, SIZES)
        stem = f"mobilenet_v2_weights_tf_dim_ordering_tf_kernels_{float(alpha)}_{rows}"
        files = WeightFiles(f"{KERAS_FILES}/mobilenet_v2", stem, without_top="_no_top")

    def network(x):
        x = layers.Conv2D(
            divisible(32 * alpha), kernel_size=3, strides=(2, 2), padding="same", use_bias=False, name="Conv1"
        )(x)
        x = _bounded(x, "bn_Conv1", "Conv1_relu")
        blocks = [(filters, stride if not i else 1) for filters, stride, n in STAGES for i in range(n)]
        for number, (filters, stride) in enumerate(blocks):
            x = _block(x, divisible(int(filters * alpha)), stride, number)
        x = layers.Conv2D(divisible(LAST * max(alpha, 1.0)), kernel_size=1, use_bias=False, name="Conv_1")(x)
        x = _bounded(x, "Conv_1_bn", "out_relu")
        return request.headed(x, average=None, names=(None, None))

    return assembled(request, network, shape, files, name or f"mobilenetv2_{alpha:0.2f}_{rows}")


def _block(x, filters, stride, number):
    """Widened, convolved depthwise and narrowed again, beside a shortcut where the shapes agree."""
    prefix = f"block_{number}_" if number else "expanded_conv_"
    shortcut, channels = x, x.shape[channel_axis(-1)]
    if number:
        x = layers.Conv2D(EXPANSION * channels, kernel_size=1, padding="same", use_bias=False, name=f"{prefix}expand")(
            x
        )
        x = _bounded(x, f"{prefix}expand_BN", f"{prefix}expand_relu")
    if stride == 2:
        x = padded_for_stride(x, 3, f"{prefix}pad")
    padding = "same" if stride == 1 else "valid"
    x = layers.DepthwiseConv2D(
        kernel_size=3, strides=stride, use_bias=False, padding=padding, name=f"{prefix}depthwise"
    )(x)
    x = _bounded(x, f"{prefix}depthwise_BN", f"{prefix}depthwise_relu")
    x = layers.Conv2D(filters, kernel_size=1, padding="same", use_bias=False, name=f"{prefix}project")(x)
    x = _normalized(x, f"{prefix}project_BN")
    return layers.Add(name=f"{prefix}add")([shortcut, x]) if channels == filters and stride == 1 else x


def _normalized(x, name):
    return layers.BatchNormalization(axis=channel_axis(-1), epsilon=1e-3, momentum=0.999, name=name)(x)


def _bounded(x, name, relu):
    """Normalised, then between 0 and 6."""
    return layers.ReLU(6.0, name=relu)(_normalized(x, name))


def preprocess_input(x, data_format=None):
    """Pixels from 0 to 255 as numbers from -1 to 1; see `imagenet_utils.preprocess_input`."""
    return imagenet_utils.preprocess_input(x, data_format, mode="tf")
