"""Where a graph begins: `Input` and its layer."""

from nbkeras.layers.layer import Layer
from nbkeras.symbolic import KerasTensor, Node

__all__ = ["Input", "InputLayer"]


class InputLayer(Layer):
    """The source of a symbolic tensor; `Input(...)` makes one and returns its tensor.

    Args:
        shape: without the batch axis; `None` for unknown sizes.
        batch_size: default unknown.
        dtype: default `floatx()`.
        batch_shape: the shape with the batch axis, instead of `shape` and `batch_size`.
        input_tensor: a symbolic tensor to take shape and dtype from.
        optional: whether `None` may be passed for this input.
        name: of the layer, and of the key in dictionaries of inputs.
    """

    batch_shape: tuple

    def __init__(
        self,
        shape=None,
        batch_size=None,
        dtype=None,
        sparse=None,
        ragged=None,
        batch_shape=None,
        input_tensor=None,
        optional=False,
        name=None,
        **kwargs,
    ):
        if input_tensor is not None:
            batch_shape, dtype = input_tensor.shape, dtype or input_tensor.dtype
        if shape is not None and batch_shape is not None:
            raise ValueError("Input takes shape or batch_shape, got both")
        if shape is None and batch_shape is None:
            raise ValueError("Input needs a shape: Input((8,)) for rows of 8 numbers")
        if sparse or ragged:
            raise ValueError("sparse and ragged inputs are not supported; pass a dense array")
        super().__init__(dtype=dtype, name=name, **kwargs)
        self.batch_shape = _checked_shape(batch_shape if batch_shape is not None else (batch_size, *_as_tuple(shape)))
        self.sparse = bool(sparse)
        self.ragged = bool(ragged)
        self.optional = optional
        self.built = True
        tensor = KerasTensor(self.batch_shape, self.dtype, name=self.name)
        self._nodes.append(Node(self, (), {}, tensor))

    def call(self, *args):
        raise TypeError(f"{self.title} is where a graph begins; it cannot be called")

    def get_config(self):
        base = super().get_config()
        for replaced in ("shape", "batch_size", "input_tensor"):
            base.pop(replaced, None)
        base["dtype"] = self.dtype
        base.pop("trainable")
        return base


def Input(
    shape=None,
    batch_size=None,
    dtype=None,
    sparse=None,
    ragged=None,
    batch_shape=None,
    name=None,
    tensor=None,
    optional=False,
):
    """A symbolic tensor with which a model begins.

    Args:
        shape: without the batch axis; `None` for unknown sizes.
        batch_size: default unknown.
        dtype: default `floatx()`.
        batch_shape: the shape with the batch axis, instead of `shape` and `batch_size`.
        name: of the input layer, and of the key in dictionaries of inputs.

    Example:
        >>> Input((8,), name="row").shape
        (None, 8)
    """
    return InputLayer(
        shape=shape,
        batch_size=batch_size,
        dtype=dtype,
        sparse=sparse,
        ragged=ragged,
        batch_shape=batch_shape,
        input_tensor=tensor,
        optional=optional,
        name=name,
    ).output


def _as_tuple(shape):
    return (shape,) if isinstance(shape, int) else tuple(shape)


def _checked_shape(shape):
    for size in shape:
        if size is not None and (isinstance(size, bool) or not hasattr(size, "__index__") or size < 0):
            raise ValueError(f"Input expects sizes that are positive integers or None, got {tuple(shape)}")
    return tuple(None if size is None else int(size) for size in shape)
