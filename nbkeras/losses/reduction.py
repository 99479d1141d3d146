"""From one loss per sample to one number: ranks, weights, masks and means."""

from nbkeras import ops

__all__ = ["align_ranks", "apply_mask", "as_dtype", "check_reduction", "reduce_weighted"]

REDUCTIONS = ("sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none", None)
_MEANS = ("sum_over_batch_size", "mean", "mean_with_sample_weight")


def check_reduction(reduction):
    """`reduction`, if there is one of that name; else raises ValueError."""
    if reduction not in REDUCTIONS:
        names = ", ".join(repr(name) for name in REDUCTIONS)
        raise ValueError(f"a loss expects a reduction among {names}, got {reduction!r}")
    return reduction


def as_dtype(x, dtype):
    """`x` as a tensor of `dtype`; itself if it is one already."""
    return x if getattr(x, "dtype", None) == dtype else ops.convert_to_tensor(x, dtype=dtype)


def align_ranks(a, b, expand_vectors=True):
    """`a` and `b` with equal ranks, where they differ by a last axis of size 1.

    That axis is dropped, except that a vector grows one instead (unless `expand_vectors` is off): `(n, 1)` and `(n,)`
    become `(n, 1)` twice. Anything else is returned as it is.
    """
    rank_a, rank_b = len(a.shape), len(b.shape)
    if rank_a == rank_b:
        return a, b
    if rank_b > rank_a:
        b, a = align_ranks(b, a, expand_vectors)
        return a, b
    if rank_a != rank_b + 1 or a.shape[-1] != 1:
        return a, b
    if rank_b == 1 and expand_vectors:
        return a, ops.expand_dims(b, -1)
    return ops.squeeze(a, -1), b


def apply_mask(sample_weight, mask, dtype, reduction):
    """`sample_weight` with masked entries at 0; for a mean the others are scaled up, so that only they are averaged."""
    if mask is None:
        return sample_weight
    weight = ops.cast(mask, dtype)
    if reduction in ("mean", "sum_over_batch_size"):
        weight = weight * ops.divide_no_nan(float(_size(mask)), ops.sum(weight))
    if sample_weight is None:
        return weight
    weight, sample_weight = align_ranks(weight, ops.cast(sample_weight, dtype))
    return sample_weight * weight


def reduce_weighted(values, sample_weight=None, mask=None, reduction="sum_over_batch_size", dtype=None):
    """Weighs `values` (one loss per sample or finer) and reduces them.

    Args:
        values: any shape whose first axis is the batch.
        sample_weight: broadcasts to `values`, after a last axis of size 1 has been dropped from either.
        mask: entries that count, of the shape of `values`.
        reduction: `"sum"`, `"mean"` or `"sum_over_batch_size"` (divided by the number of values, weighted or not),
            `"mean_with_sample_weight"` (divided by the sum of the weights), `"none"` or `None`.
    """
    values = as_dtype(values, dtype or values.dtype)
    weight = None if sample_weight is None else as_dtype(sample_weight, values.dtype)
    weight = apply_mask(weight, mask, values.dtype, reduction)
    if weight is not None:
        values, weight = align_ranks(values, weight)
        values = values * weight
    if reduction in (None, "none") or len(values.shape) == 0 or tuple(values.shape) == (0,):
        return values
    if reduction == "mean_with_sample_weight" and weight is not None:
        return ops.divide_no_nan(ops.sum(values), ops.sum(weight))
    return ops.mean(values) if reduction in _MEANS and 0 not in values.shape else ops.sum(values)


def _size(x):
    size = 1
    for d in x.shape:
        size *= d
    return size
