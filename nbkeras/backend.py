"""What `keras.backend` offers: settings, dtypes, and the reset of automatic names."""

from nbkeras import naming
from nbkeras.config import backend as backend
from nbkeras.config import (
    epsilon,
    floatx,
    image_data_format,
    set_epsilon,
    set_floatx,
    set_image_data_format,
)
from nbkeras.ops.dtypes import result_type as _result_type
from nbkeras.symbolic import KerasTensor
from nbkeras.variables import standardize_dtype

__all__ = [
    "backend",
    "clear_session",
    "epsilon",
    "floatx",
    "get_uid",
    "image_data_format",
    "is_float_dtype",
    "is_int_dtype",
    "is_keras_tensor",
    "result_type",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "standardize_dtype",
]


def clear_session(free_memory=True) -> None:
    """Starts the automatic names of layers again."""
    naming.reset_names()


def get_uid(prefix="") -> int:
    """How often this was asked for `prefix` since the last `clear_session`, counted from 1."""
    return naming.next_number(prefix)


def is_keras_tensor(x) -> bool:
    """Whether `x` is a symbolic tensor."""
    return isinstance(x, KerasTensor)


def is_float_dtype(dtype) -> bool:
    """Whether `dtype` is one of floats: `"bfloat16"`, `np.float32`, …"""
    return "float" in standardize_dtype(dtype)


def is_int_dtype(dtype) -> bool:
    """Whether `dtype` is one of integers, signed or not."""
    return "int" in standardize_dtype(dtype)


def result_type(*dtypes) -> str:
    """The name of the dtype in which values of these dtypes meet, by Keras' rules.

    `int` and `float` stand for Python's numbers, which weigh nothing; `None` is `floatx()`.

    >>> result_type("int32", "float16"), result_type("int8", int), result_type("int8", float)
    ('float16', 'int8', 'float32')
    """
    if not dtypes:
        return floatx()
    strong = [standardize_dtype(d) for d in dtypes if d not in (int, float)]
    weak = {d for d in dtypes if d in (int, float)}
    found = _result_type(*strong) if strong else "bool"
    if float in weak and "float" not in found and "complex" not in found:
        return floatx()
    return "int32" if int in weak and found == "bool" else found
