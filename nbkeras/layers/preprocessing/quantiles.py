"""Quantiles of more numbers than are held at once: summaries of batches, merged.

A summary is an array of shape (2, n): ascending values, and how many numbers each stands for.
"""

import numpy as np

__all__ = ["boundaries_of", "merged", "summary_of"]


def summary_of(values, epsilon):
    """About `1 / epsilon` of the numbers in `values`, evenly spaced in their order."""
    values = np.sort(values, axis=None)
    step = max(values.size / (1.0 / epsilon), 1)  # in this order, for Keras' rounding
    kept = values[int(step - 1) :: int(step)]
    return np.stack([kept, np.full_like(kept, step)])


def merged(first, second, epsilon):
    """The summary of what two summaries stand for."""
    both = np.concatenate([first, second], axis=1)
    return _compressed(both[:, np.argsort(both[0])], epsilon)


def boundaries_of(summary, num_bins):
    """The values between `num_bins` bins of as many numbers each."""
    return _compressed(summary, 1.0 / num_bins)[0, :-1]


def _compressed(summary, epsilon):
    """About `1 / epsilon` values, at even steps of the number of numbers below them, interpolated."""
    if summary.shape[1] * epsilon < 1:
        return summary
    shares = epsilon + np.arange(0.0, 1.0, epsilon)
    below = summary[1].cumsum()
    reached = below / below[-1]
    values = np.interp(shares, reached, summary[0])
    counts = np.diff(np.interp(shares, reached, below), prepend=0)
    return np.stack([values, counts]).astype("float32")
