"""EfficientNet: Tan & Le (2019), "Rethinking model scaling for convolutional networks", arXiv:1905.11946."""

import math
from typing import NamedTuple

from nbkeras import layers
from nbkeras.applications.architecture import Request, assembled, channel_axis
from nbkeras.applications.efficient import ACTIVATION, Block, convolution, dense_start, excited, kernel_start, residual
from nbkeras.applications.imagenet_utils import RGB_DEVIATION, decode_predictions
from nbkeras.applications.mobile import divisible, padded_for_stride
from nbkeras.applications.variants import variant
from nbkeras.applications.weight_files import WeightFiles

__all__ = [
    "EfficientNetB0",
    "EfficientNetB1",
    "EfficientNetB2",
    "EfficientNetB3",
    "EfficientNetB4",
    "EfficientNetB5",
    "EfficientNetB6",
    "EfficientNetB7",
    "decode_predictions",
    "preprocess_input",
]

FOLDER = "https://storage.googleapis.com/keras-applications"
DROP = 0.2  # the rate at which the last block is left out in training; earlier ones less
SQUEEZE = 0.25

# Of the blocks of one stage: kernel size, number, incoming and outgoing channels, expansion, stride of the first.
STAGES = (
    (3, 1, 32, 16, 1, 1),
    (3, 2, 16, 24, 6, 2),
    (5, 2, 24, 40, 6, 2),
    (3, 3, 40, 80, 6, 2),
    (5, 3, 80, 112, 6, 1),
    (5, 4, 112, 192, 6, 2),
    (3, 1, 192, 320, 6, 1),
)


class Scale(NamedTuple):
    """By how much a network is wider and deeper than the first, the size of its images, and its dropout."""

    label: str
    width: float
    depth: float
    size: int
    dropout: float
    hashes: tuple[str, str]


B0 = Scale("b0", 1.0, 1.0, 224, 0.2, ("902e53a9f72be733fc0bcb005b3ebbac", "50bc09e76180e00e4465e1a485ddc09d"))
B1 = Scale("b1", 1.0, 1.1, 240, 0.2, ("1d254153d4ab51201f1646940f018540", "74c4e6b3e1f6a1eea24c589628592432"))
B2 = Scale("b2", 1.1, 1.2, 260, 0.3, ("b15cce36ff4dcbd00b6dd88e7857a6ad", "111f8e2ac8aa800a7a99e3239f7bfb39"))
B3 = Scale("b3", 1.2, 1.4, 300, 0.3, ("ffd1fdc53d0ce67064dc6a9c7960ede0", "af6d107764bb5b1abb91932881670226"))
B4 = Scale("b4", 1.4, 1.8, 380, 0.4, ("18c95ad55216b8f92d7e70b3a046e2fc", "ebc24e6d6c33eaebbd558eafbeedf1ba"))
B5 = Scale("b5", 1.6, 2.2, 456, 0.4, ("ace28f2a6363774853a83a0b21b9421a", "38879255a25d3c92d5e44e04ae6cec6f"))
B6 = Scale("b6", 1.8, 2.6, 528, 0.5, ("165f6e37dce68623721b423839de8be5", "9ecce42647a20130c1f39a5d4cb75743"))
B7 = Scale("b7", 2.0, 3.1, 600, 0.5, ("8c03f828fec3ef71311cd463b6759d99", "cbcfe4450ddf6f3ad90b1b398090fe4a"))


def _efficientnet(
    scale,
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name=None,
):
    """{title}: Tan & Le (2019), arXiv:1905.11946.

    The arguments are those of all architectures, see `applications`; images are
    {kind.size} × {kind.size}, at least 32 × 32.
    """
    request = Request(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name)

    def network(x):
        x = _stem(x, divisible(32 * scale.width), request.is_imagenet)
        for block in _blocks(scale):
            x = _apply(x, block)
        x = convolution(x, divisible(1280 * scale.width), "top_conv")
        x = _activated(x, "top_bn", "top_activation")
        if not request.include_top:
            return request.pooled(x)
        x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
        x = layers.Dropout(scale.dropout, name="top_dropout")(x)
        return request.classified(x, kernel_initializer=dense_start())

    files = WeightFiles(FOLDER, f"efficientnet{scale.label}", scale.hashes)
    return assembled(request, network, request.shape(scale.size, least=32), files)


