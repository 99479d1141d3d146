"""Elementwise ops: arithmetic, comparison, logic, elementary functions."""

import math

import numpy as np

from nbkeras.ops.dispatch import fused, op, run
from nbkeras.ops.dtypes import as_dtype, as_float, as_tensor, is_float, name_of, promoted

__all__ = [
    "abs", "absolute", "add", "allclose", "angle", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2",
    "arctanh", "bitwise_and", "bitwise_invert", "bitwise_left_shift", "bitwise_not", "bitwise_or",
    "bitwise_right_shift", "bitwise_xor", "cbrt", "ceil", "clip", "conj", "conjugate", "cos", "cosh", "deg2rad",
    "divide", "divide_no_nan", "equal", "erf", "erfc", "erfinv", "exp", "exp2", "expm1", "fabs", "floor",
    "floor_divide", "fmax", "fmin", "fmod", "gcd", "greater", "greater_equal", "heaviside", "hypot", "i0", "imag",
    "isclose", "isfinite", "isinf", "isnan", "isneginf", "isposinf", "isreal", "lcm", "ldexp", "left_shift", "less",
    "less_equal", "log", "log10", "log1p", "log2", "logaddexp", "logaddexp2", "logical_and", "logical_not",
    "logical_or", "logical_xor", "maximum", "minimum", "mod", "multiply", "nan_to_num", "negative", "nextafter",
    "not_equal", "power", "rad2deg", "real", "reciprocal", "right_shift", "round", "rsqrt", "sign", "signbit",
    "sin", "sinc", "sinh", "sqrt", "square", "subtract", "tan", "tanh", "true_divide", "trunc", "where",
]  # fmt: skip


@op
def exp(x):
    """e to the power `x`."""
    return run("exp", as_float(x))


@op
def exp2(x):
    """2 to the power `x`."""
    return run("exp2", as_float(x))


@op
def expm1(x):
    """`exp(x) - 1`, accurate for small `x`."""
    return run("expm1", as_float(x))


@op
def log(x):
    """The natural logarithm."""
    return run("log", as_float(x))


@op
def log1p(x):
    """`log(1 + x)`, accurate for small `x`."""
    return run("log1p", as_float(x))


@op
def log2(x):
    """The logarithm to base 2."""
    return run("log2", as_float(x))


@op
def log10(x):
    """The logarithm to base 10."""
    return run("log10", as_float(x))


@op
def sqrt(x):
    """The square root."""
    return run("sqrt", as_float(x))


@op
def rsqrt(x):
    """`1 / sqrt(x)`."""
    return run("rsqrt", as_float(x))


@op
def cbrt(x):
    """The cube root."""
    return run("cbrt", as_float(x))


@op
def reciprocal(x):
    """`1 / x`."""
    return run("reciprocal", as_float(x))


@op
def sin(x):
    """The sine."""
    return run("sin", as_float(x))


@op
def cos(x):
    """The cosine."""
    return run("cos", as_float(x))


@op
def tan(x):
    """The tangent."""
    return run("tan", as_float(x))


@op
def arcsin(x):
    """The inverse of the sine."""
    return run("arcsin", as_float(x))


@op
def arccos(x):
    """The inverse of the cosine."""
    return run("arccos", as_float(x))


@op
def arctan(x):
    """The inverse of the tangent."""
    return run("arctan", as_float(x))


@op
def sinh(x):
    """The hyperbolic sine."""
    return run("sinh", as_float(x))


@op
def cosh(x):
    """The hyperbolic cosine."""
    return run("cosh", as_float(x))


@op
def tanh(x):
    """The hyperbolic tangent."""
    return run("tanh", as_float(x))


@op
def arcsinh(x):
    """The inverse of the hyperbolic sine."""
    return run("arcsinh", as_float(x))


@op
def arccosh(x):
    """The inverse of the hyperbolic cosine."""
    return run("arccosh", as_float(x))


@op
def arctanh(x):
    """The inverse of the hyperbolic tangent."""
    return run("arctanh", as_float(x))


@op
def erf(x):
    """The error function, `2/√π ∫₀ˣ exp(-t²) dt`."""
    return run("erf", as_float(x))


@op
def erfinv(x):
    """The inverse of the error function."""
    return run("erfinv", as_float(x))


@op
def ceil(x):
    """The least integer not below `x`, as a float."""
    return run("ceil", as_float(x))


@op
def floor(x):
    """The greatest integer not above `x`, as a float."""
    return run("floor", as_float(x))


@op
def absolute(x):
    """The absolute value."""
    return run("absolute", as_tensor(x))


@op
def negative(x):
    """`-x`."""
    return run("negative", as_tensor(x))


@op
def square(x):
    """`x * x`."""
    return run("square", as_tensor(x))


@op
def sign(x):
    """-1, 0 or 1, as `x` is negative, zero or positive."""
    return run("sign", as_tensor(x))


@op
def trunc(x):
    """`x` without its fraction."""
    return run("trunc", as_tensor(x))


