"""Images turned, moved, enlarged and slanted at random, and their boxes and masks with them."""

import math

from nbkeras import config, ops
from nbkeras.layers.image_preprocessing.ranges import around_zero, interval, unsigned
from nbkeras.layers.image_preprocessing.warping import Warp

__all__ = ["RandomRotation", "RandomShear", "RandomTranslation", "RandomZoom"]


class RandomRotation(Warp):
    """In training, turns each image about its middle.

    Args:
        factor: in turns, drawn from a pair within -1 and 1, or from `-factor` to `factor`; positive is
            counterclockwise.
        fill_mode: what comes in from beyond the border, as of `ops.image.map_coordinates`: `"reflect"`, `"wrap"`,
            `"constant"` or `"nearest"`.
        interpolation: `"nearest"` or `"bilinear"`.
        seed: an integer, for a stream of its own.
        fill_value: for `"constant"`.

    Example:
        >>> image = np.arange(4, dtype="float32").reshape(2, 2, 1)
        >>> RandomRotation((0.25, 0.25))(image)[..., 0].round(3)
        array([[1., 3.],
               [0., 2.]], dtype=float32)
    """

    def __init__(
        self,
        factor,
        fill_mode="reflect",
        interpolation="bilinear",
        seed=None,
        fill_value=0.0,
        data_format=None,
        **kwargs,
    ):
        super().__init__(interpolation, fill_mode, fill_value, seed, data_format=data_format, **kwargs)
        self.factor = around_zero("factor", factor)

    def draw(self, shape, seed):
        count, height, width, _ = self._sizes(shape)
        angle = self._uniform((count,), [360.0 * f for f in self.factor], seed)
        cos, sin = ops.cos(angle * (math.pi / 180)), ops.sin(angle * (math.pi / 180))
        x, y = (width - 1) / 2, (height - 1) / 2
        zero = ops.zeros_like(cos)
        rows = [cos, -sin, x - x * cos + y * sin, sin, cos, y - x * sin - y * cos, zero, zero]
        return {"angle": angle, "rotation_matrix": ops.stack(rows, axis=1), "input_shape": shape}

    def matrix(self, transformation):
        return transformation["rotation_matrix"]


class RandomTranslation(Warp):
    """In training, moves each image.

    Args:
        height_factor, width_factor: shares of the height (downwards) and of the width (to the right), drawn from pairs
            within -1 and 1, or from `-factor` to `factor`.
        fill_mode, interpolation, fill_value: as of `RandomRotation`.
        seed: an integer, for a stream of its own.

    Example:
        >>> image = np.arange(4, dtype="float32").reshape(2, 2, 1)
        >>> RandomTranslation(0.0, (0.5, 0.5), fill_mode="constant")(image)[..., 0]
        array([[0., 0.],
               [0., 2.]], dtype=float32)
    """

    def __init__(
        self,
        height_factor,
        width_factor,
        fill_mode="reflect",
        interpolation="bilinear",
        seed=None,
        fill_value=0.0,
        data_format=None,
        **kwargs,
    ):
        super().__init__(interpolation, fill_mode, fill_value, seed, data_format=data_format, **kwargs)
        self._height = around_zero("height_factor", height_factor)
        self._width = around_zero("width_factor", width_factor)
        self.height_factor = height_factor
        self.width_factor = width_factor

    def draw(self, shape, seed):
        count, height, width, _ = self._sizes(shape)
        down = self._uniform((count, 1), self._height, seed) * height
        across = self._uniform((count, 1), self._width, seed) * width
        return {"translations": ops.concatenate([across, down], axis=1), "input_shape": shape}

    def matrix(self, transformation):
        x, y = ops.unstack(transformation["translations"], axis=1)
        one, zero = ops.ones_like(x), ops.zeros_like(x)
        return ops.stack([one, zero, -x, zero, one, -y, zero, zero], axis=1)


