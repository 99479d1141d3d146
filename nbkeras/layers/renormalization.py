"""Batch renormalisation: Ioffe (2017), arXiv:1702.03275."""

import numpy as np

from nbkeras import ops

__all__ = ["Renormalizing", "checked_clipping"]

_BOUNDS = ("rmin", "rmax", "dmax")


def checked_clipping(clipping):
    """The bounds as a dictionary; raises ValueError for unknown or contradictory ones."""
    clipping = dict(clipping or {})
    if set(clipping) - set(_BOUNDS):
        raise ValueError(f"renorm_clipping expects the keys {', '.join(_BOUNDS)}, got {clipping!r}")
    low, high, shift = (clipping.get(name) for name in _BOUNDS)
    if (low is not None and high is not None and low > high) or (shift is not None and shift < 0):
        raise ValueError(f"renorm_clipping expects rmin of at most rmax, and dmax of 0 or more, got {clipping!r}")
    return clipping


class Renormalizing:
    """What `BatchNormalization` does with `renorm=True`: in training it normalises as in inference, nearly.

    The batch's own mean and deviation are corrected towards slow averages of them, and the correction, `r` and `d`, is
    a constant to gradients.
    """

    def add_averages(self, shape):
        """Makes the averages: of the deviation for inference, of mean and deviation for the corrections."""

        def deviation(shape, dtype=None):
            return np.sqrt(np.asarray(self.moving_variance_initializer(shape, dtype=dtype)))

        for name, initializer in (
            ("moving_stddev", deviation),
            ("renorm_mean", self.moving_mean_initializer),
            ("renorm_stddev", deviation),
        ):
            setattr(self, name, self.add_weight(name=name, shape=shape, initializer=initializer, trainable=False))

    def renormalized(self, x, mean, variance):
        """`x` normalised by its own moments, corrected, and the averages moved on."""
        deviation = ops.sqrt(variance + self.epsilon)
        r, d = (ops.stop_gradient(value) for value in self._corrections(mean, deviation))
        scale, offset = (r, d) if self.gamma is None else (r * self.gamma, d * self.gamma)
        offset = offset if self.beta is None else offset + self.beta
        self._move_averages(ops.stop_gradient(mean), ops.stop_gradient(deviation))
        return ops.batch_normalization(x, mean, variance, self.axis, offset, scale, self.epsilon)

    def _corrections(self, mean, deviation):
        low, high, shift = (self.renorm_clipping.get(name) for name in _BOUNDS)
        usual = ops.maximum(self.renorm_stddev, self.epsilon**0.5)
        r, d = deviation / usual, (mean - self.renorm_mean) / usual
        r = r if low is None else ops.maximum(r, low)
        r = r if high is None else ops.minimum(r, high)
        return r, d if shift is None else ops.clip(d, -shift, shift)

    def _move_averages(self, mean, deviation):
        for average, value, momentum in (
            (self.renorm_mean, mean, self.renorm_momentum),
            (self.renorm_stddev, deviation, self.renorm_momentum),
            (self.moving_mean, mean, self.momentum),
            (self.moving_stddev, deviation, self.momentum),
        ):
            average.assign(average * momentum + value * (1.0 - momentum))
        self.moving_variance.assign(ops.relu(ops.square(self.moving_stddev) - self.epsilon))
