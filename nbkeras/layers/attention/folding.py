"""Attention over any axes as attention over one."""

import math

from nbkeras import ops

__all__ = ["Folding"]


class Folding:
    """Brings (batch, …, heads, size) into the form (…, length, heads, size), and results back.

    Args:
        query_shape, key_shape: of the projections.
        axes: along which a query looks for keys; `None`: all between the batch and the heads.

    Attributes:
        weights_shape: (…, heads, queries, keys).
    """

    def __init__(self, query_shape, key_shape, axes):
        last = len(query_shape) - 2
        self.axes = tuple(a % (last + 1) for a in axes) if axes is not None else tuple(range(1, last))
        self.rest = tuple(a for a in range(last) if a not in self.axes)
        self.order = (*self.rest, *self.axes, last, last + 1)
        self.batch = tuple(query_shape[a] for a in self.rest)
        self.query_lengths = tuple(query_shape[a] for a in self.axes)
        self.key_lengths = tuple(key_shape[a] for a in self.axes)
        lengths = math.prod(self.query_lengths), math.prod(self.key_lengths)
        self.weights_shape = (*self.batch, query_shape[-2], *lengths)

    def fold(self, x):
        """The attention axes as one, before the heads."""
        x = self._ordered(x, self.order)
        if len(self.axes) == 1:
            return x
        batch, rest = x.shape[: len(self.rest)], x.shape[-2:]
        return ops.reshape(x, (*batch, -1, *rest))

    def unfold(self, y):
        """An output with the axes of the query."""
        if len(self.axes) > 1:
            y = ops.reshape(y, (*y.shape[: len(self.rest)], *self.query_lengths, *y.shape[-2:]))
        return self._ordered(y, tuple(self.order.index(a) for a in range(len(self.order))))

    def unfold_weights(self, weights):
        """(…, heads, axes of the query, axes of the key)."""
        if len(self.axes) == 1:
            return weights
        return ops.reshape(weights, (*weights.shape[:-2], *self.query_lengths, *self.key_lengths))

    def fold_mask(self, mask):
        """A mask over the axes of query and key as one over two axes."""
        n = len(self.axes)
        if n == 1:
            return mask
        batch, queries, keys = mask.shape[: -2 * n], mask.shape[-2 * n : -n], mask.shape[-n:]
        return ops.reshape(mask, (*batch, math.prod(queries), math.prod(keys)))

    def fold_steps(self, mask, axis):
        """A mask (batch, …) of queries or keys as one over two axes, of which `axis` has length 1.

        It may leave out the axes between the batch and those attended along.
        """
        batch = 1
        if len(mask.shape) == len(self.batch) + len(self.axes):
            mask, batch = self._ordered(mask, (*self.rest, *self.axes)), len(self.batch)
        return ops.expand_dims(ops.reshape(mask, (*mask.shape[:batch], -1)), axis)

    def aligned(self, mask):
        """A mask (…, queries, keys) with axes of length 1 for what it does not distinguish."""
        missing = len(self.weights_shape) - len(mask.shape)
        return ops.expand_dims(mask, tuple(range(len(mask.shape) - 2, len(mask.shape) - 2 + missing)))

    @staticmethod
    def _ordered(x, order):
        return x if order == tuple(range(len(order))) else ops.transpose(x, order)
