"""Optional kernels in C: what NumPy's whole-array calls cannot do in one pass over the cache.

They are compiled while nbkeras is installed, where there is a C compiler (`build.py`), for several instruction sets, of
which the best one is chosen when the first kernel is asked for. Without them everything runs on NumPy, whose kernels
stay the reference. The environment variable `NBKERAS_NATIVE` is read at import: `0` switches them off, the name of a
variant (`avx512`, `avx2`, `baseline`) asks for it.
"""

import ctypes
import functools
import os
from pathlib import Path

import numpy as np

from nbkeras.backends.numpy.threads import thread_count

__all__ = ["Kernel", "kernel", "library", "variant", "variants"]

LIBRARY = Path(__file__).with_name("kernels.so")
WANTED = os.environ.get("NBKERAS_NATIVE", "").strip().lower()
VARIANTS = ("avx512", "avx2", "baseline")  # a machine that runs one of them runs those after it


@functools.cache
def library():
    """The loaded library, or `None` without one."""
    if WANTED not in ("", "0", "1", *VARIANTS):
        raise ValueError(f"the environment variable NBKERAS_NATIVE expects 0, 1, {', '.join(VARIANTS)}, got {WANTED!r}")
    if WANTED == "0" or not LIBRARY.exists():
        return None
    loaded = ctypes.CDLL(str(LIBRARY))
    loaded.best_variant.restype = ctypes.c_char_p
    for function in (loaded.run_program, loaded.run_program_over):
        function.restype = None
    loaded.set_threads(ctypes.c_int64(thread_count()))
    return loaded


@functools.cache
def variants():
    """The instruction sets that were compiled and that this processor has, the best one first."""
    if library() is None:
        return ()
    best = VARIANTS.index(library().best_variant().decode())
    return tuple(name for name in VARIANTS[best:] if hasattr(library(), f"dot_f4_{name}"))


@functools.cache
def variant():
    """The instruction set in use; `None` without native kernels."""
    if WANTED in VARIANTS and WANTED not in variants():
        raise ValueError(f"NBKERAS_NATIVE asks for {WANTED}; there are {', '.join(variants()) or 'no native kernels'}")
    return WANTED if WANTED in VARIANTS else next(iter(variants()), None)


@functools.cache
def kernel(name):
    """The native kernel `name`; `None` if there is none of this name, or no native kernels at all."""
    function = getattr(library(), f"{name}_{variant()}", None)
    return None if function is None else Kernel(name, function)


class Kernel:
    """A native kernel as a function of arrays (or None), and then whole numbers.

    It writes to the memory of its first array only.
    """

    def __init__(self, name, function):
        self.__name__ = name
        self.function = function
        self.address = ctypes.cast(function, ctypes.c_void_p).value

    def __call__(self, *args):
        count = self.arrays(args)
        pointers = [None if a is None else a.ctypes.data for a in args[:count]]
        numbers = map(int, args[count:])
        self.function((ctypes.c_void_p * count)(*pointers), (ctypes.c_int64 * (len(args) - count))(*numbers))

    def arrays(self, args):
        """How many of the arguments are arrays."""
        return next((i for i, a in enumerate(args) if isinstance(a, (int, np.integer))), len(args))
