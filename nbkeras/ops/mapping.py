"""A function applied to each slice, or each element, of arrays."""

import functools
import math
import re

import numpy as np

from nbkeras import symbolic, tree
from nbkeras.backends import backend
from nbkeras.ops.core import has_no_numbers, scan, values_in
from nbkeras.ops.dispatch import op
from nbkeras.ops.dtypes import as_tensor
from nbkeras.ops.shaping import broadcast_to, reshape

__all__ = ["map", "vectorize", "vectorized_map"]


@op
def map(f, xs):
    """`f` applied to each slice of `xs` along its leading axis, one after the other, the results stacked."""
    return scan(lambda carry, x: (carry, f(x)), (), xs)[1]


@op
def vectorized_map(function, elements):
    """`function` applied to each slice of `elements` along its leading axis, all at once where the backend can.

    Args:
        function: of one slice, or of a nest of them, of the structure of `elements`.
        elements: an array or a nest of arrays of the same length.
    """
    elements = values_in(elements)
    return map(function, elements) if has_no_numbers(elements) else backend().vectorized_map(function, elements)


def vectorize(pyfunc, *, excluded=None, signature=None):
    """A function of arrays that applies `pyfunc` to their elements, which broadcast.

    Args:
        pyfunc: a function of scalars that computes with `ops`.
        excluded: the positions of arguments that go to `pyfunc` as they are.
        signature: which axes `pyfunc` itself takes and gives, e.g. `"(m,n),(n)->(m)"`; the axes before them are what
            broadcasts.

    Raises:
        ValueError: if `pyfunc` is not callable, or `signature` cannot be read.

    Example:
        >>> vectorize(lambda a, b: a + b)(np.array([1, 2, 3]), 2)
        array([3, 4, 5])
    """
    if not callable(pyfunc):
        raise ValueError(f"vectorize expects a function, got {pyfunc!r}")
    cores = None if signature is None else _core_ranks(signature)
    excluded = frozenset(excluded or ())

    @functools.wraps(pyfunc)
    def call(*args):
        if symbolic.any_symbolic(args):
            return symbolic.call(call, args, {})
        places = [i for i in range(len(args)) if i not in excluded]
        ranks = [0] * len(places) if cores is None else cores
        if len(ranks) != len(places):
            raise TypeError(f"a function of signature {signature!r} expects {len(ranks)} arrays, got {len(places)}")

        def apply(slices):
            arguments = list(args)
            for place, value in zip(places, slices):
                arguments[place] = value
            return pyfunc(*arguments)

        return _over_elements(apply, [as_tensor(args[i]) for i in places], ranks)

    return call


def _core_ranks(signature):
    """How many axes of each argument a signature names."""
    group = r"\([\w\s,]*\)"
    text = signature.replace(" ", "")
    if not re.fullmatch(rf"{group}(,{group})*->{group}(,{group})*", text):
        raise ValueError(f"signature must look like '(m,n),(n)->(m)', got {signature!r}")
    inputs = re.findall(group, text.split("->")[0])
    return [len(re.findall(r"\w+", g)) for g in inputs]


def _over_elements(apply, arrays, ranks):
    """`apply` on the slices of the last `ranks` axes, the axes before them broadcast."""
    loops = [tuple(a.shape[: len(a.shape) - r]) for a, r in zip(arrays, ranks)]
    shape = np.broadcast_shapes(*loops)
    rows = []
    for a, loop in zip(arrays, loops):
        core = tuple(a.shape[len(loop) :])
        rows.append(reshape(broadcast_to(a, (*shape, *core)), (math.prod(shape), *core)))
    y = vectorized_map(apply, rows)
    return tree.map_structure(lambda part: reshape(part, (*shape, *part.shape[1:])), y)
