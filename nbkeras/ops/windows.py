"""Convolution and pooling: Keras' signatures above the primitives, whose padding is explicit and channels last."""

import math

from nbkeras import config
from nbkeras.operators import OPS
from nbkeras.ops.dispatch import fused, op, run
from nbkeras.ops.dtypes import as_float, as_tensor, promoted
from nbkeras.ops.shaping import concatenate, moveaxis, reshape
from nbkeras.symbolic import shown

__all__ = [
    "adaptive_average_pool", "adaptive_max_pool", "average_pool", "conv", "conv_transpose", "depth_to_space",
    "depthwise_conv", "max_pool", "separable_conv", "space_to_depth",
]  # fmt: skip


def tupled(value, rank, name):
    """`value`, an int or a sequence, as a tuple of `rank` positive ints."""
    values = (value,) * rank if isinstance(value, int) else tuple(int(v) for v in value)
    if len(values) != rank or any(v < 1 for v in values):
        raise ValueError(f"{name} expects a positive int, or {rank} of them, got {value!r}")
    return values


def window_padding(sizes, window, strides, dilation, padding):
    """The cells `((before, after), …)` that `padding` (`"valid"`, `"same"`, or already pairs) adds around each axis."""
    if not isinstance(padding, str):
        return tuple((int(low), int(high)) for low, high in padding)
    if padding == "valid":
        return ((0, 0),) * len(sizes)
    if padding != "same":
        raise ValueError(f"padding must be 'valid' or 'same', got {padding!r}")
    pairs = []
    for n, k, s, d in zip(sizes, window, strides, dilation):
        total = max((math.ceil(n / s) - 1) * s + (k - 1) * d + 1 - n, 0)
        pairs.append((total // 2, total - total // 2))
    return tuple(pairs)


def _channels_last(function, inputs, data_format):
    """`function` on `inputs` with the channels at the end, whatever `data_format` says."""
    if config.standardize_data_format(data_format) == "channels_last":
        return function(inputs)
    return moveaxis(function(moveaxis(inputs, 1, -1)), -1, 1)


def _spatial_rank(inputs):
    rank = len(inputs.shape) - 2
    if rank < 1:
        raise ValueError(f"convolution and pooling expect (batch, spatial…, channels), got shape {shown(inputs.shape)}")
    return rank


@op
def conv(inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1, *, bias=None, activation=None):
    """The cross-correlation of `inputs` with `kernel`.

    Args:
        inputs: `(batch, spatial…, channels)`, or the channels first as `data_format` says.
        kernel: `(spatial…, channels / groups, filters)`; the number of groups follows from the channels.
        strides, dilation_rate: an int, or one for each spatial axis; not both above 1.
        padding: `"valid"` or `"same"`.
        bias, activation: what to add to each filter's output, and the name of the op to apply then; not of Keras, but
            a part of the same kernel.
    """
    inputs, kernel = promoted(as_float(inputs), as_float(kernel))
    rank = _spatial_rank(inputs)
    strides, dilation = tupled(strides, rank, "strides"), tupled(dilation_rate, rank, "dilation_rate")

    def convolved(x):
        windows = _geometry(x.shape, kernel.shape, strides, padding, dilation)
        if bias is None and activation is None:
            return run("conv", x, kernel, **windows)
        return _biased_conv(x, kernel, bias, **windows, activation=activation)

    return _channels_last(convolved, inputs, data_format)


def _geometry(shape, kernel_shape, strides, padding, dilation):
    channels, expected = int(shape[-1]), int(kernel_shape[-2])
    if channels % expected:
        raise ValueError(
            f"conv expects inputs whose channels are a multiple of {expected}, as the kernel of shape "
            f"{shown(kernel_shape)} has, got {channels} channels"
        )
    pairs = window_padding(shape[1:-1], kernel_shape[:-2], strides, dilation, padding)
    return {"strides": strides, "padding": pairs, "dilation": dilation, "groups": channels // expected}


@fused
def _biased_conv(x, kernel, bias, *, strides, padding, dilation, groups, activation):
    y = run("conv", x, kernel, strides=strides, padding=padding, dilation=dilation, groups=groups)
    y = y if bias is None else run("add", y, bias)
    return y if activation in (None, "linear") else OPS[activation](y)


@op
def depthwise_conv(
    inputs, kernel, strides=1, padding="valid", data_format=None, dilation_rate=1, *, bias=None, activation=None
):
    """The convolution of each channel with its own filters; `kernel` is `(spatial…, channels, multiplier)`."""
    kernel = as_float(kernel)
    *spatial, channels, multiplier = kernel.shape
    kernel = reshape(kernel, (*spatial, 1, channels * multiplier))
    return conv(inputs, kernel, strides, padding, data_format, dilation_rate, bias=bias, activation=activation)


@op
def separable_conv(
    inputs,
    depthwise_kernel,
    pointwise_kernel,
    strides=1,
    padding="valid",
    data_format=None,
    dilation_rate=1,
    *,
    bias=None,
    activation=None,
):
    """A depthwise convolution, then one with a kernel of size 1 across the channels."""
    x = depthwise_conv(inputs, depthwise_kernel, strides, padding, data_format, dilation_rate)
    return conv(x, pointwise_kernel, 1, "valid", data_format, bias=bias, activation=activation)


@op
def conv_transpose(inputs, kernel, strides=1, padding="valid", output_padding=None, data_format=None, dilation_rate=1):
    """The transpose of `conv`, as its gradient maps outputs to inputs.

    Args:
        inputs: `(batch, spatial…, channels)`.
        kernel: `(spatial…, filters, channels)`.
        output_padding: cells added to the end of the output, an int or one for each spatial axis; `None` makes the
            output the smallest from which `conv` leads back to the input's size.
    """
    inputs, kernel = promoted(as_float(inputs), as_float(kernel))
    rank = _spatial_rank(inputs)
    strides, dilation = tupled(strides, rank, "strides"), tupled(dilation_rate, rank, "dilation_rate")
    extra = (output_padding,) * rank if output_padding is None or isinstance(output_padding, int) else output_padding

    def transposed(x):
        crops = [
            _crop(n, (k - 1) * d + 1, s, padding, e)
            for n, k, s, d, e in zip(x.shape[1:-1], kernel.shape[:-2], strides, dilation, extra)
        ]
        shape = tuple(
            (n - 1) * s + (k - 1) * d + 1 - low - high
            for n, k, s, d, (low, high) in zip(x.shape[1:-1], kernel.shape[:-2], strides, dilation, crops)
        )
        return run(
            "conv_transpose", x, kernel, strides=strides, padding=tuple(crops), output_shape=shape, dilation=dilation
        )

    return _channels_last(transposed, inputs, data_format)


def _crop(n, k, s, padding, extra):
    """How many cells of the full result, `(n - 1) * s + k`, to cut at both ends; negative: zeros are added."""
    if padding == "valid":
        return 0, -(max(s - k, 0) if extra is None else extra)
    if padding != "same":
        raise ValueError(f"padding must be 'valid' or 'same', got {padding!r}")
    size = n * s if extra is None else (n - 1) * s + k % 2 + extra
    total = (n - 1) * s + k - size
    low = max(total // 2, 0)
    return low, total - low


def _pool(name, inputs, pool_size, strides, padding, data_format):
    inputs = as_tensor(inputs)
    rank = _spatial_rank(inputs)
    size = tupled(pool_size, rank, "pool_size")
    strides = size if strides is None else tupled(strides, rank, "strides")

    def pooled(x):
        pairs = window_padding(x.shape[1:-1], size, strides, (1,) * rank, padding)
        return run(name, x, size=size, strides=strides, padding=pairs)

    return _channels_last(pooled, inputs, data_format)


@op
def max_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    """The maximum of each window of `pool_size`; `strides` default to it."""
    return _pool("max_pool", inputs, pool_size, strides, padding, data_format)


@op
def average_pool(inputs, pool_size, strides=None, padding="valid", data_format=None):
    """The mean of each window of `pool_size` over the cells that exist; `strides` default to it."""
    return _pool("average_pool", as_float(inputs), pool_size, strides, padding, data_format)


def _adaptive(name, inputs, output_size, data_format):
    rank = _spatial_rank(inputs)
    sizes = (output_size,) * rank if isinstance(output_size, int) else tuple(output_size)

    def pooled(x):
        for axis, parts in enumerate(sizes, start=1):
            n = int(x.shape[axis])
            lead = (slice(None),) * axis
            bounds = [(i * n // parts, -(-(i + 1) * n // parts)) for i in range(parts)]
            pieces = [x[(*lead, slice(start, end))] for start, end in bounds]
            x = concatenate([run(name, piece, axis=axis, keepdims=True) for piece in pieces], axis)
        return x

    return _channels_last(pooled, inputs, data_format)


@op
def adaptive_average_pool(inputs, output_size, data_format=None):
    """Means over windows that divide each spatial axis into `output_size` parts."""
    return _adaptive("mean", as_float(inputs), output_size, data_format)


@op
def adaptive_max_pool(inputs, output_size, data_format=None):
    """Maxima over windows that divide each spatial axis into `output_size` parts."""
    return _adaptive("max", as_tensor(inputs), output_size, data_format)


@op
def depth_to_space(x, block_size, data_format="channels_last"):
    """Moves channels into blocks of `block_size` × `block_size` pixels."""
    b = block_size

    def move(x):
        n, h, w, c = x.shape
        x = reshape(x, (n, h, w, b, b, c // (b * b)))
        return reshape(run("transpose", x, axes=(0, 1, 3, 2, 4, 5)), (n, h * b, w * b, c // (b * b)))

    return _channels_last(move, as_tensor(x), data_format)


@op
def space_to_depth(x, block_size, data_format="channels_last"):
    """Moves blocks of `block_size` × `block_size` pixels into channels."""
    b = block_size

    def move(x):
        n, h, w, c = x.shape
        x = reshape(x, (n, h // b, b, w // b, b, c))
        return reshape(run("transpose", x, axes=(0, 1, 3, 2, 4, 5)), (n, h // b, w // b, c * b * b))

    return _channels_last(move, as_tensor(x), data_format)
