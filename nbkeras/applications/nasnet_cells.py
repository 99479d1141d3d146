"""The two cells that the search found: Figure 4 of arXiv:1707.07012. Each reads the results of the two before it."""

from nbkeras import layers
from nbkeras.applications.mobile import padded_for_stride

__all__ = ["normal_cell", "normalized", "reduction_cell"]


def normal_cell(x, before, filters, name):
    """A cell that keeps height and width; returns its result and `x`."""
    before = _adjusted(before, x, filters, name)
    h = _narrowed(x, filters, "normal", name)
    left = _separable(h, filters, 5, f"normal_left1_{name}")
    one = _sum([left, _separable(before, filters, 3, f"normal_right1_{name}")], f"normal_add_1_{name}")
    left = _separable(before, filters, 5, f"normal_left2_{name}")
    two = _sum([left, _separable(before, filters, 3, f"normal_right2_{name}")], f"normal_add_2_{name}")
    three = _sum([_averaged(h, f"normal_left3_{name}"), before], f"normal_add_3_{name}")
    left = _averaged(before, f"normal_left4_{name}")
    four = _sum([left, _averaged(before, f"normal_right4_{name}")], f"normal_add_4_{name}")
    five = _sum([_separable(h, filters, 3, f"normal_left5_{name}"), h], f"normal_add_5_{name}")
    return layers.concatenate([before, one, two, three, four, five], axis=-1, name=f"normal_concat_{name}"), x


def reduction_cell(x, before, filters, name):
    """A cell that halves height and width; returns its result and `x`."""
    before = _adjusted(before, x, filters, name)
    h = _narrowed(x, filters, "reduction", name)
    padded = padded_for_stride(h, 3, f"reduction_pad_1_{name}")
    left = _separable(h, filters, 5, f"reduction_left1_{name}", stride=2)
    right = _separable(before, filters, 7, f"reduction_right1_{name}", stride=2)
    one = _sum([left, right], f"reduction_add_1_{name}")
    left = _largest(padded, f"reduction_left2_{name}")
    right = _separable(before, filters, 7, f"reduction_right2_{name}", stride=2)
    two = _sum([left, right], f"reduction_add_2_{name}")
    left = layers.AveragePooling2D((3, 3), strides=(2, 2), padding="valid", name=f"reduction_left3_{name}")(padded)
    right = _separable(before, filters, 5, f"reduction_right3_{name}", stride=2)
    three = _sum([left, right], f"reduction_add3_{name}")
    four = _sum([two, _averaged(one, f"reduction_left4_{name}")])
    left = _separable(one, filters, 3, f"reduction_left4_{name}")
    five = _sum([left, _largest(padded, f"reduction_right5_{name}")], f"reduction_add4_{name}")
    return layers.concatenate([two, three, four, five], axis=-1, name=f"reduction_concat_{name}"), x


def normalized(x, name):
    """Batch normalisation."""
    return layers.BatchNormalization(axis=-1, momentum=0.9997, epsilon=1e-3, name=name)(x)


def _adjusted(before, x, filters, name):
    """The result of the cell before the last, made as high, wide and deep as this cell needs it."""
    if before is None:
        return x
    if before.shape[-2] != x.shape[-2]:
        return _halved(before, filters, name)
    if before.shape[-1] == filters:
        return before
    before = layers.Activation("relu")(before)
    return normalized(_convolved(before, filters, f"adjust_conv_projection_{name}"), f"adjust_bn_{name}")


def _halved(x, filters, name):
    """Every second pixel, once from the first on and once from the second on, half the filters each."""
    x = layers.Activation("relu", name=f"adjust_relu_1_{name}")(x)
    even = _convolved(_second(x, f"adjust_avg_pool_1_{name}"), filters // 2, f"adjust_conv_1_{name}")
    odd = layers.ZeroPadding2D(((0, 1), (0, 1)))(x)
    odd = layers.Cropping2D(((1, 0), (1, 0)))(odd)
    odd = _convolved(_second(odd, f"adjust_avg_pool_2_{name}"), filters // 2, f"adjust_conv_2_{name}")
    return normalized(layers.concatenate([even, odd], axis=-1), f"adjust_bn_{name}")


def _second(x, name):
    return layers.AveragePooling2D((1, 1), strides=(2, 2), padding="valid", name=name)(x)


def _narrowed(x, filters, kind, name):
    x = layers.Activation("relu")(x)
    return normalized(_convolved(x, filters, f"{kind}_conv_1_{name}"), f"{kind}_bn_1_{name}")


def _convolved(x, filters, name):
    return layers.Conv2D(filters, (1, 1), padding="same", use_bias=False, kernel_initializer="he_normal", name=name)(x)


def _separable(x, filters, size, name, stride=1):
    """Twice ReLU, a separable convolution and batch normalisation."""
    x, padding = layers.Activation("relu")(x), "same"
    if stride == 2:
        x, padding = padded_for_stride(x, size, f"separable_conv_1_pad_{name}"), "valid"
    x = layers.SeparableConv2D(
        filters,
        (size, size),
        strides=(stride, stride),
        name=f"separable_conv_1_{name}",
        padding=padding,
        use_bias=False,
    )(x)
    x = layers.Activation("relu")(normalized(x, f"separable_conv_1_bn_{name}"))
    x = layers.SeparableConv2D(filters, (size, size), name=f"separable_conv_2_{name}", padding="same", use_bias=False)(
        x
    )
    return normalized(x, f"separable_conv_2_bn_{name}")


def _averaged(x, name):
    return layers.AveragePooling2D((3, 3), strides=(1, 1), padding="same", name=name)(x)


def _largest(x, name):
    return layers.MaxPooling2D((3, 3), strides=(2, 2), padding="valid", name=name)(x)


def _sum(parts, name=None):
    return layers.add(parts, name=name)
