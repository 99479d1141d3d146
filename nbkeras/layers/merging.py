"""Layers of several inputs: elementwise sums, products and the like, concatenation, and inner products."""

from functools import reduce

from nbkeras import ops
from nbkeras.layers.layer import Layer
from nbkeras.symbolic import shown

__all__ = [
    "Add",
    "Average",
    "Concatenate",
    "Dot",
    "Maximum",
    "Minimum",
    "Multiply",
    "Subtract",
    "add",
    "average",
    "concatenate",
    "dot",
    "maximum",
    "minimum",
    "multiply",
    "subtract",
]


class Merge(Layer):
    """What merging layers share: a list of inputs that agree in all but, perhaps, sizes of 1 and leading axes."""

    least: int = 1  # how many inputs it takes
    most: int | None = None

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def build(self, input_shape):
        if not isinstance(input_shape, list):
            raise ValueError(f"{self.title} expects a list of tensors, got one of shape {shown(input_shape)}")
        shapes = [shown(shape) for shape in input_shape]
        if len(shapes) < self.least or (self.most and len(shapes) > self.most):
            count = f"exactly {self.most}" if self.most else f"at least {self.least}"
            raise ValueError(f"{self.title} expects {count} inputs, got {len(shapes)}: {_listed(shapes)}")
        if len({shape[0] for shape in shapes if shape and shape[0] is not None}) > 1:
            raise ValueError(f"{self.title} expects inputs of one batch size, got {_listed(shapes)}")
        self.check(shapes)

    def check(self, shapes):
        """Raises ValueError where the shapes do not go together: here, unless they broadcast."""
        for sizes in zip(*(shape[:0:-1] for shape in _aligned(shapes))):
            if len({size for size in sizes if size not in (None, 1)}) > 1:
                raise ValueError(
                    f"{self.title} expects inputs of equal shapes, or sizes of 1 that repeat, got {_listed(shapes)}; "
                    "bring them to one shape, e.g. by a Dense or a Conv2D(…, 1)"
                )

    def call(self, inputs):
        rank = max(len(x.shape) for x in inputs)
        return self.merge([_with_rank(x, rank) for x in inputs])

    def merge(self, inputs):
        """The result for inputs of equal rank; override it."""
        raise NotImplementedError

    def compute_mask(self, inputs, mask=None):
        """Where any input counts; no mask unless all inputs have one."""
        if mask is None or any(one is None for one in mask):
            return None
        return reduce(ops.logical_or, mask)


class Add(Merge):
    """The sum of the inputs, elementwise.

    Inputs may differ in sizes that are 1, and in the number of axes: missing ones are put in after the batch.

    Example:
        >>> Add()([np.array([[1.0, 2.0]]), np.array([[10.0, 20.0]])])
        array([[11., 22.]], dtype=float32)
    """

    def merge(self, inputs):
        return reduce(ops.add, inputs)


class Subtract(Merge):
    """The first of two inputs minus the second."""

    least = most = 2

    def merge(self, inputs):
        return ops.subtract(*inputs)


class Multiply(Merge):
    """The product of the inputs, elementwise."""

    def merge(self, inputs):
        return reduce(ops.multiply, inputs)


class Average(Merge):
    """The mean of the inputs, elementwise."""

    def merge(self, inputs):
        return reduce(ops.add, inputs) / len(inputs)


class Maximum(Merge):
    """The largest of the inputs, elementwise."""

    def merge(self, inputs):
        return reduce(ops.maximum, inputs)


class Minimum(Merge):
    """The smallest of the inputs, elementwise."""

    def merge(self, inputs):
        return reduce(ops.minimum, inputs)


class Concatenate(Merge):
    """The inputs one after the other along `axis`; all other sizes must agree.

    Example:
        >>> Concatenate()([np.zeros((2, 3)), np.ones((2, 1))]).shape
        (2, 4)
    """

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.axis = axis

    def check(self, shapes):
        ranks = {len(shape) for shape in shapes}
        others = [
            {shape[i] for shape in shapes if shape[i] is not None}
            for i in range(min(ranks))
            if i != self.axis % min(ranks)
        ]
        if len(ranks) > 1 or any(len(sizes) > 1 for sizes in others):
            raise ValueError(
                f"{self.title} expects inputs whose shapes agree in all axes but axis {self.axis}, "
                f"got {_listed(shapes)}{self._cure(shapes)}"
            )

    def _cure(self, shapes):
        """The axis along which the shapes would fit, if there is one."""
        ranks = {len(shape) for shape in shapes}
        differ = [axis for axis, sizes in enumerate(zip(*shapes)) if len(set(sizes)) > 1]
        if len(ranks) == 1 and len(differ) == 1:
            return f"; they would fit with axis={differ[0]}"
        return "; put Flatten() or Reshape(…) before it" if len(ranks) > 1 else ""

    def call(self, inputs):
        return ops.concatenate(inputs, axis=self.axis)

    def compute_mask(self, inputs, mask=None):
        """A step counts where any of the joined entries does; an input without a mask counts everywhere."""
        if mask is None or all(one is None for one in mask):
            return None
        masks = [self._entries(x, one) for x, one in zip(inputs, mask)]
        return ops.any(ops.concatenate(masks, axis=self.axis), axis=-1)

    @staticmethod
    def _entries(x, mask):
        """The mask of each single entry of `x`."""
        if mask is None:
            return ops.ones(x.shape, dtype="bool")
        missing = len(x.shape) - len(mask.shape)
        mask = ops.reshape(ops.cast(mask, "bool"), (*mask.shape, *(1,) * missing))
        return ops.broadcast_to(mask, x.shape)


