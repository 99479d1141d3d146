"""Products of matrices in ONNX."""

from typing import Any

import numpy as np

from nbkeras.saving.onnx.graph import Graph, emitter
from nbkeras.saving.onnx.sizes import Open, product
from nbkeras.saving.onnx.trace import Call, NotExportable


@emitter("matmul")
def _matmul(g: Graph, call: Call) -> str:
    return g.node("MatMul", *(g.read(x, call.outputs[0].dtype) for x in call.args))


@emitter("rfft")
def _rfft(g: Graph, call: Call) -> list[str]:
    """The real and the imaginary part of a Fourier transform of `n` numbers, as products with its matrices."""
    x, n = call.args[0], call.attributes["n"]
    if isinstance(n, Open) or isinstance(x.shape[-1], Open):
        raise NotExportable("transforms an open number of samples; give Input full sizes")
    rows = np.arange(min(x.shape[-1], n))
    turns = 2 * np.pi * np.outer(rows, np.arange(n // 2 + 1)) / n
    parts = (np.cos(turns).astype(x.dtype), -np.sin(turns).astype(x.dtype))
    name = g.read(x) if len(rows) == x.shape[-1] else g.slice(g.read(x), [len(x.shape) - 1], [0], [n])
    return [g.node("MatMul", name, g.constant(part)) for part in parts]


@emitter("det")
def _det(g: Graph, call: Call) -> str:
    g.at_least(11, "determinants")
    return g.node("Det", g.read(call.args[0]))


@emitter("einsum")
def _einsum(g: Graph, call: Call) -> str:
    subscripts = call.attributes["subscripts"]
    names = [g.read(x, call.outputs[0].dtype) for x in call.args]
    if g.opset >= 12:
        return g.node("Einsum", *names, equation=subscripts)
    terms, result = subscripts.split("->")
    terms = terms.split(",")
    if len(terms) != 2 or any(len(set(t)) < len(t) for t in terms):
        g.at_least(12, f"einsum {subscripts!r}")
    sizes = {letter: n for term, x in zip(terms, call.args) for letter, n in zip(term, x.shape)}
    return _as_matmul(g, names, terms, result, sizes)


def _as_matmul(g: Graph, names: list[str], terms: list[str], result: str, sizes: dict[str, Any]) -> str:
    """Two operands as stacks of matrices: letters of both and the result, rows, columns, and those summed over."""
    for place, (term, other) in enumerate(zip(terms, terms[::-1])):
        alone = [a for a, c in enumerate(term) if c not in other + result]
        names[place] = g.reduce("ReduceSum", names[place], alone, False) if alone else names[place]
        terms[place] = "".join(c for c in term if c in other + result)
    first, second = terms
    batch = [c for c in first if c in second and c in result]
    summed = [c for c in first if c in second and c not in result]
    rows, columns = ([c for c in term if c not in batch + summed] for term in terms)
    a = _grouped(g, names[0], first, [*batch, *rows, *summed], len(batch), len(rows), sizes)
    b = _grouped(g, names[1], second, [*batch, *summed, *columns], len(batch), len(summed), sizes)
    y = g.node("MatMul", a, b)
    order = [*batch, *rows, *columns]
    if sorted(order) != sorted(result):
        raise NotExportable(f"computes einsum to '{result}', which needs opset 12 or more")
    stacked = [*(sizes[c] for c in batch), product(sizes[c] for c in rows), product(sizes[c] for c in columns)]
    y = g.reshape(y, stacked, [sizes[c] for c in order])
    return g.transpose(y, [order.index(c) for c in result])


def _grouped(g: Graph, name: str, term: str, order: list[str], stacked: int, rows: int, sizes: Any) -> str:
    """An operand with its letters in `order`: the first `stacked` alone, then `rows` as one axis, then the rest."""
    moved = g.transpose(name, [term.index(c) for c in order])
    shape = [sizes[c] for c in order]
    matrix = [*shape[:stacked], product(shape[stacked : stacked + rows]), product(shape[stacked + rows :])]
    return g.reshape(moved, shape, matrix)
