"""Which keys a query may see by where they are: booleans (1, queries, keys)."""

from nbkeras import ops


def causal(queries, keys):
    """Keys that are not later than the query."""
    return ops.expand_dims(ops.greater_equal(_column(queries), ops.arange(keys)), 0)


def window(queries, keys, width):
    """Keys fewer than `width` steps away."""
    return ops.expand_dims(ops.less(ops.absolute(_column(queries) - ops.arange(keys)), width), 0)


def _column(n):
    return ops.expand_dims(ops.arange(n), -1)