EfficientNetB0 = variant(_efficientnet, B0, "EfficientNetB0", "efficientnetb0")
EfficientNetB1 = variant(_efficientnet, B1, "EfficientNetB1", "efficientnetb1")
EfficientNetB2 = variant(_efficientnet, B2, "EfficientNetB2", "efficientnetb2")
EfficientNetB3 = variant(_efficientnet, B3, "EfficientNetB3", "efficientnetb3")
EfficientNetB4 = variant(_efficientnet, B4, "EfficientNetB4", "efficientnetb4")
EfficientNetB5 = variant(_efficientnet, B5, "EfficientNetB5", "efficientnetb5")
EfficientNetB6 = variant(_efficientnet, B6, "EfficientNetB6", "efficientnetb6")
EfficientNetB7 = variant(_efficientnet, B7, "EfficientNetB7", "efficientnetb7")


def _stem(x, filters, is_imagenet):
    """Pixels from 0 to 255 normalised, and the first convolution."""
    x = layers.Rescaling(1.0 / 255.0)(x)
    x = layers.Normalization(axis=channel_axis())(x)
    if is_imagenet:
        # The published weights were trained on pixels divided by the variance, which the layer before divides by the
        # root of: https://github.com/tensorflow/tensorflow/issues/49930
        x = layers.Rescaling([1.0 / math.sqrt(deviation) for deviation in RGB_DEVIATION])(x)
    x = padded_for_stride(x, 3, "stem_conv_pad")
    x = layers.Conv2D(
        filters, 3, strides=2, padding="valid", use_bias=False, kernel_initializer=kernel_start(), name="stem_conv"
    )(x)
    return _activated(x, "stem_bn", "stem_activation")


def _blocks(scale):
    """The blocks of all stages, wider and deeper as `scale` says."""
    numbers = [math.ceil(scale.depth * stage[1]) for stage in STAGES]
    for index, (kernel_size, _, channels, filters, expansion, stride) in enumerate(STAGES):
        channels, filters = divisible(channels * scale.width), divisible(filters * scale.width)
        for place in range(numbers[index]):
            drop = DROP * (sum(numbers[:index]) + place) / sum(numbers)
            prefix = f"block{index + 1}{chr(ord('a') + place)}_"
            if place:
                channels, stride = filters, 1
            yield Block(prefix, channels, filters, expansion, kernel_size, stride, SQUEEZE, drop)


def _apply(x, block):
    """Widened, convolved depthwise, excited and narrowed, beside a shortcut."""
    shortcut = x
    if block.expansion != 1:
        x = convolution(x, block.width, f"{block.prefix}expand_conv")
        x = _activated(x, f"{block.prefix}expand_bn", f"{block.prefix}expand_activation")
    padding = "same"
    if block.stride == 2:
        x, padding = padded_for_stride(x, block.kernel_size, f"{block.prefix}dwconv_pad"), "valid"
    x = layers.DepthwiseConv2D(
        block.kernel_size,
        strides=block.stride,
        padding=padding,
        use_bias=False,
        depthwise_initializer=kernel_start(),
        name=f"{block.prefix}dwconv",
    )(x)
    x = excited(_activated(x, f"{block.prefix}bn", f"{block.prefix}activation"), block)
    x = convolution(x, block.filters, f"{block.prefix}project_conv")
    x = layers.BatchNormalization(axis=channel_axis(), name=f"{block.prefix}project_bn")(x)
    return residual(x, shortcut, block)


def _activated(x, name, activation):
    x = layers.BatchNormalization(axis=channel_axis(), name=name)(x)
    return layers.Activation(ACTIVATION, name=activation)(x)


def preprocess_input(x, data_format=None):
    """`x` as it is: the first layers of the model take pixels from 0 to 255."""
    return x
