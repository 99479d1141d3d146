"""Kernels that take a batch block by block, so that a block stays in the cache.

In a recorded step, kernels that follow one another run as a chain: all of them on the first block, all on the next.
What one of them writes is then still in the cache when the next one reads it. (To share the blocks out to threads, with
BLAS on one thread meanwhile, makes a step of two convolutions slower: 8.6 ms against 6.8 with BLAS' own two threads,
which keep spinning; and 7.1 to 8.4 where BLAS has one thread all along, as threads of Python wait for one another.)
"""

from itertools import chain

import numpy as np

from nbkeras.backends.numpy.recordable import in_place
from nbkeras.backends.numpy.traced import Call

__all__ = ["by_block", "chained"]

# Blocks have 8 images: with fewer the products are slower, with more their columns leave the cache. (A convolutional
# network with a batch of 32: 10.0 ms with blocks of 4 images, 9.1 with 8, 9.8 with 16.) Small images come in larger
# blocks.
SMALL, LARGE = 1 << 17, 1 << 22  # bytes


def by_block(parts, floats, total=False):
    """Makes a function of a block, `function(*arrays, *others)`, one of a whole batch that writes to its first array.

    Args:
        parts: how many of the arguments are arrays that are cut into blocks along their first axis.
        floats: from the arguments of the function, how many numbers one image has in the cache.
        total: whether the function returns a summand of the result, which is then the first argument of all, instead.

    What a record then holds as the function of the call is the attribute `form`.
    """

    def make(function):
        form = _ByBlock(function, parts, floats, total)
        run = in_place(form)
        run.form = form
        return run

    return make


class _ByBlock:
    def __init__(self, function, parts, floats, total):
        self.function, self.parts, self.floats, self.total = function, parts, floats, total

    def __call__(self, *args):
        _Chain([_Link(self, args)])()


class _Link:
    """One call of a function by blocks."""

    def __init__(self, form, args):
        self.form = form
        self.result = args[0]
        self.args = args[1:] if form.total else args
        self.batch = len(self.args[0])
        image = max(1, int(form.floats(*self.args)) * self.result.itemsize)
        most = max(1, SMALL // image, min(8, LARGE // image))
        self.step = 1 << most.bit_length() - 1  # a power of two, so that the blocks of a chain nest

    def run(self, start, stop):
        """The summands from the blocks between `start` and `stop`."""
        parts, others = self.args[: self.form.parts], self.args[self.form.parts :]
        return [
            self.form.function(*[a[i : min(i + self.step, stop)] for a in parts], *others)
            for i in range(start, stop, self.step)
        ]

    def finish(self, summands):
        if self.form.total:
            self.result.fill(0)
            for summand in summands:
                np.add(self.result, summand, out=self.result)

    def may_follow(self, other):
        """Whether a block of it may run before the next block of `other`: they share nothing but equal parts."""
        return self.batch == other.batch and all(
            not np.may_share_memory(a, b) or self._cuts_as(a, other, b)
            for a in (*self.args, self.result)
            for b in (*other.args, other.result)
            if type(a) is np.ndarray and type(b) is np.ndarray
        )

    def _cuts_as(self, a, other, b):
        if a is not self.result and b is not other.result:
            return True  # nobody writes
        cut = any(a is part for part in self.args[: self.form.parts])
        cut = cut and any(b is part for part in other.args[: other.form.parts])
        return cut and a.ctypes.data == b.ctypes.data and a.strides[0] == b.strides[0]


def _meet(blocks, arrays):
    return any(np.may_share_memory(block, a) for block in blocks for a in arrays)


class _Chain:
    """Calls that run together, block by block."""

    def __init__(self, links):
        self.links = links

    def __call__(self):
        batch, step = self.links[0].batch, max(link.step for link in self.links)
        done = [[link.run(start, min(start + step, batch)) for link in self.links] for start in range(0, batch, step)]
        for link, summands in zip(self.links, zip(*done)):
            link.finish(chain.from_iterable(summands))

    def is_apart_from(self, call):
        """Whether `call` may run before it: neither writes what the other touches."""
        if call.writes is None:
            return False  # a check, or a call that does not tell what it touches
        read, written = [block for _, block in call.reads], call.writes[1]
        touched = [a for link in self.links for a in (link.result, *link.args) if type(a) is np.ndarray]
        results = [link.result for link in self.links]
        return not (_meet([written], touched) or _meet(read, results))


def chained(calls):
    """The calls of a record, with those by block that follow one another as one.

    A call in between that has to do with none of them, such as the copy of a kernel, goes before them.
    """
    result = []
    for call in calls:
        last = result[-1].function if result else None
        if type(call.function) is not _ByBlock:
            result.insert(len(result) - (type(last) is _Chain and last.is_apart_from(call)), call)
            continue
        link = _Link(call.function, call.args)
        if type(last) is _Chain and all(link.may_follow(other) for other in last.links):
            last.links.append(link)
        else:
            result.append(Call(_Chain([link]), (), {}, None, None, []))
    return result
