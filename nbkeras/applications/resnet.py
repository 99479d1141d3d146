"""ResNet: He, Zhang, Ren & Sun (2016), "Deep residual learning", arXiv:1512.03385."""

from nbkeras import layers
from nbkeras.applications import imagenet_utils
from nbkeras.applications.architecture import Request
from nbkeras.applications.imagenet_utils import decode_predictions
from nbkeras.applications.residual import normalized, rectified, residual
from nbkeras.applications.variants import variant

__all__ = ["ResNet50", "ResNet101", "ResNet152", "decode_predictions", "preprocess_input"]

HASHES = {
    50: ("2cb95161c43110f7111970584f804107", "4d473c1dd8becc155b73f8504c6f6626"),
    101: ("f1aeb4b969a6efcfb50fad2f0c20cfc5", "88cf7a10940856eca736dc7b7e228a21"),
    152: ("100835be76be38e30d865e96f2aaae62", "ee4c566cf9a93f14d82f913c2dc6dd0c"),
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
    """ResNet with {kind} layers that have weights: He et al. (2016), arXiv:1512.03385.

    The arguments are those of all architectures, see `applications`; images are 224 × 224, at least 32 × 32.
    """
    request = Request(include_top, weights, input_tensor, input_shape, pooling, classes, classifier_activation, name)
    return residual(request, depth, _stage, "", HASHES[depth])


ResNet50 = variant(_resnet, 50, "ResNet50", "resnet50")
ResNet101 = variant(_resnet, 101, "ResNet101", "resnet101")
ResNet152 = variant(_resnet, 152, "ResNet152", "resnet152")


def _stage(x, filters, blocks, index, name):
    """Blocks of one size of image; the first of them halves it, except in the first stage."""
    x = _block(x, filters, 1 if index == 0 else 2, f"{name}_block1", widens=True)
    for number in range(2, blocks + 1):
        x = _block(x, filters, 1, f"{name}_block{number}")
    return x


def _block(x, filters, stride, name, widens=False):
    """Three convolutions beside a shortcut; `widens` gives the shortcut a convolution of its own."""
    shortcut = x
    if widens:
        shortcut = layers.Conv2D(4 * filters, 1, strides=stride, name=f"{name}_0_conv")(x)
        shortcut = normalized(shortcut, f"{name}_0_bn")
    x = layers.Conv2D(filters, 1, strides=stride, name=f"{name}_1_conv")(x)
    x = rectified(normalized(x, f"{name}_1_bn"), f"{name}_1_relu")
    x = layers.Conv2D(filters, 3, padding="same", name=f"{name}_2_conv")(x)
    x = rectified(normalized(x, f"{name}_2_bn"), f"{name}_2_relu")
    x = normalized(layers.Conv2D(4 * filters, 1, name=f"{name}_3_conv")(x), f"{name}_3_bn")
    return rectified(layers.Add(name=f"{name}_add")([shortcut, x]), f"{name}_out")


def preprocess_input(x, data_format=None):
    """Blue, green and red from 0 to 255, each minus its mean over ImageNet; see `imagenet_utils.preprocess_input`."""
    return imagenet_utils.preprocess_input(x, data_format, mode="caffe")
