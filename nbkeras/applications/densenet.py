"""DenseNet: Huang, Liu, van der Maaten & Weinberger (2017), "Densely connected networks", arXiv:1608.06993."""

from nbkeras import layers
from nbkeras.applications import imagenet_utils
from nbkeras.applications.architecture import Request, assembled, only_channels_last
from nbkeras.applications.imagenet_utils import decode_predictions
from nbkeras.applications.residual import normalized, rectified
from nbkeras.applications.variants import variant
from nbkeras.applications.weight_files import KERAS_FILES, WeightFiles

__all__ = ["DenseNet121", "DenseNet169", "DenseNet201", "decode_predictions", "preprocess_input"]

GROWTH = 32  # channels that a layer adds
BLOCKS = {121: (6, 12, 24, 16), 169: (6, 12, 32, 32), 201: (6, 12, 48, 32)}
HASHES = {
    121: ("9d60b8095a5708f2dcce2bca79d332c7", "30ee3e1110167f948a6b9946edeeb738"),
    169: ("d699b8f76981ab1b30698df4c175e90b", "b8c4d4c20dd625c148057b9ff1c1176b"),
    201: ("1ceb130c1ea1b78c3bf6114dbdfd8807", "c13680b51ded0fb44dff2d8f86ac8bb1"),
}


def _densenet(
    depth,
    include_top=True,
    weights="imagenet",
    input_tensor=None,
    input_shape=None,
    pooling=None,
    classes=1000,
    classifier_activation="softmax",
    name=None,
):
    """DenseNet with {kind} layers that have weights: Huang et al. (2017), arXiv:1608.06993.

    The arguments are those of all architectures, see `applications`; images are 224 × 224, at least 32 × 32.
    """
    only_channels_last("DenseNet")
    request = Request(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name)

    def network(x):
        x = layers.ZeroPadding2D(((3, 3), (3, 3)))(x)
        x = layers.Conv2D(64, 7, strides=2, use_bias=False, name="conv1_conv")(x)
        x = rectified(normalized(x, "conv1_bn"), "conv1_relu")
        x = layers.ZeroPadding2D(((1, 1), (1, 1)))(x)
        x = layers.MaxPooling2D(3, strides=2, name="pool1")(x)
        for stage, number in enumerate(BLOCKS[depth], 2):
            if stage > 2:
                x = _transition(x, f"pool{stage - 1}")
            for index in range(1, number + 1):
                x = _dense_layer(x, f"conv{stage}_block{index}")
        return request.headed(rectified(normalized(x, "bn"), "relu"))

    files = WeightFiles(f"{KERAS_FILES}/densenet", f"densenet{depth}_weights_tf_dim_ordering_tf_kernels", HASHES[depth])
    return assembled(request, network, request.shape(size=224, least=32), files)


DenseNet121 = variant(_densenet, 121, "DenseNet121", "densenet121")
DenseNet169 = variant(_densenet, 169, "DenseNet169", "densenet169")
DenseNet201 = variant(_densenet, 201, "DenseNet201", "densenet201")


def _dense_layer(x, name):
    """New channels, computed from all that came before and put beside them."""
    new = rectified(normalized(x, f"{name}_0_bn"), f"{name}_0_relu")
    new = layers.Conv2D(4 * GROWTH, 1, use_bias=False, name=f"{name}_1_conv")(new)
    new = rectified(normalized(new, f"{name}_1_bn"), f"{name}_1_relu")
    new = layers.Conv2D(GROWTH, 3, padding="same", use_bias=False, name=f"{name}_2_conv")(new)
    return layers.Concatenate(axis=3, name=f"{name}_concat")([x, new])


def _transition(x, name):
    """Half the channels, half the height and width."""
    x = rectified(normalized(x, f"{name}_bn"), f"{name}_relu")
    x = layers.Conv2D(x.shape[-1] // 2, 1, use_bias=False, name=f"{name}_conv")(x)
    return layers.AveragePooling2D(2, strides=2, name=f"{name}_pool")(x)


def preprocess_input(x, data_format=None):
    """Colours minus ImageNet's mean, divided by its deviation; see `imagenet_utils.preprocess_input`."""
    return imagenet_utils.preprocess_input(x, data_format, mode="torch")
