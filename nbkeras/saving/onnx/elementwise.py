"""Arithmetic, comparison, logic and elementary functions in ONNX."""

import math
from typing import Any

import numpy as np

from nbkeras.ops.dispatch import SCALARS
from nbkeras.saving.onnx.graph import Graph, emitter
from nbkeras.saving.onnx.trace import Call, Value

__all__ = ["computed_in", "floor_divided", "larger", "smaller"]

UNARY = {
    "absolute": "Abs", "negative": "Neg", "sqrt": "Sqrt", "reciprocal": "Reciprocal", "exp": "Exp", "log": "Log",
    "sin": "Sin", "cos": "Cos", "tan": "Tan", "arcsin": "Asin", "arccos": "Acos", "arctan": "Atan", "sinh": "Sinh",
    "cosh": "Cosh", "tanh": "Tanh", "arcsinh": "Asinh", "arccosh": "Acosh", "arctanh": "Atanh", "erf": "Erf",
    "sign": "Sign", "floor": "Floor", "ceil": "Ceil",
}  # fmt: skip
ARITHMETIC = {"add": "Add", "subtract": "Sub", "multiply": "Mul", "true_divide": "Div"}
LOGIC = {"logical_and": "And", "logical_or": "Or", "logical_xor": "Xor"}
NARROW = {np.dtype(name) for name in ("bool", "int8", "int16", "uint8", "uint16")}  # what arithmetic is not there for


def computed_in(dtype: Any) -> np.dtype:
    """The dtype in which runtimes can compute: small integers and booleans in 32 bits."""
    dtype = np.dtype(dtype)
    return np.dtype(np.int32) if dtype in NARROW else dtype


def _computing(function: Any) -> Any:
    """An emitter from `function(graph, *names, dtype)`, whose arguments and result are of the call's dtype."""

    def emit(g: Graph, call: Call) -> str:
        dtype = computed_in(call.outputs[0].dtype)
        name = function(g, *(g.read(a, dtype) for a in call.args), dtype)
        return g.cast(name, dtype, call.outputs[0].dtype)

    return emit


def _simple(operator: str) -> Any:
    return _computing(lambda g, *names_and_dtype: g.node(operator, *names_and_dtype[:-1]))


for _name, _operator in {**UNARY, **ARITHMETIC}.items():
    emitter(_name)(_simple(_operator))


def _number(g: Graph, value: float, dtype: Any) -> str:
    return g.constant(np.asarray(value, dtype))


def larger(g: Graph, a: str, b: str, dtype: Any) -> str:
    """The larger of two elements; ONNX has it for integers since opset 12."""
    if np.dtype(dtype).kind in "iu" and g.opset < 12:
        return g.node("Where", g.node("Less", a, b), b, a)
    return g.node("Max", a, b)


def smaller(g: Graph, a: str, b: str, dtype: Any) -> str:
    """The smaller of two elements."""
    if np.dtype(dtype).kind in "iu" and g.opset < 12:
        return g.node("Where", g.node("Less", a, b), a, b)
    return g.node("Min", a, b)


def _clip(g: Graph, x: str, low: str, high: str, dtype: Any) -> str:
    return smaller(g, larger(g, x, low, dtype), high, dtype)


def floor_divided(g: Graph, a: str, b: str, dtype: Any) -> str:
    """The quotient rounded down, of integers too, which ONNX rounds towards zero."""
    if np.dtype(dtype).kind == "f":
        return g.node("Floor", g.node("Div", a, b))
    double = np.dtype(np.float64)
    quotient = g.node("Div", g.cast(a, dtype, double), g.cast(b, dtype, double))
    return g.cast(g.node("Floor", quotient), double, dtype)


def _mod(g: Graph, a: str, b: str, dtype: Any) -> str:
    return g.node("Sub", a, g.node("Mul", floor_divided(g, a, b, dtype), b))


