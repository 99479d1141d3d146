"""Layers that move, repeat, add or cut cells and compute nothing."""

from math import prod

from nbkeras import config, ops
from nbkeras.layers.arguments import choice, integer_tuple, positive_integer, side_pairs
from nbkeras.layers.layer import InputSpec, Layer
from nbkeras.layers.layouts import channels_spec, spatial_axes
from nbkeras.ops.interpolation import INTERPOLATIONS, resize_axis
from nbkeras.symbolic import shown

__all__ = [
    "Cropping1D",
    "Cropping2D",
    "Cropping3D",
    "Flatten",
    "Permute",
    "RepeatVector",
    "Reshape",
    "UpSampling1D",
    "UpSampling2D",
    "UpSampling3D",
    "ZeroPadding1D",
    "ZeroPadding2D",
    "ZeroPadding3D",
]


class Flatten(Layer):
    """All axes but the batch as one: (batch, 4, 4, 8) → (batch, 128).

    Args:
        data_format: with `"channels_first"` the channels are moved last before, so that weights of a following `Dense`
            mean the same in both layouts.
    """

    def __init__(self, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.data_format = config.standardize_data_format(data_format)
        self.input_spec = InputSpec(min_ndim=1)

    def call(self, x):
        if self.data_format == "channels_first" and len(x.shape) > 2:
            x = ops.moveaxis(x, 1, -1)
        return ops.reshape(x, (x.shape[0], prod(x.shape[1:])))


class Reshape(Layer):
    """The same numbers in another shape.

    Args:
        target_shape: without the batch axis; one size may be -1 or `None`, and follows from the others.

    Example:
        >>> Reshape((-1, 2))(np.zeros((5, 6))).shape
        (5, 3, 2)
    """

    def __init__(self, target_shape, **kwargs):
        super().__init__(**kwargs)
        self.target_shape = (target_shape,) if isinstance(target_shape, int) else tuple(target_shape)
        if sum(size in (-1, None) for size in self.target_shape) > 1:
            raise ValueError(f"target_shape may leave one size open (-1 or None), got {self.target_shape}")

    def call(self, x):
        return ops.reshape(x, (x.shape[0], *self._complete(x.shape[1:])))

    def _complete(self, shape):
        """The target shape for inputs of `shape`, both without batch."""
        known = prod(size for size in self.target_shape if size not in (-1, None))
        cells = prod(shape)
        open_size = cells // known if known else 0
        target = tuple(open_size if size in (-1, None) else size for size in self.target_shape)
        if prod(target) != cells and None not in shown(shape):
            raise ValueError(
                f"{self.title} expects inputs that fill {self.target_shape}, got {cells} numbers for each sample: "
                f"shape {shown(shape)}; choose sizes whose product is {cells}, one of them may be -1"
            )
        return target


class Permute(Layer):
    """Axes in another order.

    Args:
        dims: for each axis of the output the axis of the input, counted from 1; the batch is axis 0 and stays.
            `(2, 1)` swaps the two axes after the batch.
    """

    def __init__(self, dims, **kwargs):
        super().__init__(**kwargs)
        self.dims = tuple(dims)
        if sorted(self.dims) != list(range(1, len(self.dims) + 1)):
            raise ValueError(f"dims must hold each of 1 … {len(self.dims)} once, got {self.dims}")
        self.input_spec = InputSpec(ndim=len(self.dims) + 1)

    def call(self, x):
        return ops.transpose(x, (0, *self.dims))


class RepeatVector(Layer):
    """Each row `n` times: (batch, features) → (batch, n, features)."""

    def __init__(self, n, **kwargs):
        super().__init__(**kwargs)
        self.n = positive_integer("n", n)
        self.input_spec = InputSpec(ndim=2, layout="(batch, features)")

    def call(self, x):
        return ops.repeat(ops.expand_dims(x, 1), self.n, axis=1)


class ZeroPadding(Layer):
    """Zeros around the spatial axes; `rank` is their number."""

    rank: int

    def __init__(self, padding=1, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.data_format = config.standardize_data_format(data_format)
        pairs = side_pairs("padding", padding, self.rank)
        self.padding = pairs if self.rank > 1 else pairs[0]
        self.input_spec = channels_spec(self.rank, self.data_format)

    def call(self, x):
        pairs = [(0, 0)] * len(x.shape)
        for axis, pair in zip(spatial_axes(self.rank, self.data_format), _pairs(self.padding, self.rank)):
            pairs[axis] = pair
        return ops.pad(x, tuple(pairs))


class ZeroPadding1D(ZeroPadding):
    """Zeros before and after a sequence: (batch, steps, channels) → (batch, more steps, channels).

    Args:
        padding: how many on each side, or a pair (before, after).
        data_format: `"channels_last"` or `"channels_first"`.
    """

    rank = 1


class ZeroPadding2D(ZeroPadding):
    """Zeros around an image: (batch, height, width, channels) → the same, larger.

    Args:
        padding: rows and columns on each side: one integer, a pair (rows, columns), or
            ((above, below), (left, right)).
        data_format: `"channels_last"` or `"channels_first"`.
    """

    rank = 2


class ZeroPadding3D(ZeroPadding):
    """Zeros around a volume; arguments as `ZeroPadding2D`, with three axes."""

    rank = 3


class Cropping(Layer):
    """Cuts cells off the spatial axes; `rank` is their number."""

    rank: int

    def __init__(self, cropping, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.data_format = config.standardize_data_format(data_format)
        pairs = side_pairs("cropping", cropping, self.rank)
        self.cropping = pairs if self.rank > 1 else pairs[0]
        self.input_spec = channels_spec(self.rank, self.data_format)

    def call(self, x):
        kept = [slice(None)] * len(x.shape)
        for axis, (before, after) in zip(spatial_axes(self.rank, self.data_format), _pairs(self.cropping, self.rank)):
            size = x.shape[axis]
            if before + after >= size:
                raise ValueError(
                    f"{self.title} expects inputs larger than what it cuts off, {before} + {after} cells along axis "
                    f"{axis}, got {size} in {shown(x.shape)}"
                )
            kept[axis] = slice(before, size - after)
        return x[tuple(kept)]


class Cropping1D(Cropping):
    """Cuts steps off a sequence: (batch, steps, channels) → (batch, fewer steps, channels).

    Args:
        cropping: how many on each side, or a pair (first, last).
    """

    rank = 1

    def __init__(self, cropping=(1, 1), **kwargs):
        super().__init__(cropping, "channels_last", **kwargs)


class Cropping2D(Cropping):
    """Cuts rows and columns off an image: (batch, height, width, channels) → the same, smaller.

    Args:
        cropping: rows and columns on each side: one integer, a pair (rows, columns), or
            ((above, below), (left, right)).
        data_format: `"channels_last"` or `"channels_first"`.
    """

    rank = 2

    def __init__(self, cropping=((0, 0), (0, 0)), data_format=None, **kwargs):
        super().__init__(cropping, data_format, **kwargs)


class Cropping3D(Cropping):
    """Cuts off the sides of a volume; arguments as `Cropping2D`, with three axes."""

    rank = 3

    def __init__(self, cropping=((1, 1), (1, 1), (1, 1)), data_format=None, **kwargs):
        super().__init__(cropping, data_format, **kwargs)


class UpSampling1D(Layer):
    """Each step `size` times: (batch, steps, channels) → (batch, size · steps, channels)."""

    def __init__(self, size=2, **kwargs):
        super().__init__(**kwargs)
        self.size = positive_integer("size", size)
        self.input_spec = channels_spec(1, "channels_last")

    def call(self, x):
        return ops.repeat(x, self.size, axis=1)


class UpSampling2D(Layer):
    """A larger image: (batch, height, width, channels) → (batch, a · height, b · width, channels).

    Args:
        size: the factors (a, b), or one integer for both.
        data_format: `"channels_last"` or `"channels_first"`.
        interpolation: `"nearest"` repeats cells; `"bilinear"`, `"bicubic"`, `"lanczos3"` and `"lanczos5"` blend them.
    """

    def __init__(self, size=(2, 2), data_format=None, interpolation="nearest", **kwargs):
        super().__init__(**kwargs)
        self.size = integer_tuple("size", size, 2)
        self.data_format = config.standardize_data_format(data_format)
        self.interpolation = choice("interpolation", interpolation, ("nearest", *INTERPOLATIONS))
        self.input_spec = channels_spec(2, self.data_format)

    def call(self, x):
        for axis, factor in zip(spatial_axes(2, self.data_format), self.size):
            if self.interpolation == "nearest":
                x = ops.repeat(x, factor, axis=axis)
            else:
                x = resize_axis(x, axis, factor * x.shape[axis], self.interpolation)
        return x


class UpSampling3D(Layer):
    """A larger volume, each cell repeated.

    Args:
        size: the factors along the three spatial axes, or one integer for all.
        data_format: `"channels_last"` or `"channels_first"`.
    """

    def __init__(self, size=(2, 2, 2), data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.size = integer_tuple("size", size, 3)
        self.data_format = config.standardize_data_format(data_format)
        self.input_spec = channels_spec(3, self.data_format)

    def call(self, x):
        for axis, factor in zip(spatial_axes(3, self.data_format), self.size):
            x = ops.repeat(x, factor, axis=axis)
        return x


def _pairs(sides, rank):
    """A pair for each spatial axis, also where Keras' configuration holds the one pair by itself."""
    return sides if rank > 1 else (sides,)
