"""Kernels that take a batch block by block, so that a block stays in the cache, and share the blocks out to threads.

NumPy holds no lock while it computes: two threads finish a convolution of 64 maps in 0.58 of the time of one. What a
block computes depends neither on the thread nor on how many there are, and sums over blocks are added in order.

In a recorded step, kernels that follow one another run as a chain: all of them on the first block, all on the next.
What one of them writes is then still in the cache when the next one reads it.
"""

import ctypes
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from itertools import chain
from pathlib import Path

import numpy as np

from nbkeras.backends.numpy.recordable import in_place
from nbkeras.backends.numpy.traced import Call

__all__ = ["by_block", "chained", "count"]

# Blocks have 8 images: with fewer the products are slower, with more their columns leave the cache. (A convolutional
# network with a batch of 32: 10.0 ms with blocks of 4 images, 9.1 with 8, 9.8 with 16.) Small images come in larger
# blocks.
SMALL, LARGE = 1 << 17, 1 << 22  # bytes
WORTH_SHARING = 1e8  # operations: half a millisecond, several times what it takes to wake a thread


def by_block(parts, cost, total=False):
    """Makes a function of a block, `function(*arrays, *others)`, one of a whole batch that writes to its first array.

    Args:
        parts: how many of the arguments are arrays that are cut into blocks along their first axis.
        cost: from the arguments of the function, `(numbers in the cache, operations)` for one image.
        total: whether the function returns a summand of the result, which is then the first argument of all, instead.
    """
    return lambda function: in_place(_ByBlock(function, parts, cost, total))


class _ByBlock:
    def __init__(self, function, parts, cost, total):
        self.function, self.parts, self.cost, self.total = function, parts, cost, total

    def __call__(self, *args):
        _Chain([_Link(self, args)])()


class _Link:
    """One call of a function by blocks."""

    def __init__(self, form, args):
        self.form = form
        self.result = args[0]
        self.args = args[1:] if form.total else args
        self.batch = len(self.args[0])
        floats, operations = form.cost(*self.args)
        image = max(1, int(floats) * self.result.itemsize)
        self.step = _power_of_two(max(SMALL // image, min(8, LARGE // image)))
        self.operations = operations * self.batch

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


class _Chain:
    """Calls that run together, block by block."""

    def __init__(self, links):
        self.links = links

    def __call__(self):
        batch, step = self.links[0].batch, max(link.step for link in self.links)

        def work(start):
            stop = min(start + step, batch)
            return [link.run(start, stop) for link in self.links]

        done = _for_each(work, range(0, batch, step), sum(link.operations for link in self.links))
        for link, summands in zip(self.links, zip(*done)):
            link.finish(chain.from_iterable(summands))


def chained(calls):
    """The calls of a record, with those by block that follow one another as one."""
    result = []
    for call in calls:
        if type(call.function) is not _ByBlock:
            result.append(call)
            continue
        link = _Link(call.function, call.args)
        last = result[-1].function if result else None
        if type(last) is _Chain and all(link.may_follow(other) for other in last.links):
            last.links.append(link)
        else:
            result.append(Call(_Chain([link]), (), {}, None, None, []))
    return result


def _power_of_two(n):
    """Blocks of equal size keep all threads busy to the end."""
    return 1 << max(1, n).bit_length() - 1


def _for_each(work, blocks, operations):
    workers = min(count(), len(blocks)) if operations >= WORTH_SHARING else 1
    if workers == 1:
        return [work(block) for block in blocks]
    results, tasks = [None] * len(blocks), iter(range(len(blocks)))

    def take_tasks():
        with np.errstate(all="ignore"):
            for task in tasks:
                results[task] = work(blocks[task])

    with _one_blas_thread():
        others = [_pool().submit(take_tasks) for _ in range(workers - 1)]
        take_tasks()
        for other in others:
            other.result()
    return results


@cache
def count():
    """How many threads to use: as many as BLAS does by itself, and no more than NBKERAS_NUM_THREADS."""
    if _blas() is None:
        return 1
    most = os.environ.get("NBKERAS_NUM_THREADS")
    return max(1, min(_blas().get(), int(most) if most else 64))


@cache
def _pool():
    return ThreadPoolExecutor(count() - 1, "nbkeras")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # the threads stay with the parent


class _Blas:
    """The number of threads of the OpenBLAS that comes with NumPy."""

    def __init__(self, library):
        self.get = library.scipy_openblas_get_num_threads64_
        self.set = library.scipy_openblas_set_num_threads64_


@cache
def _blas():
    """`None` if NumPy brings another library, which then keeps its own threads."""
    folder = Path(np.__file__).parent.parent / "numpy.libs"
    for path in folder.glob("libscipy_openblas64_*"):
        library = ctypes.CDLL(str(path))
        return _Blas(library) if hasattr(library, "scipy_openblas_set_num_threads64_") else None
    return None


@contextmanager
def _one_blas_thread():
    before = _blas().get()
    _blas().set(1)
    try:
        yield
    finally:
        _blas().set(before)
