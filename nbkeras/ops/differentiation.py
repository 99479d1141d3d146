"""Gradients of one's own, and derivatives along a direction."""

from nbkeras import tree
from nbkeras.backends import backend
from nbkeras.backends.abstract import AbstractArray
from nbkeras.ops.core import has_no_numbers, values_in
from nbkeras.ops.dispatch import as_array, op

__all__ = ["custom_gradient", "jvp"]


def custom_gradient(f):
    """Gives `f(*arrays) -> (y, grad)` the gradient `grad(*args, upstream=d)`, instead of that of its code."""

    def call(*args):
        return backend().custom_gradient(lambda *arrays: _with_vjp(f, arrays))(*[as_array(a) for a in args])

    return call


def _with_vjp(f, arrays):
    y, grad = f(*arrays)
    return y, lambda d: grad(*arrays, upstream=d)


@op
def jvp(fun, primals, tangents, has_aux=False):
    """The value of `fun(*primals)` and its derivative along `tangents`, the product of its Jacobian with them.

    Args:
        fun: a function of arrays, or nests of them, that computes with `ops`.
        primals: a list or tuple of its arguments.
        tangents: the direction, of the same structure and shapes.
        has_aux: whether `fun` returns a pair, of which the second part is not differentiated.

    Returns:
        `(value, derivative)`, or `(value, derivative, aux)`. On NumPy the time grows with the size of the value: it
        differentiates backwards, once for each number in it.

    Example:
        >>> value, derivative = jvp(nbkeras.ops.square, (np.float32([1, 2]),), (np.float32([1, 10]),))
        >>> derivative
        array([ 2., 40.], dtype=float32)
    """
    if not isinstance(primals, (list, tuple)) or not isinstance(tangents, (list, tuple)):
        raise TypeError(f"jvp expects primals and tangents as lists, got {type(primals)} and {type(tangents)}")
    primals, tangents = values_in(primals), values_in(tangents)
    tree.assert_same_structure(list(primals), list(tangents))
    function = fun if has_aux else lambda *arrays: (fun(*arrays), None)
    if has_no_numbers(primals):
        value, aux = function(*primals)
        derivative = tree.map_structure(lambda y: AbstractArray(y.shape, y.dtype), value)
    else:
        value, derivative, aux = backend().jvp(function, primals, tangents)
    return (value, derivative, aux) if has_aux else (value, derivative)