class RandomZoom(Warp):
    """In training, enlarges or shrinks each image about its middle.

    Args:
        height_factor: drawn from a pair within -1 and 1, or from `-factor` to `factor`: -0.2 shows 20 % less of the
            height, larger; 0.2 shows it 20 % smaller, with more around it.
        width_factor: the same of the width; default as the height, so that proportions stay.
        fill_mode, interpolation, fill_value: as of `RandomRotation`.
        seed: an integer, for a stream of its own.

    Example:
        >>> RandomZoom((-0.5, -0.5))(np.zeros((8, 8, 3), "float32")).shape
        (8, 8, 3)
    """

    def __init__(
        self,
        height_factor,
        width_factor=None,
        fill_mode="reflect",
        interpolation="bilinear",
        seed=None,
        fill_value=0.0,
        data_format=None,
        **kwargs,
    ):
        super().__init__(interpolation, fill_mode, fill_value, seed, data_format=data_format, **kwargs)
        self._height = around_zero("height_factor", height_factor)
        self._width = None
        if width_factor is not None:
            self._width = around_zero("width_factor", width_factor)
        if -1 in (*self._height, *(self._width or ())):
            raise ValueError(
                "height_factor and width_factor must be above -1, where nothing is left of an image, got "
                f"{height_factor!r} and {width_factor!r}"
            )
        self.height_factor = height_factor
        self.width_factor = width_factor

    def draw(self, shape, seed):
        count = self._sizes(shape)[0]
        vertical = 1.0 + self._uniform((count, 1), self._height, seed)
        horizontal = vertical if self._width is None else 1.0 + self._uniform((count, 1), self._width, seed)
        return {"height_zoom": vertical, "width_zoom": horizontal, "input_shape": shape}

    def matrix(self, transformation):
        _, height, width, _ = self._sizes(transformation["input_shape"])
        x, y = transformation["width_zoom"][:, 0], transformation["height_zoom"][:, 0]
        zero = ops.zeros_like(x)
        rows = [x, zero, (width - 1) / 2 * (1.0 - x), zero, y, (height - 1) / 2 * (1.0 - y), zero, zero]
        return ops.stack(rows, axis=1)


class RandomShear(Warp):
    """In training, slants each image, its upper left corner staying.

    Args:
        x_factor, y_factor: how far a row moves against the one above, and a column against the one before, in pixels:
            drawn from pairs within 0 and 1 or from `-factor` to `factor`; the direction is random.
        interpolation, fill_mode, fill_value: as of `RandomRotation`.
        seed: an integer, for a stream of its own.

    Example:
        >>> RandomShear(x_factor=0.2)(np.zeros((8, 8, 3), "float32")).shape
        (8, 8, 3)
    """

    def __init__(
        self,
        x_factor=0.0,
        y_factor=0.0,
        interpolation="bilinear",
        fill_mode="reflect",
        fill_value=0.0,
        data_format=None,
        seed=None,
        **kwargs,
    ):
        super().__init__(interpolation, fill_mode, fill_value, seed, data_format=data_format, **kwargs)
        self.x_factor = _shear("x_factor", x_factor)
        self.y_factor = _shear("y_factor", y_factor)

    def draw(self, shape, seed):
        count = self._sizes(shape)[0]
        direction = ops.where(self._uniform((count, 1), (0.0, 1.0), seed) > 0.5, -1.0, 1.0)
        amounts = [self._uniform((count, 1), factor, seed) for factor in (self.x_factor, self.y_factor)]
        return {"shear_factor": ops.concatenate(amounts, axis=1) * direction, "input_shape": shape}

    def matrix(self, transformation):
        x, y = ops.unstack(ops.cast(transformation["shear_factor"], config.floatx()), axis=1)
        one, zero = ops.ones_like(x), ops.zeros_like(x)
        return ops.stack([one, x, zero, y, one, zero, zero, zero], axis=1)


def _shear(name, value):
    """A pair within 0 and 1 as it is; a number stands for both directions."""
    value = unsigned(value)
    return interval(name, value, 0, 1) if isinstance(value, (tuple, list)) else around_zero(name, value)