def _power(g: Graph, a: str, b: str, dtype: Any) -> str:
    """Of integers ONNX has it since opset 12."""
    if np.dtype(dtype).kind == "f" or g.opset >= 12:
        return g.node("Pow", a, b)
    double = np.dtype(np.float64)
    return g.cast(g.node("Pow", g.cast(a, dtype, double), g.cast(b, dtype, double)), double, dtype)


def _trunc(g: Graph, x: str, dtype: Any) -> str:
    return g.node("Mul", g.node("Sign", x), g.node("Floor", g.node("Abs", x)))


def _fmod(g: Graph, a: str, b: str, dtype: Any) -> str:
    if np.dtype(dtype).kind != "f":
        return g.node("Sub", a, g.node("Mul", g.node("Div", a, b), b))
    return g.node("Sub", a, g.node("Mul", _trunc(g, g.node("Div", a, b), dtype), b))


def _round(g: Graph, x: str, dtype: Any) -> str:
    """Halves to even."""
    if g.opset >= 11:
        return g.node("Round", x)
    half, two = _number(g, 0.5, dtype), _number(g, 2, dtype)
    up = g.node("Floor", g.node("Add", x, half))
    odd = g.node("Sub", up, g.node("Mul", g.node("Floor", g.node("Div", up, two)), two))
    between = g.cast(_equal(g, g.node("Sub", up, x), half, dtype), np.dtype(bool), dtype)
    return g.node("Sub", up, g.node("Mul", odd, between))


def _log1p(g: Graph, x: str, dtype: Any) -> str:
    return g.node("Log", g.node("Add", x, _number(g, 1, dtype)))


def _cbrt(g: Graph, x: str, dtype: Any) -> str:
    return g.node("Mul", g.node("Sign", x), g.node("Pow", g.node("Abs", x), _number(g, 1 / 3, dtype)))


def _arctan2(g: Graph, y: str, x: str, dtype: Any) -> str:
    """`atan(y / x)`, moved by half a turn where `x` is negative; ±π/2 where it is 0."""
    zero, half_turn = _number(g, 0, dtype), _number(g, math.pi, dtype)
    below = g.node("Where", g.node("Less", y, zero), g.node("Neg", half_turn), half_turn)
    angle = g.node("Atan", g.node("Div", y, x))
    angle = g.node("Where", g.node("Less", x, zero), g.node("Add", angle, below), angle)
    origin = g.node("And", _equal(g, x, zero, dtype), _equal(g, y, zero, dtype))
    return g.node("Where", origin, zero, angle)


def _logaddexp(g: Graph, a: str, b: str, dtype: Any) -> str:
    apart = g.node("Neg", g.node("Abs", g.node("Sub", a, b)))
    return g.node("Add", larger(g, a, b, dtype), _log1p(g, g.node("Exp", apart), dtype))


def _hypot(g: Graph, a: str, b: str, dtype: Any) -> str:
    return g.node("Sqrt", g.node("Add", g.node("Mul", a, a), g.node("Mul", b, b)))


def _times_log(base: float) -> Any:
    return lambda g, x, dtype: g.node("Mul", g.node("Log", x), _number(g, 1 / math.log(base), dtype))


COMPOSED = {
    "square": lambda g, x, dtype: g.node("Mul", x, x),
    "rsqrt": lambda g, x, dtype: g.node("Reciprocal", g.node("Sqrt", x)),
    "exp2": lambda g, x, dtype: g.node("Pow", _number(g, 2, dtype), x),
    "expm1": lambda g, x, dtype: g.node("Sub", g.node("Exp", x), _number(g, 1, dtype)),
    "log1p": _log1p,
    "log2": _times_log(2),
    "log10": _times_log(10),
    "cbrt": _cbrt,
    "trunc": _trunc,
    "round": _round,
    "maximum": larger,
    "minimum": smaller,
    "clip": _clip,
    "mod": _mod,
    "fmod": _fmod,
    "floor_divide": floor_divided,
    "power": _power,
    "arctan2": _arctan2,
    "logaddexp": _logaddexp,
    "hypot": _hypot,
}
for _name, _function in COMPOSED.items():
    emitter(_name)(_computing(_function))