@op
def conj(x):
    """The complex conjugate."""
    return run("conj", as_tensor(x))


@op
def isnan(x):
    """Where `x` is not a number."""
    return run("isnan", as_tensor(x))


@op
def isinf(x):
    """Where `x` is infinite."""
    return run("isinf", as_tensor(x))


@op
def isfinite(x):
    """Where `x` is neither infinite nor NaN."""
    return run("isfinite", as_tensor(x))


@op
def signbit(x):
    """Where the sign bit is set (`-0.0` included)."""
    return run("signbit", as_tensor(x))


@op
def bitwise_not(x):
    """Every bit flipped."""
    return run("bitwise_not", as_tensor(x))


@op
def add(x1, x2):
    """`x1 + x2`."""
    return run("add", *promoted(x1, x2))


@op
def subtract(x1, x2):
    """`x1 - x2`."""
    return run("subtract", *promoted(x1, x2))


@op
def multiply(x1, x2):
    """`x1 * x2`."""
    return run("multiply", *promoted(x1, x2))


@op
def maximum(x1, x2):
    """The larger of two elements."""
    return run("maximum", *promoted(x1, x2))


@op
def minimum(x1, x2):
    """The smaller of two elements."""
    return run("minimum", *promoted(x1, x2))


@op
def mod(x1, x2):
    """The remainder of `x1 / x2`, with the sign of `x2`."""
    return run("mod", *promoted(x1, x2))


@op
def fmod(x1, x2):
    """The remainder of `x1 / x2`, with the sign of `x1`."""
    return run("fmod", *promoted(x1, x2))


@op
def floor_divide(x1, x2):
    """The quotient rounded down."""
    return run("floor_divide", *promoted(x1, x2))


@op
def power(x1, x2):
    """`x1` to the power `x2`."""
    return run("power", *promoted(x1, x2))


@op
def bitwise_and(x, y):
    """Bits set in both."""
    return run("bitwise_and", *promoted(x, y))


@op
def bitwise_or(x, y):
    """Bits set in either."""
    return run("bitwise_or", *promoted(x, y))


@op
def bitwise_xor(x, y):
    """Bits set in one of the two."""
    return run("bitwise_xor", *promoted(x, y))


@op
def left_shift(x, y):
    """`x1` with its bits moved up by `x2` places."""
    return run("left_shift", *promoted(x, y))


@op
def right_shift(x, y):
    """`x1` with its bits moved down by `x2` places."""
    return run("right_shift", *promoted(x, y))


@op
def gcd(x1, x2):
    """The greatest common divisor."""
    return run("gcd", *promoted(x1, x2))


@op
def lcm(x1, x2):
    """The least common multiple."""
    return run("lcm", *promoted(x1, x2))


@op
def true_divide(x1, x2):
    """`x1 / x2`, of integers too a float."""
    return run("true_divide", *_floats(x1, x2))


@op
def arctan2(x1, x2):
    """The angle of the point (`x2`, `x1`)."""
    return run("arctan2", *_floats(x1, x2))


@op
def hypot(x1, x2):
    """`sqrt(x1² + x2²)`."""
    return run("hypot", *_floats(x1, x2))


@op
def logaddexp(x1, x2):
    """`log(exp(x1) + exp(x2))` without overflow."""
    return run("logaddexp", *_floats(x1, x2))


@op
def nextafter(x1, x2):
    """The next representable number after `x1` in the direction of `x2`."""
    return run("nextafter", *_floats(x1, x2))


@op
def equal(x1, x2):
    """Where `x1 == x2`."""
    return run("equal", x1, x2)


@op
def not_equal(x1, x2):
    """Where `x1 != x2`."""
    return run("not_equal", x1, x2)


@op
def less(x1, x2):
    """Where `x1 < x2`."""
    return run("less", x1, x2)


@op
def less_equal(x1, x2):
    """Where `x1 <= x2`."""
    return run("less_equal", x1, x2)


@op
def greater(x1, x2):
    """Where `x1 > x2`."""
    return run("greater", x1, x2)


@op
def greater_equal(x1, x2):
    """Where `x1 >= x2`."""
    return run("greater_equal", x1, x2)


@op
def logical_and(x1, x2):
    """Where both are true."""
    return run("logical_and", x1, x2)


@op
def logical_or(x1, x2):
    """Where at least one is true."""
    return run("logical_or", x1, x2)


@op
def logical_xor(x1, x2):
    """Where exactly one is true."""
    return run("logical_xor", x1, x2)


def _floats(a, b):
    """`a` and `b` promoted, and to floats if they are both integers."""
    a, b = promoted(a, b)
    if is_float(getattr(a, "dtype", "bool")) or is_float(getattr(b, "dtype", "bool")):
        return a, b
    return as_float(a), as_float(b)


@op
def logical_not(x):
    """Where `x` is false."""
    return run("logical_not", x)


@op
def where(condition, x1=None, x2=None):
    """Elements of `x1` where `condition` holds, of `x2` elsewhere; with the condition alone, its true positions."""
    if x1 is None and x2 is None:
        return run("nonzero", condition)
    return run("where", condition, *promoted(x1, x2))


