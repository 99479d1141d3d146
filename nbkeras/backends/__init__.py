"""Array libraries. One module each; `backend()` is the one in use on this thread.

A backend offers: `run(name, *arrays, **attributes)` (a primitive or kernel by name), `KERNELS` (fused ops it has),
`TAPED` (whether it differentiates by a record), `LACKS` (dtypes in which it cannot compute), `array`, `to_numpy`,
`is_array`, `outside` (the value of a variable that a step was not given), `compile_step`, `value_and_grad`,
`custom_gradient`, `jvp`, `scan`, `vectorized_map`, `while_loop`, `fori_loop`, `cond`, `switch`, `pack` and `update`
(the optimizer's map over weights), `description` (what computes, in words).
Nothing outside this folder asks for a backend's name.
"""

import importlib
import threading
from contextlib import contextmanager

NAMES = ("numpy", "jax")
HOLE = "array"  # in the key of the primitive `getitem`: here stands the next array argument


class _Current(threading.local):
    module = None  # None: the process-wide default


_current = _Current()
_default = None


def load(name):
    """The backend module called `name`; raises ValueError for an unknown one, ImportError with the cure."""
    if name not in NAMES:
        raise ValueError(f"backend must be one of {', '.join(NAMES)}, got {name!r}")
    try:
        return importlib.import_module(f"nbkeras.backends.{name}")
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise ImportError(f"backend '{name}' needs the package {name}: pip install 'nbkeras[{name}]'") from None


def backend():
    """The backend module in use on this thread."""
    return _current.module or _default or _set_default("numpy")


def set_backend(name):
    """Makes `name` the backend of every thread that has not chosen its own."""
    _set_default(name)


@contextmanager
def use_backend(name):
    """Runs a block on the backend `name` (`None`: no change) and returns to the former one.

    In place of a name, an object that offers what a backend does will do: one that records, say.
    """
    before = _current.module
    if name is not None:
        _current.module = load(name) if isinstance(name, str) else name
    try:
        yield backend()
    finally:
        _current.module = before


def _set_default(name):
    global _default
    _default = load(name)
    return _default
