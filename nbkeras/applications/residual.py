"""Residual networks: the frame that both versions share."""

from nbkeras import layers
from nbkeras.applications.architecture import assembled, channel_axis
from nbkeras.applications.weight_files import KERAS_FILES, WeightFiles

__all__ = ["normalized", "rectified", "residual"]

FILTERS = (64, 128, 256, 512)
EPSILON = 1.001e-5

# Blocks in each of the four stages, by the number of layers that have weights.
STAGES = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}


def residual(request, depth, stage, version, hashes):
    """A residual network.

    Args:
        depth: 50, 101 or 152.
        stage: a function (x, filters, blocks, index of the stage, name) of the blocks of one stage.
        version: `""`, normalised after each convolution, or `"v2"`, before.
        hashes: of the files of weights.
    """

    def network(x):
        x = layers.ZeroPadding2D(((3, 3), (3, 3)), name="conv1_pad")(x)
        x = layers.Conv2D(64, 7, strides=2, name="conv1_conv")(x)
        if not version:
            x = rectified(normalized(x, "conv1_bn"), "conv1_relu")
        x = layers.ZeroPadding2D(((1, 1), (1, 1)), name="pool1_pad")(x)
        x = layers.MaxPooling2D(3, strides=2, name="pool1_pool")(x)
        for index, (filters, blocks) in enumerate(zip(FILTERS, STAGES[depth])):
            x = stage(x, filters, blocks, index, f"conv{index + 2}")
        if version:
            x = rectified(normalized(x, "post_bn"), "post_relu")
        return request.headed(x)

    files = WeightFiles(f"{KERAS_FILES}/resnet", f"resnet{depth}{version}_weights_tf_dim_ordering_tf_kernels", hashes)
    return assembled(request, network, request.shape(size=224, least=32), files)


def normalized(x, name):
    """Batch normalisation."""
    return layers.BatchNormalization(axis=channel_axis(), epsilon=EPSILON, name=name)(x)


def rectified(x, name):
    """max(x, 0)."""
    return layers.Activation("relu", name=name)(x)
