"""ResNet V2: He, Zhang, Ren & Sun (2016), "Identity mappings in deep residual networks", arXiv:1603.05027."""

from nbkeras import layers
from nbkeras.applications import imagenet_utils
from nbkeras.applications.architecture import Request
from nbkeras.applications.imagenet_utils import decode_predictions
from nbkeras.applications.residual import normalized, rectified, residual
from nbkeras.applications.variants import variant

__all__ = ["ResNet50V2", "ResNet101V2", "ResNet152V2", "decode_predictions", "preprocess_input"]

HASHES = {
    50: ("3ef43a0b657b3be2300d5770ece849e0", "fac2f116257151a9d068a22e544a4917"),
    101: ("6343647c601c52e1368623803854d971", "c0ed64b8031c3730f411d2eb4eea35b5"),
    152: ("a49b44d1979771252814e80f8ec446f9", "ed17cf2e0169df9d443503ef94b23b33"),
}


def _resnet(
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
    """ResNet V2 with {kind} layers that have weights: He et al. (2016), arXiv:1603.05027.

    The arguments are those of all architectures, see `applications`; images are 224 × 224, at least 32 × 32.
    """
    request = Request(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name)
    return residual(request, depth, _stage, "v2", HASHES[depth])


ResNet50V2 = variant(_resnet, 50, "ResNet50V2", "resnet50v2")
ResNet101V2 = variant(_resnet, 101, "ResNet101V2", "resnet101v2")
ResNet152V2 = variant(_resnet, 152, "ResNet152V2", "resnet152v2")


def _stage(x, filters, blocks, index, name):
    """Blocks of one size of image; the last of them halves it, except in the last stage."""
    x = _block(x, filters, 1, f"{name}_block1", widens=True)
    for number in range(2, blocks):
        x = _block(x, filters, 1, f"{name}_block{number}")
    return _block(x, filters, 1 if index == 3 else 2, f"{name}_block{blocks}")


def _block(x, filters, stride, name, widens=False):
    """Normalised first, then three convolutions beside a shortcut; `widens` gives that a convolution of its own."""
    before = rectified(normalized(x, f"{name}_preact_bn"), f"{name}_preact_relu")
    if widens:
        shortcut = layers.Conv2D(4 * filters, 1, strides=stride, name=f"{name}_0_conv")(before)
    else:
        shortcut = layers.MaxPooling2D(1, strides=stride)(x) if stride > 1 else x
    x = layers.Conv2D(filters, 1, strides=1, use_bias=False, name=f"{name}_1_conv")(before)
    x = rectified(normalized(x, f"{name}_1_bn"), f"{name}_1_relu")
    x = layers.ZeroPadding2D(((1, 1), (1, 1)), name=f"{name}_2_pad")(x)
    x = layers.Conv2D(filters, 3, strides=stride, use_bias=False, name=f"{name}_2_conv")(x)
    x = rectified(normalized(x, f"{name}_2_bn"), f"{name}_2_relu")
    x = layers.Conv2D(4 * filters, 1, name=f"{name}_3_conv")(x)
    return layers.Add(name=f"{name}_out")([shortcut, x])


def preprocess_input(x, data_format=None):
    """Pixels from 0 to 255 as numbers from -1 to 1; see `imagenet_utils.preprocess_input`."""
    return imagenet_utils.preprocess_input(x, data_format, mode="tf")
