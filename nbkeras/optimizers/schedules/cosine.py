"""Schedules that decay along a cosine."""

import math

from nbkeras import ops
from nbkeras.optimizers.schedules.schedule import LearningRateSchedule, as_float, checked_steps

__all__ = ["CosineDecay", "CosineDecayRestarts"]


class CosineDecay(LearningRateSchedule):
    """Half a cosine from the initial rate down to `alpha` of it (Loshchilov & Hutter, 2017, arXiv:1608.03983).

    Args:
        initial_learning_rate: the rate at step 0.
        decay_steps: the length of the decay; afterwards the rate stays.
        alpha: the fraction that is left at the end.
        name: for messages.
        warmup_target: a rate to rise to, along a straight line, before the decay begins there; `None`: no rise.
        warmup_steps: the length of the rise.
    """

    def __init__(
        self,
        initial_learning_rate,
        decay_steps,
        alpha=0.0,
        name="CosineDecay",
        warmup_target=None,
        warmup_steps=0,
    ):
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = checked_steps("decay_steps", decay_steps)
        self.alpha = alpha
        self.name = name
        self.warmup_target = warmup_target
        self.warmup_steps = warmup_steps

    def __call__(self, step):
        step = as_float(step)
        if self.warmup_target is None:
            return self._decayed(step, self.initial_learning_rate)
        rise = (self.warmup_target - self.initial_learning_rate) * (step / max(self.warmup_steps, 1))
        decayed = self._decayed(step - self.warmup_steps, self.warmup_target)
        return ops.where(step < self.warmup_steps, rise + self.initial_learning_rate, decayed)

    def _decayed(self, step, start):
        p = ops.minimum(step, float(self.decay_steps)) / self.decay_steps
        return start * ((1 - self.alpha) * (0.5 * (1 + ops.cos(math.pi * p))) + self.alpha)


class CosineDecayRestarts(LearningRateSchedule):
    """Cosine decays one after the other, each longer and lower (Loshchilov & Hutter, 2017, arXiv:1608.03983).

    Args:
        initial_learning_rate: the rate at step 0.
        first_decay_steps: the length of the first decay.
        t_mul: how many times longer each decay is than the one before.
        m_mul: how many times higher each one begins.
        alpha: the fraction of the initial rate that is left at the end of a decay.
        name: for messages.
    """

    def __init__(
        self,
        initial_learning_rate,
        first_decay_steps,
        t_mul=2.0,
        m_mul=1.0,
        alpha=0.0,
        name="SGDRDecay",
    ):
        self.initial_learning_rate = initial_learning_rate
        self.first_decay_steps = checked_steps("first_decay_steps", first_decay_steps)
        self.t_mul = t_mul
        self.m_mul = m_mul
        self.alpha = alpha
        self.name = name

    def __call__(self, step):
        restarts, p = self._position(as_float(step) / self.first_decay_steps)
        cosine = 0.5 * ops.power(self.m_mul, restarts) * (1 + ops.cos(math.pi * p))
        return self.initial_learning_rate * ((1 - self.alpha) * cosine + self.alpha)

    def _position(self, time):
        """The number of restarts so far and the fraction of the present decay that is over.

        `time` counts lengths of the first decay; the lengths are a geometric series in `t_mul`.
        """
        t = self.t_mul
        if t == 1:
            return ops.floor(time), time - ops.floor(time)
        restarts = ops.floor(ops.log(1 - time * (1 - t)) / math.log(t))
        begun = (1 - ops.power(t, restarts)) / (1 - t)
        return restarts, (time - begun) / ops.power(t, restarts)