class Dot(Merge):
    """Inner products of two inputs, sample by sample, along an axis of each.

    Args:
        axes: the axis of both, or a pair with one for each. Axis 0 is the batch.
        normalize: scale along these axes to length 1 first; the result is the cosine of the angle.

    Inputs of shapes (batch, a, n) and (batch, b, n) with `axes=2` give (batch, a, b); two of shape (batch, n) with
    `axes=1` give (batch, 1).
    """

    least = most = 2

    def __init__(self, axes, normalize=False, **kwargs):
        super().__init__(**kwargs)
        pair = [axes, axes] if isinstance(axes, int) else axes
        if not isinstance(pair, (list, tuple)) or len(pair) != 2 or not all(isinstance(a, int) for a in pair):
            raise ValueError(f"axes must be an integer or a pair of integers, got {axes!r}")
        if 0 in pair:
            raise ValueError(f"axes must not be 0, the batch, got {axes!r}")
        self.axes = axes
        self.normalize = normalize

    def check(self, shapes):
        first, second = (axis % len(shape) for axis, shape in zip(self._pair, shapes))
        sizes = shapes[0][first], shapes[1][second]
        if None not in sizes and sizes[0] != sizes[1]:
            raise ValueError(
                f"{self.title} expects equal sizes along axes {first} and {second}, got {sizes[0]} and {sizes[1]} in "
                f"{_listed(shapes)}"
            )

    @property
    def _pair(self):
        return (self.axes, self.axes) if isinstance(self.axes, int) else self.axes

    def call(self, inputs):
        x, y = inputs
        if self.normalize:
            x, y = (ops.normalize(t, axis=axis, order=2, epsilon=1e-12) for t, axis in zip(inputs, self._pair))
        result = ops.einsum(self._equation(len(x.shape), len(y.shape)), x, y)
        return ops.expand_dims(result, 1) if len(result.shape) == 1 else result

    def _equation(self, rank, other):
        """`bij,bkj->bik`, say: the batch and the summed axis are shared, all others stay."""
        first = list("abcdefgh"[:rank])
        second = list("anopqrst"[:other])
        summed = self._pair[0] % rank
        second[self._pair[1] % other] = first[summed]
        kept = first[:summed] + first[summed + 1 :] + [s for s in second if s not in first]
        return f"{''.join(first)},{''.join(second)}->{''.join(kept)}"

    def compute_mask(self, inputs, mask=None):
        return None


def add(inputs, **kwargs):
    """The sum of the inputs: `Add(**kwargs)(inputs)`."""
    return Add(**kwargs)(inputs)


def subtract(inputs, **kwargs):
    """The first of two inputs minus the second: `Subtract(**kwargs)(inputs)`."""
    return Subtract(**kwargs)(inputs)


def multiply(inputs, **kwargs):
    """The product of the inputs: `Multiply(**kwargs)(inputs)`."""
    return Multiply(**kwargs)(inputs)


def average(inputs, **kwargs):
    """The mean of the inputs: `Average(**kwargs)(inputs)`."""
    return Average(**kwargs)(inputs)


def maximum(inputs, **kwargs):
    """The largest of the inputs: `Maximum(**kwargs)(inputs)`."""
    return Maximum(**kwargs)(inputs)


def minimum(inputs, **kwargs):
    """The smallest of the inputs: `Minimum(**kwargs)(inputs)`."""
    return Minimum(**kwargs)(inputs)


def concatenate(inputs, axis=-1, **kwargs):
    """The inputs one after the other along `axis`: `Concatenate(axis, **kwargs)(inputs)`."""
    return Concatenate(axis=axis, **kwargs)(inputs)


def dot(inputs, axes=-1, **kwargs):
    """Inner products of two inputs along `axes`: `Dot(axes, **kwargs)(inputs)`."""
    return Dot(axes=axes, **kwargs)(inputs)


def _with_rank(x, rank):
    """`x` with axes of size 1 after the batch, to have `rank` axes."""
    missing = rank - len(x.shape)
    return ops.reshape(x, (x.shape[0], *(1,) * missing, *x.shape[1:])) if missing else x


def _aligned(shapes):
    rank = max(map(len, shapes))
    return [(*shape[:1], *(1,) * (rank - len(shape)), *shape[1:]) for shape in shapes]


def _listed(shapes):
    return " and ".join(map(str, shapes))
