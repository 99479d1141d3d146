"""Errors of the operating system while a file is written: at each call of `atomic`, and where a disk is full."""

import errno
import io
import os
import resource
from contextlib import contextmanager

from nbkeras.saving import atomic

CALLS = ("open", "fsync", "replace", "close", "scandir", "unlink")


class Faults:
    """Counts the system calls of `atomic`, and lets one of them fail.

    Args:
        fails: the number of the call that fails; `None`: none does.
    """

    def __init__(self, fails=None):
        self.fails = fails
        self.made = []

    def call(self, name):
        self.made.append(name)
        if self.fails is not None and len(self.made) - 1 == self.fails:
            raise OSError(errno.EIO, "Input/output error", name)


class System:
    """`os`, counted."""

    def __init__(self, faults):
        self.faults = faults

    def __getattr__(self, name):
        found = getattr(os, name)
        if name not in CALLS:
            return found

        def counted(*args, **kwargs):
            self.faults.call(name)
            return found(*args, **kwargs)

        return counted


class Raw(io.FileIO):
    """A file whose system calls are counted."""

    faults = None

    def write(self, data):
        self.faults.call("write")
        return super().write(data)

    def close(self):
        if not self.closed:
            super().close()  # the system closes it in any case, and then says what went wrong
            self.faults.call("close")


@contextmanager
def failing(number=None):
    """Lets the call `number` of all that `atomic` makes in the block fail; gives the `Faults`."""
    faults = Faults(number)

    def opened(path, mode):
        faults.call("open")
        raw = Raw(path, mode.replace("b", ""))
        raw.faults = faults
        return io.BufferedRandom(raw)

    atomic.os, atomic.open = System(faults), opened
    try:
        yield faults
    finally:
        atomic.os = os
        del atomic.open


@contextmanager
def full_disk(size):
    """Lets no file grow beyond `size` bytes."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
