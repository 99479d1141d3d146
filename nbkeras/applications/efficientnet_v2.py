"""EfficientNetV2: Tan & Le (2021), "Smaller models and faster training", arXiv:2104.00298."""

import math
from typing import NamedTuple

from nbkeras import initializers, layers
from nbkeras.applications.architecture import Request, assembled, channel_axis
from nbkeras.applications.efficient import ACTIVATION, Block, convolution, dense_start, excited, kernel_start, residual
from nbkeras.applications.imagenet_utils import RGB_DEVIATION, RGB_MEAN, decode_predictions
from nbkeras.applications.variants import variant
from nbkeras.applications.weight_files import KERAS_FILES, WeightFiles

__all__ = [
    "EfficientNetV2B0",
    "EfficientNetV2B1",
    "EfficientNetV2B2",
    "EfficientNetV2B3",
    "EfficientNetV2L",
    "EfficientNetV2M",
    "EfficientNetV2S",
    "decode_predictions",
    "preprocess_input",
]

DROPOUT = 0.2
DROP = 0.2  # the rate at which the last block is left out in training; earlier ones less
MOMENTUM = 0.9
SQUEEZE = 0.25  # in the stages that squeeze and excite

# Of the blocks of one stage: number, incoming and outgoing channels, expansion, stride of the first, and whether the
# convolutions over channels and over the image are one, without squeezing.
SMALL = (
    (2, 24, 24, 1, 1, True),
    (4, 24, 48, 4, 2, True),
    (4, 48, 64, 4, 2, True),
    (6, 64, 128, 4, 2, False),
    (9, 128, 160, 6, 1, False),
    (15, 160, 256, 6, 2, False),
)
MEDIUM = (
    (3, 24, 24, 1, 1, True),
    (5, 24, 48, 4, 2, True),
    (5, 48, 80, 4, 2, True),
    (7, 80, 160, 4, 2, False),
    (14, 160, 176, 6, 1, False),
    (18, 176, 304, 6, 2, False),
    (5, 304, 512, 6, 1, False),
)
LARGE = (
    (4, 32, 32, 1, 1, True),
    (7, 32, 64, 4, 2, True),
    (7, 64, 96, 4, 2, True),
    (10, 96, 192, 4, 2, False),
    (19, 192, 224, 6, 1, False),
    (25, 224, 384, 6, 2, False),
    (7, 384, 640, 6, 1, False),
)
BASE = (
    (1, 32, 16, 1, 1, True),
    (2, 16, 32, 4, 2, True),
    (2, 32, 48, 4, 2, True),
    (3, 48, 96, 4, 2, False),
    (5, 96, 112, 6, 1, False),
    (8, 112, 192, 6, 2, False),
)


class Scale(NamedTuple):
    """The stages of a network, by how much it is wider and deeper than they say, and the size of its images."""

    label: str
    stages: tuple[tuple[int, int, int, int, int, bool], ...]
    width: float
    depth: float
    size: int
    hashes: tuple[str, str]


B0 = Scale("b0", BASE, 1.0, 1.0, 224, ("21ecbf6da12460d5c40bb2f29ceb2188", "893217f2bb855e2983157299931e43ff"))
B1 = Scale("b1", BASE, 1.0, 1.1, 240, ("069f0534ff22adf035c89e2d9547a9dc", "0e80663031ca32d657f9caa404b6ec37"))
B2 = Scale("b2", BASE, 1.1, 1.2, 260, ("424e49f28180edbde1e94797771950a7", "1dfe2e7a5d45b6632553a8961ea609eb"))
B3 = Scale("b3", BASE, 1.2, 1.4, 300, ("1f1fc43bd98a6e4fd8fdfd551e02c7a0", "f6abf7b5849ac99a89b50dd3fd532856"))
S = Scale("s", SMALL, 1.0, 1.0, 384, ("e1d88a8495beba45748fedd0cecbe016", "af0682fb74e8c54910f2d4393339c070"))
M = Scale("m", MEDIUM, 1.0, 1.0, 480, ("a3bf6aa3276309f4fc6a34aa114c95cd", "1b8dc055df72dde80d614482840fe342"))
L = Scale("l", LARGE, 1.0, 1.0, 480, ("27e6d408b53c7ebc868fefa357689935", "b0b66b5c863aef5b46e8608fe1711615"))


