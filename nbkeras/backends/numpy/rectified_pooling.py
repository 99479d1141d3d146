"""ReLU after max pooling instead of before it: a rewrite of a recorded step.

The largest of what ReLU leaves is what ReLU leaves of the largest, of a quarter as many numbers or fewer; and what
passes backwards is known from these, too. The numbers are the same, bit by bit. (Bias before pooling has to stay: sums
may round to equal numbers, of which another would then get the gradient.)
"""

from nbkeras.backends.numpy import convolution, pooling
from nbkeras.backends.numpy.lives import Lives, is_written, same
from nbkeras.backends.numpy.traced import Call

__all__ = ["with_late_relu"]


def with_late_relu(calls, results):
    """The calls, where only pooling takes the result of a convolution with ReLU, with ReLU after the pooling."""
    places = [place for place, call in enumerate(calls) if call.function is convolution.gather_into.form]
    if not places:
        return calls
    calls, lives = list(calls), Lives(calls, results)
    for place in places:
        *inputs, rectified = calls[place].args
        followers = _followers(calls, place, lives) if rectified else None
        if followers is not None:
            calls[place] = _changed(calls[place], args=(*inputs, False))
            _postpone(calls, *followers)
    return [call for call in calls if call is not None]


def _followers(calls, place, lives):
    """The places of the pooling of what the convolution at `place` makes, and of the gradients of that and of ReLU, if
    there are no other users."""
    users = lives.users(calls, place)
    if users is None or len(users) not in (1, 3):
        return None
    pool, *backward = users
    if calls[pool].function is not pooling.max_pool_into.form or not same(calls[pool].args[1], calls[place].out):
        return None
    return users if not backward or _fits(calls, pool, *backward, lives) else None


def _fits(calls, pool, gradient, rectifier, lives):
    """Whether the calls at `gradient` and `rectifier` follow one another, with the maxima still in place."""
    y, spread = calls[pool].args[1], calls[gradient]
    if spread.function is not pooling.gradient_side_by_side.form or lives.users(calls, gradient) != [rectifier]:
        return False
    function, args = calls[rectifier].function, calls[rectifier].args
    if function is not convolution.rectified_gradient.form or not same(args[1], spread.out) or not same(args[2], y):
        return False
    maxima, d = spread.args[2:4]
    return (
        same(spread.args[1], y)
        and same(maxima, calls[pool].out)
        and not is_written([maxima], calls[pool + 1 : rectifier + 1])
        and not is_written([d], calls[gradient : rectifier + 1])
    )


def _postpone(calls, pool, gradient=None, rectifier=None):
    calls[pool] = _changed(calls[pool], args=(*calls[pool].args, True))
    if gradient is not None:
        spread, after = calls[gradient], calls[rectifier]
        reads = [read for read in (*spread.reads, *after.reads) if read[0] != spread.writes[0]]
        function, args = pooling.rectified_gradient_side_by_side.form, (after.out, *spread.args[1:])
        calls[rectifier] = Call(function, args, {}, after.out, after.writes, reads)
        calls[gradient] = None


def _changed(call, args):
    return Call(call.function, args, call.kwargs, call.out, call.writes, call.reads)
