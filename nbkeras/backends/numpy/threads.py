"""How many threads compute: the cores that this process may use, unless `NBKERAS_NUM_THREADS` bounds them."""

import os

__all__ = ["bound_blas", "thread_count"]


def thread_count():
    """Threads of the native kernels; at most as many as `NBKERAS_NUM_THREADS` and `OMP_NUM_THREADS` say."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min([cores, *(n for n in map(_bound, ("NBKERAS_NUM_THREADS", "OMP_NUM_THREADS")) if n)])


def bound_blas():
    """Bounds the threads of NumPy's BLAS by `NBKERAS_NUM_THREADS`, if it is set."""
    most = _bound("NBKERAS_NUM_THREADS")
    if most is not None:
        from threadpoolctl import threadpool_info, threadpool_limits

        if any(pool["num_threads"] > most for pool in threadpool_info() if pool["user_api"] == "blas"):
            threadpool_limits(most, "blas")


def _bound(name):
    """The number that the environment variable holds; `None` without one."""
    value = os.environ.get(name, "").strip()
    if not value:
        return None
    if not value.isdigit() or int(value) < 1:
        if name.startswith("NBKERAS"):
            raise ValueError(f"the environment variable {name} expects a number of threads, 1 or more, got {value!r}")
        return None
    return int(value)