def _efficientnet(
    scale,
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    include_preprocessing=True,
    name=None,
):
    """{title}: Tan & Le (2021), arXiv:2104.00298.

    Further arguments are those of all architectures, see `applications`; images are
    {kind.size} × {kind.size}, at least 32 × 32.

    Args:
        include_preprocessing: whether the model takes pixels from 0 to 255; if not, as the weights were trained.
    """
    request = Request(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name)
    shape = request.shape(scale.size, least=32)

    def network(x):
        if include_preprocessing:
            is_coloured = x.shape[channel_axis()] == 3
            x = _standardized(x) if scale.label.startswith("b") and is_coloured else layers.Rescaling(1 / 128, -1)(x)
        x = convolution(x, _rounded(scale.stages[0][1] * scale.width), "stem_conv", kernel_size=3, strides=2)
        x = _activated(x, "stem_bn", "stem_activation")
        for block, is_fused in _blocks(scale):
            x = (_fused if is_fused else _separated)(x, block)
        x = _activated(convolution(x, _rounded(1280 * scale.width), "top_conv"), "top_bn", "top_activation")
        if not request.include_top:
            return request.pooled(x)
        x = layers.GlobalAveragePooling2D(name="avg_pool")(x)
        x = layers.Dropout(DROPOUT, name="top_dropout")(x)
        return request.classified(x, kernel_initializer=dense_start(), bias_initializer=initializers.Constant(0.0))

    files = WeightFiles(f"{KERAS_FILES}/efficientnet_v2", f"efficientnetv2-{scale.label}", scale.hashes)
    return assembled(request, network, shape, files)


EfficientNetV2B0 = variant(_efficientnet, B0, "EfficientNetV2B0", "efficientnetv2-b0")
EfficientNetV2B1 = variant(_efficientnet, B1, "EfficientNetV2B1", "efficientnetv2-b1")
EfficientNetV2B2 = variant(_efficientnet, B2, "EfficientNetV2B2", "efficientnetv2-b2")
EfficientNetV2B3 = variant(_efficientnet, B3, "EfficientNetV2B3", "efficientnetv2-b3")
EfficientNetV2S = variant(_efficientnet, S, "EfficientNetV2S", "efficientnetv2-s")
EfficientNetV2M = variant(_efficientnet, M, "EfficientNetV2M", "efficientnetv2-m")
EfficientNetV2L = variant(_efficientnet, L, "EfficientNetV2L", "efficientnetv2-l")


def _standardized(x):
    """Pixels from 0 to 255 with the mean and standard deviation of ImageNet's removed."""
    x = layers.Rescaling(1.0 / 255)(x)
    variance = [deviation**2 for deviation in RGB_DEVIATION]
    return layers.Normalization(mean=list(RGB_MEAN), variance=variance, axis=channel_axis())(x)


def _rounded(filters):
    """The multiple of 8 nearest to `filters`."""
    return max(8, int(filters + 4) // 8 * 8)


def _blocks(scale):
    """The blocks of all stages, wider and deeper as `scale` says, and whether each is fused."""
    planned, made = sum(stage[0] for stage in scale.stages), 0  # planned without the factor of depth, as published
    for index, (number, channels, filters, expansion, stride, is_fused) in enumerate(scale.stages, 1):
        channels, filters = _rounded(channels * scale.width), _rounded(filters * scale.width)
        for place in range(math.ceil(scale.depth * number)):
            if place:
                channels, stride = filters, 1
            prefix, squeeze = f"block{index}{chr(ord('a') + place)}_", 0.0 if is_fused else SQUEEZE
            yield Block(prefix, channels, filters, expansion, 3, stride, squeeze, DROP * made / planned), is_fused
            made += 1


def _separated(x, block):
    """Widened, convolved depthwise, excited and narrowed, beside a shortcut."""
    shortcut, prefix = x, block.prefix
    if block.expansion != 1:
        x = convolution(x, block.width, f"{prefix}expand_conv")
        x = _activated(x, f"{prefix}expand_bn", f"{prefix}expand_activation")
    x = layers.DepthwiseConv2D(
        block.kernel_size,
        strides=block.stride,
        padding="same",
        use_bias=False,
        depthwise_initializer=kernel_start(),
        name=f"{prefix}dwconv2",
    )(x)
    x = excited(_activated(x, f"{prefix}bn", f"{prefix}activation"), block)
    x = _normalized(convolution(x, block.filters, f"{prefix}project_conv"), f"{prefix}project_bn")
    return residual(x, shortcut, block)


def _fused(x, block):
    """Widened by the convolution over the image itself, and narrowed, beside a shortcut; one alone if not wider."""
    shortcut, prefix = x, block.prefix
    size, stride = block.kernel_size, block.stride
    if block.expansion != 1:
        x = convolution(x, block.width, f"{prefix}expand_conv", size, stride)
        x = _activated(x, f"{prefix}expand_bn", f"{prefix}expand_activation")
        size, stride = 1, 1
    x = _normalized(convolution(x, block.filters, f"{prefix}project_conv", size, stride), f"{prefix}project_bn")
    if block.expansion == 1:
        x = layers.Activation(ACTIVATION, name=f"{prefix}project_activation")(x)
    return residual(x, shortcut, block)


def _normalized(x, name):
    return layers.BatchNormalization(axis=channel_axis(), momentum=MOMENTUM, name=name)(x)


def _activated(x, name, activation):
    return layers.Activation(ACTIVATION, name=activation)(_normalized(x, name))


def preprocess_input(x, data_format=None):
    """`x` as it is: the first layers of the model take pixels from 0 to 255."""
    return x
