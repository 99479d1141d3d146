"""Max pooling within the convolution before it: a rewrite of a recorded step that has native kernels.

The convolution hands over the largest cell of each window, and its place, instead of all cells; its gradients take that
of the pooling and give it to those places. The maps between the two, the largest arrays of many networks, are no longer
written or read, and rows and columns that no window reaches no longer computed. The numbers are the same, bit by bit.
"""

import numpy as np

from nbkeras.backends.numpy import native
from nbkeras.backends.numpy.lives import Lives, is_written, same
from nbkeras.backends.numpy.traced import Call

__all__ = ["pooled"]

ROWS, COLUMNS, RECTIFIED = 4, 5, 15  # among the numbers of a convolution
BACKWARD = ("convolve_transpose", "convolve_gradient")


def pooled(calls, results):
    """The calls with each convolution that is only pooled doing that itself."""
    if not any(_is(call, "max_pool") for call in calls):
        return calls
    if any(call.writes is None and not call.reads for call in calls):
        return calls  # some do not tell what they touch
    calls = list(calls)
    lives = Lives(calls, results)
    for place, call in enumerate(calls):
        if _is(call, "max_pool") and _is_plain(_numbers(call)):
            pattern = _Pattern.at(calls, place, lives)
            if pattern is not None:
                pattern.rewrite(calls)
    return [call for call in calls if call is not None]


def _is(call, *names):
    return call is not None and isinstance(call.function, native.Kernel) and call.function.__name__ in names


def _numbers(call):
    return [a for a in call.args if type(a) is int]


def _is_plain(pool):
    """Whether the windows lie side by side within the array."""
    _, height, width, _, rows, columns, *size = pool[:8]
    return size == pool[8:10] and pool[10:] == [0, 0] and rows * size[0] <= height and columns * size[1] <= width


class _Pattern:
    """The places of a convolution, of its pooling, of the gradient of that, and of the convolution's gradients."""

    def __init__(self, convolution, pool, gradient, backward):
        self.convolution, self.pool, self.gradient, self.backward = convolution, pool, gradient, backward

    @classmethod
    def at(cls, calls, pool, lives):
        """The pattern around the pooling at `pool`; `None` if something else needs what lies between."""
        y = calls[pool].args[1]
        before = (place for place in range(pool - 1, -1, -1) if _is(calls[place], "convolve"))
        convolution = next((place for place in before if same(calls[place].out, y)), None)
        users = None if convolution is None else lives.users(calls, convolution)
        if users is None or pool not in users:
            return None
        gradients = [place for place in users if _is(calls[place], "max_pool_gradient")]
        if len(gradients) > 1:
            return None
        gradient = gradients[0] if gradients else None
        backward = lives.users(calls, gradient) if gradients else []
        if backward is None or not {*users} <= {pool, *gradients, *backward}:
            return None
        pattern = cls(convolution, pool, gradient, backward)
        return pattern if pattern._fits(calls) and pattern._is_safe(calls) else None

    def _fits(self, calls):
        """Whether everybody takes the arrays as expected."""
        convolution, pool = calls[self.convolution], calls[self.pool]
        y = convolution.out
        mask = y if _numbers(convolution)[RECTIFIED] else None
        if self.gradient is not None and not same(calls[self.gradient].args[1], y):
            return False
        for place in self.backward:
            call = calls[place]
            if not _is(call, *BACKWARD):
                return False
            d, own = (call.args[i] for i in ((1, 3) if call.function.__name__ == BACKWARD[0] else (2, 3)))
            if not same(d, calls[self.gradient].out) or not (own is mask is None or same(own, mask)):
                return False
        return convolution.args[4] is None and pool.out.flags.c_contiguous

    def _is_safe(self, calls):
        """Whether what the calls read in their new places is still there, and not where they write."""
        inputs = [a for a in calls[self.convolution].args[1:] if type(a) is np.ndarray]
        if is_written(inputs, calls[self.convolution + 1 : self.pool + 1]):
            return False
        if self.gradient is None:
            return True
        d = calls[self.gradient].args[2]
        return not is_written([d], calls[self.gradient : max(self.backward, default=self.gradient) + 1])

    def rewrite(self, calls):
        convolution, pool = calls[self.convolution], calls[self.pool]
        rows, columns, *size = _numbers(pool)[4:8]
        places = np.empty(pool.out.shape, np.int32)  # written beside the maxima, and by nobody else

        def numbers(call, after):
            changed = _numbers(call)
            changed[ROWS], changed[COLUMNS] = rows * size[0], columns * size[1]
            changed[after : after + 2] = size
            return changed

        args = (pool.out, *convolution.args[1:4], places, *numbers(convolution, RECTIFIED + 1))
        calls[self.pool] = Call(convolution.function, args, {}, pool.out, pool.writes, convolution.reads)
        calls[self.convolution] = None
        if self.gradient is None:
            return
        gradient = calls[self.gradient]
        d, between = gradient.args[2], {convolution.writes[0], gradient.writes[0]}
        given = [read for read in (*gradient.reads, pool.writes) if read[0] not in between]
        for place in self.backward:
            call = calls[place]
            arrays = [d if same(a, gradient.out) else a for a in call.args[:3]]
            reads = [*(read for read in call.reads if read[0] not in between), *given]
            args = (*arrays, None, places, *numbers(call, RECTIFIED))
            calls[place] = Call(call.function, args, {}, call.out, call.writes, reads)
        calls[self.gradient] = None
