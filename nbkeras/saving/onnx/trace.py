"""What a model computes, as a list of primitives: its `call` runs on values that hold no numbers.

It runs several times, with other numbers in place of the sizes that are open (rows, steps): what differs between the
runs depends on a size and is computed in the file too. A number that differs and is no size cannot be exported.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from nbkeras import tree
from nbkeras.backends import load
from nbkeras.backends.abstract import AbstractArray
from nbkeras.backends.abstract import run as run_on_shapes
from nbkeras.layers import Layer
from nbkeras.operators import Operators
from nbkeras.ops.dispatch import FUSED, SCALARS

__all__ = ["Body", "Call", "NotExportable", "Recorder", "Value", "live"]

# Recorded though no argument is a value, since their attributes may be sizes.
MADE_OF_SIZES = {"full", "arange"}


class NotExportable(ValueError):
    """A model, or a part of it, that has no form in ONNX."""


class Value(Operators):
    """A result within a model: a shape, a dtype and a number by which it is known."""

    __slots__ = ("shape", "dtype", "number")

    def __init__(self, shape: Any, dtype: Any, number: int) -> None:
        self.shape = tuple(shape)
        self.dtype = np.dtype(dtype)
        self.number = number

    @property
    def size(self) -> int:
        return int(np.prod(self.shape))

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
        raise TypeError("NumPy computes with its input, which an ONNX file cannot; use ops.* in place of np.*")


class Call:
    """One primitive on its arguments (values, arrays, Python numbers or `None`), and what it returns."""

    def __init__(self, name: str, args: Any, attributes: dict[str, Any], outputs: list[Value], layer: Any) -> None:
        self.name = name
        self.args = list(args)
        self.attributes = attributes
        self.outputs = outputs
        self.layer = layer


class Body:
    """The step of a loop over time: its calls, the values that enter and those that leave it."""

    def __init__(self, inputs: list[Value], calls: list[Call], outputs: list[Any]) -> None:
        self.inputs = inputs
        self.calls = calls
        self.outputs = outputs


class Recorder:
    """A backend that notes what it is asked to compute. Whatever depends on no value, NumPy computes at once.

    Args:
        fused: names of fused ops that are noted as a whole; any other is noted as the primitives that it is made of.
    """

    name = "onnx"
    TAPED = False
    LACKS = ("bfloat16",)  # as NumPy, which computes what is constant

    def __init__(self, fused: set[str]) -> None:
        self.KERNELS = fused
        self.calls: list[Call] = []
        self.layers: list[Layer] = []  # those whose call is in progress, the innermost last
        self._count = 0

    def value(self, shape: Any, dtype: Any) -> Value:
        """A new value."""
        self._count += 1
        return Value(shape, dtype, self._count)

    def run(self, name: str, *args: Any, **attributes: Any) -> Any:
        if name not in MADE_OF_SIZES and not any(type(a) is Value for a in args):
            return load("numpy").run(name, *args, **attributes)
        function = FUSED[name] if name in self.KERNELS else lambda *a, **k: run_on_shapes(name, *a, **k)
        found = function(*map(_abstract, args), **attributes)
        outputs = tree.map_structure(lambda a: self.value(a.shape, a.dtype), found)
        self._note(name, args, attributes, tree.flatten(outputs))
        return outputs

    def scan(self, f: Callable[..., Any], init: Any, xs: Any, length: int | None, reverse: bool) -> Any:
        """Notes the step once, as the body of a loop."""
        rows = [x for x in tree.flatten(xs) if x is not None]
        if not rows:
            rows = [self.run("arange", start=0, stop=length, step=1, dtype="int32")]
        steps = rows[0].shape[0]
        starts = tree.flatten(init)
        entering = [self.value(a.shape, a.dtype) for a in starts]
        slices = [self.value(a.shape[1:], a.dtype) for a in rows]
        held = iter(slices)
        outer, self.calls = self.calls, []
        try:
            row = tree.map_structure(lambda x: None if x is None else next(held), xs)
            carry, y = f(tree.pack_sequence_as(init, entering), row)
            ends = [*tree.flatten(carry), *tree.flatten(y)]
            body = Body([*entering, *slices], live(self.calls, ends), ends)
        finally:
            self.calls = outer
        last = [self.value(a.shape, a.dtype) for a in starts]
        stacked = tree.map_structure(lambda a: None if a is None else self.value((steps, *a.shape), a.dtype), y)
        outputs = [*last, *(v for v in tree.flatten(stacked) if v is not None)]
        attributes = {"body": body, "carries": len(starts), "reverse": bool(reverse)}
        self._note("scan", [*starts, *rows], attributes, outputs)
        return tree.pack_sequence_as(init, last), stacked

    def cond(self, pred: Any, true_fn: Callable[[], Any], false_fn: Callable[[], Any]) -> Any:
        if type(pred) is Value:
            raise NotExportable("uses ops.cond on a result; use ops.where, which computes both sides")
        return true_fn() if pred else false_fn()

    def switch(self, index: Any, branches: Any, *operands: Any) -> Any:
        if type(index) is Value:
            raise NotExportable("uses ops.switch on a result; use ops.where, which computes all branches")
        return branches[min(max(int(index), 0), len(branches) - 1)](*operands)

    def while_loop(self, cond: Any, body: Any, loop_vars: Any, maximum_iterations: Any = None) -> Any:
        raise NotExportable("uses ops.while_loop; use ops.scan, whose number of steps is that of its input")

    def fori_loop(self, lower: Any, upper: Any, body: Callable[..., Any], value: Any) -> Any:
        if type(lower) is Value or type(upper) is Value:
            raise NotExportable("uses ops.fori_loop up to a result; use ops.scan")
        for i in range(int(lower), int(upper)):
            value = body(i, value)
        return value

    def custom_gradient(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return lambda *args: function(*args)[0]

    def array(self, value: Any, dtype: Any = None) -> Any:
        return value if type(value) is Value else np.asarray(value, dtype)

    def is_array(self, value: Any) -> bool:
        return isinstance(value, (Value, np.ndarray))

    def to_numpy(self, value: Any) -> Any:
        return np.asarray(value)

    def outside(self, value: Any) -> Any:
        return value

    def _note(self, name: str, args: Any, attributes: dict[str, Any], outputs: list[Value]) -> None:
        self.calls.append(Call(name, args, attributes, outputs, self.layers[-1] if self.layers else None))

    @contextmanager
    def inside(self, layer: Layer) -> Iterator[None]:
        """Notes that what is computed in the block is computed by `layer`; errors name it."""
        self.layers.append(layer)
        try:
            yield
        except NotExportable as error:
            raise error if hasattr(error, "layer") else _named(error, layer) from error.__cause__
        except (TypeError, NotImplementedError) as error:
            raise _named(error, layer) from error
        finally:
            self.layers.pop()


def live(calls: list[Call], outputs: Iterable[Any]) -> list[Call]:
    """The calls that `outputs` need; others computed a loss, or a mask that nobody reads."""
    needed = {y.number for y in outputs if type(y) is Value}
    kept = []
    for call in reversed(calls):
        if needed.isdisjoint(y.number for y in call.outputs):
            continue
        kept.append(call)
        needed.update(_numbers(call))
    return kept[::-1]


def _numbers(call: Call) -> set[int]:
    """The values that a call reads, in the body of its loop too."""
    found = {a.number for a in call.args if type(a) is Value}
    body = call.attributes.get("body")
    if isinstance(body, Body):
        found |= {y.number for y in body.outputs if type(y) is Value}
        found = found.union(*map(_numbers, body.calls))
    return found


def _named(error: Exception, layer: Layer) -> NotExportable:
    named = NotExportable(f"{layer.title} {error}" if isinstance(error, NotExportable) else f"{layer.title}: {error}")
    named.layer = layer  # type: ignore[attr-defined]
    return named


def _abstract(a: Any) -> Any:
    if a is None or type(a) in SCALARS:
        return a
    return AbstractArray(a.shape, a.dtype)
