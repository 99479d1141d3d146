"""Shape inference: primitives on arrays that have a shape and a dtype but no numbers.

`run` has a rule for each family of primitives; a primitive without a rule is run by NumPy on zeros of that shape.
"""

from contextlib import contextmanager

import numpy as np

from nbkeras import tree
from nbkeras.autodiff import Tensor, detach
from nbkeras.backends import HOLE
from nbkeras.backends.numpy.registry import KERNELS
from nbkeras.operators import Operators


class Unknown(int):
    """A size that stands for an unknown one while a layer's `call` is traced."""


def shown(shape):
    """`shape` as a user knows it: plain integers, and `None` where a size is unknown."""
    return tuple(None if d is None or isinstance(d, Unknown) else int(d) for d in shape)


class AbstractArray(Operators):
    """A shape and a dtype."""

    __slots__ = ("shape", "dtype")

    def __init__(self, shape, dtype):
        self.shape = tuple(shape)
        self.dtype = np.dtype(dtype)

    @property
    def size(self):
        size = 1
        for d in self.shape:
            size *= d
        return size

    def __array__(self, dtype=None, copy=None):
        raise TypeError(
            "a layer's call is being run to find its output shape, and there are no numbers yet; "
            "use ops.* instead of NumPy on its inputs"
        )

    def __repr__(self):
        return f"AbstractArray(shape={shown(self.shape)}, dtype={self.dtype.name})"


RULES: dict = {}
PREDICATES = (
    "equal not_equal less less_equal greater greater_equal logical_and logical_or logical_xor logical_not "
    "isnan isinf isfinite signbit"
).split()
ELEMENTWISE = (
    "absolute negative square sqrt rsqrt reciprocal exp exp2 expm1 log log1p log2 log10 sin cos tan arcsin arccos "
    "arctan sinh cosh tanh arcsinh arccosh arctanh cbrt erf erfinv i0 conj sign floor ceil trunc round bitwise_not add "
    "subtract multiply true_divide power maximum minimum floor_divide mod fmod arctan2 hypot logaddexp nextafter "
    "bitwise_and bitwise_or bitwise_xor left_shift right_shift gcd lcm clip"
).split()


def rule(*names):
    """Registers the shape rule of the primitives `names`."""

    def register(function):
        for name in names:
            RULES[name] = function
        return function

    return register


def run(name, *args, **attributes):
    """The shapes of what the primitive `name` returns on `args`."""
    y = RULES[name](*args, **attributes) if name in RULES else _on_zeros(name, args, attributes)
    for counter in _counters:
        counter.flops += counter.repeat * _flops(name, args, y)
    return y


class FlopCounter:
    """Floating-point operations of the primitives run while it is open; `repeat` is the trip count of a loop."""

    def __init__(self):
        self.flops = 0
        self.repeat = 1


_counters: list[FlopCounter] = []


@contextmanager
def counting_flops():
    """Counts the floating-point operations of what is run on shapes inside the block."""
    counter = FlopCounter()
    _counters.append(counter)
    try:
        yield counter
    finally:
        _counters.remove(counter)


MOVES_ONLY = {
    "broadcast_to", "cast", "concatenate", "flip", "getitem", "one_hot", "pad", "reshape", "roll", "stop_gradient",
    "take", "take_along_axis", "transpose",
}  # fmt: skip


def _flops(name, args, y):
    """Two per multiplication with addition, one per result element or reduced element otherwise."""
    if name in MOVES_ONLY or type(y) is tuple:
        return 0
    if name in ("matmul", "dot"):
        return 2 * y.size * args[0].shape[-1]
    if name in ("conv", "conv_transpose"):
        kernel = args[1]
        return 2 * (y.size if name == "conv" else args[0].size) * kernel.size // kernel.shape[-1]
    return max([y.size] + [a.size for a in args if type(a) is AbstractArray])


def _on_zeros(name, args, attributes):
    def zeros(a):
        if type(a) is AbstractArray:
            return np.zeros(a.shape, a.dtype)
        return a.value if type(a) is Tensor else a

    with np.errstate(all="ignore"):
        y = KERNELS[name](*map(zeros, args), **attributes)[0]
    if type(y) is tuple:
        return tuple(AbstractArray(item.shape, item.dtype) for item in y)
    return AbstractArray(y.shape, y.dtype)