@emitter("bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_not")
def _bits(g: Graph, call: Call) -> str:
    if call.name == "bitwise_not" and call.outputs[0].dtype == bool:
        return _not(g, call)
    g.at_least(18, "operators on bits")
    operator = "Bitwise" + call.name.removeprefix("bitwise_").capitalize()
    return g.node(operator, *(g.read(a, call.outputs[0].dtype) for a in call.args))


@emitter("cast")
def _cast(g: Graph, call: Call) -> str:
    return g.read(call.args[0], call.outputs[0].dtype)


@emitter("stop_gradient", "copy", "conj", "real")
def _same(g: Graph, call: Call) -> str:
    return g.read(call.args[0])


# --- truth ----------------------------------------------------------------------------------------------------------


def _equal(g: Graph, a: str, b: str, dtype: Any) -> str:
    """`a == b`, which ONNX has for floats since opset 11."""
    if np.dtype(dtype).kind != "f" or g.opset >= 11:
        return g.node("Equal", a, b)
    differ = g.node("Or", g.node("Less", a, b), g.node("Greater", a, b))
    return g.node("Not", g.node("Or", differ, g.node("IsNaN", g.node("Add", a, b))))


def _less_equal(g: Graph, a: str, b: str, dtype: Any) -> str:
    if g.opset >= 12:
        return g.node("LessOrEqual", a, b)
    return g.node("Or", g.node("Less", a, b), _equal(g, a, b, dtype))


COMPARISONS: dict[str, Any] = {
    "equal": _equal,
    "not_equal": lambda g, a, b, dtype: g.node("Not", _equal(g, a, b, dtype)),
    "less": lambda g, a, b, dtype: g.node("Less", a, b),
    "greater": lambda g, a, b, dtype: g.node("Greater", a, b),
    "less_equal": _less_equal,
    "greater_equal": lambda g, a, b, dtype: _less_equal(g, b, a, dtype),
}


@emitter(*COMPARISONS)
def _comparison(g: Graph, call: Call) -> str:
    dtype = computed_in(_common(call.args))
    return COMPARISONS[call.name](g, *(g.read(a, dtype) for a in call.args), dtype)


def _common(args: Any) -> np.dtype:
    """The dtype in which arguments are compared; a Python number takes that of the other, unless it is a fraction."""
    dtypes = [a.dtype if hasattr(a, "dtype") else a if type(a) in SCALARS else np.dtype(np.int64) for a in args]
    return np.result_type(*dtypes)


@emitter(*LOGIC)
def _logic(g: Graph, call: Call) -> str:
    return g.node(LOGIC[call.name], *(g.read(a, bool) for a in call.args))


@emitter("logical_not")
def _not(g: Graph, call: Call) -> str:
    return g.node("Not", g.read(call.args[0], bool))


@emitter("isnan")
def _isnan(g: Graph, call: Call) -> str:
    return g.node("IsNaN", _as_float(g, call.args[0])[0])


@emitter("isinf")
def _isinf(g: Graph, call: Call) -> str:
    return _infinite(g, *_as_float(g, call.args[0]))


@emitter("isfinite")
def _isfinite(g: Graph, call: Call) -> str:
    x, dtype = _as_float(g, call.args[0])
    return g.node("Not", g.node("Or", g.node("IsNaN", x), _infinite(g, x, dtype)))


def _as_float(g: Graph, x: Value) -> tuple[str, np.dtype]:
    dtype = x.dtype if x.dtype.kind == "f" else np.dtype(np.float32)
    return g.read(x, dtype), dtype


def _infinite(g: Graph, x: str, dtype: Any) -> str:
    if g.opset >= 10:
        return g.node("IsInf", x)
    return _equal(g, g.node("Abs", x), _number(g, math.inf, dtype), dtype)


@emitter("where")
def _where(g: Graph, call: Call) -> str:
    condition, *choices = call.args
    dtype = computed_in(call.outputs[0].dtype)
    name = g.node("Where", g.read(condition, bool), *(g.read(a, dtype) for a in choices))
    return g.cast(name, dtype, call.outputs[0].dtype)
