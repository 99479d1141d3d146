"""Connectionist temporal classification: the likelihood of a sequence of labels under all its alignments."""

from nbkeras.ops.activations import log_softmax
from nbkeras.ops.core import scan
from nbkeras.ops.creation import arange, full_like
from nbkeras.ops.dispatch import op
from nbkeras.ops.dtypes import as_dtype, as_tensor
from nbkeras.ops.elementwise import equal, less, logical_and, logical_or, not_equal, where
from nbkeras.ops.indexing import take_along_axis
from nbkeras.ops.reductions import logsumexp
from nbkeras.ops.shaping import broadcast_to, concatenate, expand_dims, moveaxis, reshape, stack

__all__ = ["ctc_loss"]

IMPOSSIBLE = -1e30  # the logarithm of 0, but finite, so that gradients are


@op
def ctc_loss(target, output, target_length, output_length, mask_index=0):
    """Minus the log-likelihood of each label sequence, summed over alignments by the forward algorithm.

    Graves et al. (2006), "Connectionist temporal classification".

    Args:
        target: labels, shape (batch, max_length).
        output: logits, shape (batch, time, classes).
        target_length, output_length: how much of each row counts, shape (batch,).
        mask_index: the class that stands for "nothing new".

    Returns:
        The losses, shape (batch,).
    """
    path = _with_blanks(as_dtype(as_tensor(target), "int32"), mask_index)
    log_p = log_softmax(output)
    everywhere = broadcast_to(expand_dims(path, 1), (*log_p.shape[:2], path.shape[1]))
    emitted = moveaxis(take_along_axis(log_p, everywhere, axis=-1), 1, 0)
    places = arange(path.shape[1], dtype="int32")
    may_skip = logical_and(not_equal(path, mask_index), not_equal(path, _shifted(path, 2, mask_index)))

    def step(forward, now):
        emitted, time = now
        skipped = where(may_skip, _shifted(forward, 2, IMPOSSIBLE), IMPOSSIBLE)
        reached = logsumexp(stack([forward, _shifted(forward, 1, IMPOSSIBLE), skipped]), axis=0) + emitted
        return where(expand_dims(less(time, output_length), 1), reached, forward), time

    start = where(less(places, 2), emitted[0], IMPOSSIBLE)
    forward, _ = scan(step, start, (emitted[1:], arange(1, emitted.shape[0], dtype="int32")))
    last = expand_dims(2 * as_dtype(as_tensor(target_length), "int32"), 1)
    is_end = logical_or(equal(places, last), equal(places, last - 1))
    return -logsumexp(where(is_end, forward, IMPOSSIBLE), axis=1)


def _with_blanks(labels, blank):
    """`a b c` as `_ a _ b _ c _`."""
    blanks = full_like(labels, blank)
    pairs = reshape(stack([blanks, labels], axis=-1), (labels.shape[0], -1))
    return concatenate([pairs, blanks[:, :1]], axis=1)


def _shifted(x, places, fill):
    """`x` moved to the right along its last axis."""
    return concatenate([full_like(x[:, :places], fill), x[:, :-places]], axis=1)