def scan(f, init, xs, length, reverse):
    """What a scan returns, from one run of `f`."""
    if length is None:
        length = tree.flatten(xs)[0].shape[0]
    first = tree.map_structure(lambda x: None if x is None else _row(x), xs)
    for counter in _counters:
        counter.repeat *= length
    carry, y = f(tree.map_structure(lambda x: None if x is None else AbstractArray(x.shape, x.dtype), init), first)
    for counter in _counters:
        counter.repeat //= length
    return carry, tree.map_structure(lambda a: None if a is None else AbstractArray((length, *a.shape), a.dtype), y)


def _row(x):
    return AbstractArray(x.shape[1:], x.dtype)


def _meta(a):
    """The shape and dtype of an argument; a Python number is its own weak dtype."""
    return ((), a) if type(a) in (bool, int, float, complex) else (a.shape, a.dtype)


def _broadcast(args):
    shapes = [_meta(a)[0] for a in args]
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        told = " and ".join(str(shown(shape)) for shape in shapes)
        cure = "bring them to one shape, e.g. by padding='same' and a Dense or Conv2D(…, 1)"
        raise ValueError(f"expects sizes that are equal or 1 along each axis, got {told}; {cure}") from None


@rule(*ELEMENTWISE)
def _elementwise(*args):
    return AbstractArray(_broadcast(args), np.result_type(*[_meta(a)[1] for a in args]))


@rule(*PREDICATES)
def _predicate(*args):
    return AbstractArray(_broadcast(args), bool)


@rule("where")
def _where(condition, a, b):
    return AbstractArray(_broadcast((condition, a, b)), np.result_type(_meta(a)[1], _meta(b)[1]))


@rule("cast")
def _cast(x, *, dtype):
    return AbstractArray(_meta(x)[0], dtype)


@rule("stop_gradient", "flip", "roll", "cumsum", "cumprod", "sort", "copy", "inv", "cholesky")
def _same(x, **attributes):
    return AbstractArray(x.shape, x.dtype)


@rule("sum", "prod", "mean", "var", "max", "min", "logsumexp")
def _reduction(x, *, axis=None, keepdims=False):
    return AbstractArray(_reduced(x.shape, axis, keepdims), x.dtype)


@rule("any", "all")
def _truth(x, *, axis=None, keepdims=False):
    return AbstractArray(_reduced(x.shape, axis, keepdims), bool)


@rule("argmax", "argmin")
def _position(x, *, axis=None, keepdims=False):
    return AbstractArray(_reduced(x.shape, axis, keepdims), np.int32)


@rule("argsort")
def _order(x, *, axis):
    return AbstractArray(x.shape, np.int32)


def _reduced(shape, axis, keepdims):
    axes = range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    axes = {a % len(shape) for a in axes}
    if keepdims:
        return tuple(1 if a in axes else n for a, n in enumerate(shape))
    return tuple(n for a, n in enumerate(shape) if a not in axes)


@rule("full")
def _full(value, *, shape, dtype):
    return AbstractArray(shape, dtype)


@rule("reshape", "broadcast_to")
def _reshape(x, *, shape):
    return AbstractArray(shape, x.dtype)


@rule("transpose")
def _transpose(x, *, axes=None):
    return AbstractArray(x.shape[::-1] if axes is None else [x.shape[a] for a in axes], x.dtype)


@rule("pad")
def _pad(x, *, widths, mode="constant", value=0):
    return AbstractArray([low + n + high for n, (low, high) in zip(x.shape, widths)], x.dtype)


@rule("concatenate")
def _concatenate(*arrays, axis=0):
    shape = list(arrays[0].shape)
    for a in arrays[1:]:
        if len(a.shape) != len(shape) or any(i != axis and n != m for i, (n, m) in enumerate(zip(shape, a.shape))):
            shapes = ", ".join(str(shown(b.shape)) for b in arrays)
            raise ValueError(f"concatenate expects shapes that agree except along axis {axis}, got {shapes}")
    shape[axis] = sum(a.shape[axis] for a in arrays)
    return AbstractArray(shape, np.result_type(*[a.dtype for a in arrays]))


@rule("stack")
def _stack(*arrays, axis=0):
    if len({tuple(a.shape) for a in arrays}) > 1:
        raise ValueError(f"stack expects equal shapes, got {[shown(a.shape) for a in arrays]}")
    shape = list(arrays[0].shape)
    shape.insert(axis, len(arrays))
    return AbstractArray(shape, np.result_type(*[a.dtype for a in arrays]))


@rule("repeat")
def _repeat(x, *, repeats, axis):
    shape = list(x.shape)
    shape[axis] = shape[axis] * repeats if isinstance(repeats, int) else sum(repeats)
    return AbstractArray(shape, x.dtype)


