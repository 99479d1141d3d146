"""ConvNeXt: Liu et al. (2022), "A ConvNet for the 2020s", arXiv:2201.03545."""

from nbkeras import layers
from nbkeras.applications.architecture import Request, assembled, only_channels_last
from nbkeras.applications.imagenet_utils import RGB_DEVIATION, RGB_MEAN, decode_predictions
from nbkeras.applications.layers import LayerScale
from nbkeras.applications.variants import variant
from nbkeras.applications.weight_files import KERAS_FILES, WeightFiles
from nbkeras.models import Sequential

__all__ = [
    "ConvNeXtBase",
    "ConvNeXtLarge",
    "ConvNeXtSmall",
    "ConvNeXtTiny",
    "ConvNeXtXLarge",
    "decode_predictions",
    "preprocess_input",
]

EPSILON = 1e-6
SCALE = 1e-6  # what the factors of each block's result begin with

# Of each variant: the blocks and the channels of its four stages.
STAGES = {
    "tiny": ((3, 3, 9, 3), (96, 192, 384, 768)),
    "small": ((3, 3, 27, 3), (96, 192, 384, 768)),
    "base": ((3, 3, 27, 3), (128, 256, 512, 1024)),
    "large": ((3, 3, 27, 3), (192, 384, 768, 1536)),
    "xlarge": ((3, 3, 27, 3), (256, 512, 1024, 2048)),
}
HASHES = {
    "tiny": (
        "8ae6e78ce2933352b1ef4008e6dd2f17bc40771563877d156bc6426c7cf503ff",
        "d547c096cabd03329d7be5562c5e14798aa39ed24b474157cef5e85ab9e49ef1",
    ),
    "small": (
        "ce1277d8f1ee5a0ef0e171469089c18f5233860ceaf9b168049cb9263fd7483c",
        "6fc8009faa2f00c1c1dfce59feea9b0745eb260a7dd11bee65c8e20843da6eab",
    ),
    "base": (
        "52cbb006d3dadd03f6e095a8ca1aca47aecdd75acb4bc74bce1f5c695d0086e6",
        "40a20c5548a5e9202f69735ecc06c990e6b7c9d2de39f0361e27baeb24cb7c45",
    ),
    "large": (
        "070c5ed9ed289581e477741d3b34beffa920db8cf590899d6d2c67fba2a198a6",
        "96f02b6f0753d4f543261bc9d09bed650f24dd6bc02ddde3066135b63d23a1cd",
    ),
    "xlarge": (
        "c1f5ccab661354fc3a79a10fa99af82f0fbf10ec65cb894a3ae0815f17a889ee",
        "de3f8a54174130e0cecdc71583354753d557fcf1f4487331558e2a16ba0cfe05",
    ),
}


def _convnext(
    size,
    include_top=True,
    include_preprocessing=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name=None,
):
    """The {kind} ConvNeXt: Liu et al. (2022), arXiv:2201.03545.

    Further arguments are those of all architectures, see `applications`; images are 224 × 224, at least 32 × 32.

    Args:
        include_preprocessing: whether the model takes pixels from 0 to 255; if not, as the weights were trained.
    """
    only_channels_last("ConvNeXt")
    request = Request(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name)
    depths, widths = STAGES[size]

    def network(x):
        if include_preprocessing and x.shape[-1] == 3:
            mean, variance = [255 * mean for mean in RGB_MEAN], [(255 * one) ** 2 for one in RGB_DEVIATION]
            x = layers.Normalization(mean=mean, variance=variance, name=f"{name}_prestem_normalization")(x)
        for stage, (depth, width) in enumerate(zip(depths, widths)):
            x = _shrinking(width, stage, name)(x)
            for block in range(depth):
                x = _block(x, width, f"{name}_stage_{stage}_block_{block}")
        if not request.include_top:
            return layers.LayerNormalization(epsilon=EPSILON)(request.pooled(x, names=(None, None)))
        x = layers.GlobalAveragePooling2D(name=f"{name}_head_gap")(x)
        x = layers.LayerNormalization(epsilon=EPSILON, name=f"{name}_head_layernorm")(x)
        return request.classified(x, f"{name}_head_dense")

    files = WeightFiles(f"{KERAS_FILES}/convnext", f"convnext_{size}", HASHES[size])
    return assembled(request, network, request.shape(size=224, least=32), files)


ConvNeXtTiny = variant(_convnext, "tiny", "ConvNeXtTiny", "convnext_tiny")
ConvNeXtSmall = variant(_convnext, "small", "ConvNeXtSmall", "convnext_small")
ConvNeXtBase = variant(_convnext, "base", "ConvNeXtBase", "convnext_base")
ConvNeXtLarge = variant(_convnext, "large", "ConvNeXtLarge", "convnext_large")
ConvNeXtXLarge = variant(_convnext, "xlarge", "ConvNeXtXLarge", "convnext_xlarge")


def _shrinking(width, stage, name):
    """What comes before a stage: a quarter of the height and width before the first, half before the others."""
    if stage == 0:
        parts = [
            layers.Conv2D(width, kernel_size=4, strides=4, name=f"{name}_stem_conv"),
            layers.LayerNormalization(epsilon=EPSILON, name=f"{name}_stem_layernorm"),
        ]
        return Sequential(parts, name=f"{name}_stem")
    parts = [
        layers.LayerNormalization(epsilon=EPSILON, name=f"{name}_downsampling_layernorm_{stage - 1}"),
        layers.Conv2D(width, kernel_size=2, strides=2, name=f"{name}_downsampling_conv_{stage - 1}"),
    ]
    return Sequential(parts, name=f"{name}_downsampling_block_{stage - 1}")


def _block(x, width, name):
    """A depthwise convolution, then two dense layers for each pixel, beside a shortcut."""
    y = layers.Conv2D(width, kernel_size=7, padding="same", groups=width, name=f"{name}_depthwise_conv")(x)
    y = layers.LayerNormalization(epsilon=EPSILON, name=f"{name}_layernorm")(y)
    y = layers.Dense(4 * width, name=f"{name}_pointwise_conv_1")(y)
    y = layers.Activation("gelu", name=f"{name}_gelu")(y)
    y = layers.Dense(width, name=f"{name}_pointwise_conv_2")(y)
    y = LayerScale(SCALE, width, name=f"{name}_layer_scale")(y)
    return x + layers.Activation("linear", name=f"{name}_identity")(y)


def preprocess_input(x, data_format=None):
    """`x` as it is: the first layers of the model take pixels from 0 to 255."""
    return x
