"""Categories as vectors: the output modes that the preprocessing layers share."""

from math import prod

from nbkeras import ops
from nbkeras.layers.arguments import choice

__all__ = ["encoded", "encoded_shape", "output_mode_of"]

FORMER = {"binary": "multi_hot", "tf-idf": "tf_idf"}  # what older versions of Keras called them


def output_mode_of(value, modes):
    """`value` as one of `modes`, older names included."""
    return choice("output_mode", FORMER.get(value, value) if isinstance(value, str) else value, modes)


def encoded(indices, output_mode, depth, dtype, count_weights=None):
    """Integers as an output mode says; those that are not from 0 to `depth - 1` count for nothing.

    Args:
        indices: of shape `(…, n)`; `(…, 1)` counts as `(…)` where each integer has a vector of its own, and a single
            integer as `(1,)`.
        output_mode: `"int"`: as they are; `"one_hot"`: a vector for each; `"multi_hot"`: one vector for the last axis,
            with ones where an integer occurs; `"count"`: the same with how often it does.
        depth: of a vector.
        dtype: of the result.
        count_weights: what each integer counts for, of the shape of `indices`.
    """
    if output_mode == "int":
        return ops.cast(indices, dtype)
    if output_mode == "one_hot":
        shape = encoded_shape(indices.shape, output_mode, depth)
        return ops.one_hot(ops.reshape(indices, shape[:-1]), depth, dtype=dtype)
    counts = _counted(indices, depth, dtype, count_weights)
    return counts if output_mode == "count" else ops.cast(counts > 0, dtype)


def _counted(indices, depth, dtype, weights):
    """How often each integer occurs along the last axis; in the memory of the result, where one-hot vectors take more.

    An element past the last column collects what does not count.
    """
    shape = tuple(indices.shape) or (1,)
    rows, length = prod(shape[:-1]), shape[-1]
    indices = ops.reshape(indices, (rows, length))
    inside = ops.logical_and(indices >= 0, indices < depth)
    columns = ops.where(inside, indices, depth)
    lines = ops.broadcast_to(ops.reshape(ops.arange(rows, dtype="int32"), (rows, 1)), (rows, length))
    places = ops.reshape(ops.stack([lines, ops.cast(columns, "int32")], axis=-1), (-1, 2))
    values = ops.ones((rows * length,), dtype) if weights is None else ops.reshape(ops.cast(weights, dtype), (-1,))
    counts = ops.scatter(places, values, (rows, depth + 1))[:, :depth]
    return ops.reshape(counts, (*shape[:-1], depth))


def encoded_shape(shape, output_mode, depth):
    """The shape of `encoded` for indices of `shape`."""
    shape = tuple(shape)
    if output_mode == "int":
        return shape
    if output_mode == "one_hot":
        return (*(shape[:-1] if len(shape) > 1 and shape[-1] == 1 else shape or (1,)), depth)
    return (*shape[:-1], depth)
