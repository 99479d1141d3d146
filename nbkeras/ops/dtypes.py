"""Type promotion: Keras' rules, in which a float always wins over an integer and Python numbers weigh nothing."""

import numpy as np

from nbkeras import config
from nbkeras.autodiff import Tensor
from nbkeras.ops.dispatch import SCALARS, as_array, run

_NAMES = {np.dtype(code): np.dtype(code).name for code in "?bBhHiIqQefdFD"}  # `dtype.name` takes 5 µs to compose
_SUMS = {"bool": "int32", "int8": "int32", "int16": "int32", "uint8": "uint32", "uint16": "uint32"}
_FLOATS = ("float16", "bfloat16", "float32", "float64")


def name_of(dtype):
    """The name of a NumPy dtype, of another library's, or of a string."""
    if isinstance(dtype, str):
        return dtype
    return _NAMES.get(dtype) or getattr(dtype, "name", None) or np.dtype(dtype).name


def is_float(dtype):
    """Whether the dtype called, or that is, `dtype` is a float (or complex)."""
    name = name_of(dtype)
    return name in _FLOATS or name.startswith("complex")


def as_float(x):
    """`x` as an array of floats: integers, booleans and Python numbers become `floatx()`."""
    x = as_array(x)
    kind = type(x)
    if kind is np.ndarray or kind is Tensor:
        if x.dtype.kind in "fc":
            return x
    elif kind not in SCALARS and is_float(x.dtype):
        return x
    return run("cast", x, dtype=config.floatx())


def as_tensor(x):
    """`x` as an array: a Python number becomes one of `floatx()`, `int32` or `bool`."""
    x = as_array(x)
    return run("cast", x, dtype=_of_scalar(x)) if type(x) in SCALARS else x


def _of_scalar(x):
    if isinstance(x, bool):
        return "bool"
    if isinstance(x, int):
        return "int32" if -(2**31) <= x < 2**31 else "int64"
    return config.floatx() if isinstance(x, float) else "complex64"


def promoted(a, b):
    """`a` and `b` ready for an arithmetic primitive: arrays of one dtype, or an array and a weak Python number."""
    a, b = as_array(a), as_array(b)
    if type(b) in SCALARS:
        if type(a) in SCALARS:
            return promoted(as_tensor(a), as_tensor(b))
        return _with_scalar(a, b), b
    if type(a) in SCALARS:
        return a, _with_scalar(b, a)
    if a.dtype == b.dtype:
        return a, b
    dtype = result_type(a.dtype, b.dtype)
    return as_dtype(a, dtype), as_dtype(b, dtype)


def _with_scalar(array, scalar):
    """`array` in the dtype that it has together with the Python number `scalar`."""
    kind = array.dtype.kind
    if kind in "fc" or type(scalar) is bool or (kind in "iu" and type(scalar) is int) or is_float(array.dtype):
        return array
    return as_dtype(array, result_type(array.dtype, _of_scalar(scalar)))


def as_dtype(x, dtype):
    """`x` cast to `dtype` unless it has it."""
    x = as_array(x)
    if type(x) not in SCALARS and name_of(x.dtype) == name_of(dtype):
        return x
    return run("cast", x, dtype=name_of(dtype))


def result_type(*dtypes):
    """The name of the dtype in which arrays of these dtypes meet: among floats the widest, whatever the integers."""
    names = [name_of(d) for d in dtypes]
    floats = [n for n in names if is_float(n)]
    if not floats:
        return np.result_type(*names).name
    if "bfloat16" in floats:
        others = {n for n in floats if n != "bfloat16"}
        return "bfloat16" if not others else "float32" if others <= {"float16"} else result_type(*others)
    return np.result_type(*floats).name


def summable(x):
    """`x` in the dtype in which Keras adds it up: small integers and booleans in 32 bits."""
    x = as_tensor(x)
    name = name_of(x.dtype)
    return as_dtype(x, _SUMS[name]) if name in _SUMS else x