@op
def clip(x, x_min, x_max):
    """`x` with values below `x_min` and above `x_max` replaced by these."""
    x = as_tensor(x)
    if name_of(x.dtype) == "bool":
        x = as_dtype(x, "int32")
    low, high = promoted(x, x_min)[1], promoted(x, x_max)[1]
    return run("clip", promoted(promoted(x, x_min)[0], x_max)[0], low, high)


@op
def round(x, decimals=0):
    """`x` rounded to `decimals` places, halves to even."""
    x = as_tensor(x)
    if not is_float(x.dtype):
        return x
    if decimals == 0:
        return run("round", x)
    return run("round", x * 10.0**decimals) / 10.0**decimals


@op
def divide_no_nan(x1, x2):
    """`x1 / x2`, and 0 where `x2` is 0."""
    return _divide_no_nan(*_floats(x1, x2))


@fused
def _divide_no_nan(x1, x2):
    zero = equal(x2, 0)
    return where(zero, 0.0, true_divide(x1, where(zero, 1, x2)))


@op
def isclose(x1, x2, rtol=1e-5, atol=1e-8, equal_nan=False):
    """Where `|x1 - x2| <= atol + rtol * |x2|`."""
    x1, x2 = promoted(x1, x2)
    close = less_equal(absolute(subtract(x1, x2)), absolute(x2) * rtol + atol)
    close = logical_or(equal(x1, x2), logical_and(close, isfinite(x2)))
    return logical_or(close, logical_and(isnan(x1), isnan(x2))) if equal_nan else close


@op
def allclose(x1, x2, rtol=1e-5, atol=1e-8, equal_nan=False):
    """Whether `isclose` holds for all elements."""
    return run("all", isclose(x1, x2, rtol, atol, equal_nan), axis=None, keepdims=False)


@op
def isneginf(x):
    """Where `x` is minus infinity."""
    return equal(x, -math.inf)


@op
def isposinf(x):
    """Where `x` is plus infinity."""
    return equal(x, math.inf)


@op
def isreal(x):
    """Where `x` has no imaginary part."""
    return equal(imag(x), 0)


@op
def nan_to_num(x, nan=0.0, posinf=None, neginf=None):
    """`x` with NaN and infinities replaced; `None` stands for the largest and the smallest number of the dtype."""
    x = as_tensor(x)
    if not is_float(x.dtype):
        return x
    limits = np.finfo(name_of(x.dtype))
    x = where(isnan(x), float(nan), x)
    x = where(isposinf(x), float(limits.max if posinf is None else posinf), x)
    return where(isneginf(x), float(limits.min if neginf is None else neginf), x)


@op
def real(x):
    """The real part."""
    return run("real", as_tensor(x))


@op
def imag(x):
    """The imaginary part."""
    return run("imag", as_tensor(x))


@op
def angle(x):
    """The angle of complex numbers."""
    return arctan2(imag(x), real(x))


@op
def deg2rad(x):
    """Degrees as radians."""
    return as_float(x) * (math.pi / 180)


@op
def rad2deg(x):
    """Radians as degrees."""
    return as_float(x) * (180 / math.pi)


@op
def heaviside(x1, x2):
    """0 where `x1` is negative, 1 where it is positive, `x2` where it is zero."""
    x1, x2 = _floats(x1, x2)
    return where(equal(x1, 0), x2, where(greater(x1, 0), 1.0, 0.0))


@op
def sinc(x):
    """`sin(πx) / (πx)`, and 1 at 0."""
    x = as_float(x) * math.pi
    zero = equal(x, 0)
    return where(zero, 1.0, sin(x) / where(zero, 1.0, x))


@op
def logaddexp2(x1, x2):
    """`log2(2**x1 + 2**x2)` without overflow."""
    x1, x2 = _floats(x1, x2)
    return logaddexp(x1 * math.log(2), x2 * math.log(2)) / math.log(2)


@op
def ldexp(x1, x2):
    """`x1 * 2**x2`."""
    return as_float(x1) * exp2(x2)


@op
def erfc(x):
    """`1 - erf(x)`."""
    return 1.0 - erf(x)


@op
def i0(x):
    """The modified Bessel function of the first kind and order 0."""
    return run("i0", as_float(x))


@op
def fmax(x1, x2):
    """The larger of two elements; a number rather than NaN."""
    x1, x2 = promoted(x1, x2)
    return where(isnan(x1), x2, where(isnan(x2), x1, maximum(x1, x2)))


@op
def fmin(x1, x2):
    """The smaller of two elements; a number rather than NaN."""
    x1, x2 = promoted(x1, x2)
    return where(isnan(x1), x2, where(isnan(x2), x1, minimum(x1, x2)))


@op
def fabs(x):
    """The absolute value as a float."""
    return absolute(as_float(x))


abs = absolute
divide = true_divide
conjugate = conj
bitwise_invert = bitwise_not
bitwise_left_shift = left_shift
bitwise_right_shift = right_shift
