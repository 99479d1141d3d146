"""ReLU and max pooling backwards in one call: a rewrite of a recorded step.

What ReLU lets pass of the gradient of the pooling is known from the maxima, a quarter as many numbers or fewer. The
numbers are the same, bit by bit.
"""

from nbkeras.backends.numpy import convolution, pooling
from nbkeras.backends.numpy.lives import Lives, is_written, same
from nbkeras.backends.numpy.traced import Call

__all__ = ["gated"]


def gated(calls, results):
    """The calls, where the gradient of a ReLU follows that of a pooling, with both as one."""
    places = [p for p, call in enumerate(calls) if call.function is pooling.gradient_side_by_side.form]
    if not places:
        return calls
    calls, lives = list(calls), Lives(calls, results)
    for place in places:
        users = lives.users(calls, place)
        if users is not None and len(users) == 1 and _fits(calls, place, users[0]):
            calls[users[0]] = _joined(calls[place], calls[users[0]])
            calls[place] = None
    return [call for call in calls if call is not None]


def _fits(calls, place, user):
    """Whether `user` takes the gradient of the pooling at `place` through the ReLU whose result was pooled."""
    pool, rectifier = calls[place], calls[user]
    if rectifier.function is not convolution.rectified_gradient.form:
        return False
    if not same(rectifier.args[1], pool.out) or not same(rectifier.args[2], pool.args[1]):
        return False
    return not is_written(pool.args[1:4], calls[place : user + 1])


def _joined(pool, rectifier):
    function, lost = pooling.rectified_gradient_side_by_side.form, pool.writes[0]
    reads = [read for read in (*pool.reads, *rectifier.reads) if read[0] != lost]
    return Call(function, (rectifier.out, *pool.args[1:]), {}, rectifier.out, rectifier.writes, reads)