@rule("getitem")
def _getitem(x, *arrays, key):
    """NumPy indexes an array of that shape that takes no memory."""
    holes = iter(arrays)
    index = tuple(_positions(next(holes)) if isinstance(k, str) and k == HOLE else k for k in key)
    return AbstractArray(_empty(x.shape, x.dtype)[index].shape, x.dtype)


def _positions(a):
    return np.zeros(a.shape, a.dtype) if type(a) is AbstractArray else np.asarray(detach(a))


def _empty(shape, dtype):
    return np.broadcast_to(np.zeros((), dtype), shape)


@rule("take")
def _take(x, indices, *, axis=None):
    if axis is None:
        return AbstractArray(indices.shape, x.dtype)
    return AbstractArray((*x.shape[:axis], *indices.shape, *x.shape[axis + 1 :]), x.dtype)


@rule("take_along_axis")
def _take_along_axis(x, indices, *, axis):
    return AbstractArray(indices.shape, x.dtype)


@rule("one_hot")
def _one_hot(x, *, classes, axis, dtype):
    shape = list(x.shape)
    shape.insert(len(shape) if axis == -1 else axis, classes)
    return AbstractArray(shape, dtype)


@rule("block")
def _block(x, starts, *, shape):
    return AbstractArray(shape, x.dtype)


@rule("block_update", "scatter")
def _updated(x, *rest, reduction=None):
    return AbstractArray(x.shape, x.dtype)


@rule("matmul")
def _matmul(a, b):
    if a.shape[-1] != b.shape[-2 if len(b.shape) > 1 else 0]:
        shapes = f"{shown(a.shape)} and {shown(b.shape)}"
        raise ValueError(f"matmul expects the last size of the first as the last but one of the second, got {shapes}")
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    rows = a.shape[-2:-1]
    columns = b.shape[-1:] if len(b.shape) > 1 else ()
    return AbstractArray((*batch, *rows, *columns), np.result_type(a.dtype, b.dtype))


@rule("det")
def _det(x):
    return AbstractArray(x.shape[:-2], x.dtype)


@rule("slogdet")
def _slogdet(x):
    return _det(x), _det(x)


@rule("solve")
def _solve(a, b):
    return AbstractArray(b.shape, np.result_type(a.dtype, b.dtype))


@rule("einsum")
def _einsum(*operands, subscripts):
    terms, result = subscripts.split("->")
    sizes = {}
    for term, x in zip(terms.split(","), operands):
        for letter, n in zip(term, x.shape):
            if sizes.setdefault(letter, n) != n:
                raise ValueError(f"einsum {subscripts!r}: axis {letter} is {int(sizes[letter])} and {int(n)} long")
    return AbstractArray([sizes[c] for c in result], np.result_type(*[x.dtype for x in operands]))


@rule("fft")
def _fft(real, imag, *, axes, inverse=False):
    return _same(real), _same(imag)


@rule("rfft")
def _rfft(x, *, n):
    part = AbstractArray((*x.shape[:-1], n // 2 + 1), x.dtype)
    return part, part


@rule("irfft")
def _irfft(real, imag, *, n):
    return AbstractArray((*real.shape[:-1], n), real.dtype)


@rule("conv")
def _conv(x, kernel, *, strides, padding, dilation, groups):
    sizes = _windows(x.shape[1:-1], kernel.shape[:-2], strides, padding, dilation)
    return AbstractArray((x.shape[0], *sizes, kernel.shape[-1]), np.result_type(x.dtype, kernel.dtype))


@rule("conv_transpose")
def _conv_transpose(x, kernel, *, strides, padding, output_shape, dilation):
    return AbstractArray((x.shape[0], *output_shape, kernel.shape[-2]), np.result_type(x.dtype, kernel.dtype))


@rule("max_pool", "average_pool")
def _pool(x, *, size, strides, padding):
    sizes = _windows(x.shape[1:-1], size, strides, padding, (1,) * len(size))
    return AbstractArray((x.shape[0], *sizes, x.shape[-1]), x.dtype)


def _windows(sizes, window, strides, padding, dilation):
    """How many windows fit along each axis."""
    counts = []
    for n, k, s, (low, high), d in zip(sizes, window, strides, padding, dilation):
        reach = (k - 1) * d + 1
        if n + low + high < reach:
            raise ValueError(
                f"a window of {int(reach)} does not fit into a length of {int(n + low + high)}; "
                "make it smaller, pad with padding='same', or pool less before"
            )
        counts.append((n + low + high - reach) // s + 1)
    return counts


@rule("random_bits")
def _random_bits(key, *, shape, width=32):
    return AbstractArray(shape, np.uint32 if width == 32 else np.uint16)
