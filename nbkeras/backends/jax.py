"""JAX: primitives are `jax.numpy`'s; gradients, compilation and fusion are JAX's own."""

import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from nbkeras.backends import HOLE

name = "jax"
TAPED = False
LACKS = ()  # names of dtypes in which it cannot compute
KERNELS: dict = {}  # nothing to fuse: XLA does it
compile_step = jax.jit
to_numpy = np.array  # a copy: NumPy steps write to the values that they are given


def description():
    """What computes, as a dictionary of words."""
    return {"JAX": jax.__version__, "devices": ", ".join(map(str, jax.devices()))}


def run(name, *args, **attributes):
    """The primitive `name`, of this module's table or of `jax.numpy`."""
    return (PRIMITIVES.get(name) or getattr(jnp, name))(*args, **attributes)


def array(value, dtype=None):
    """`value` as a JAX array of `dtype`."""
    return jnp.asarray(value, _available(dtype))


def _available(dtype):
    """`dtype` as far as JAX has it: 64 bits only with `jax_enable_x64`."""
    return None if dtype is None else jax.dtypes.canonicalize_dtype(dtype)


def outside(value):
    """The value of a variable that a step reads without having been given it: to JAX, a constant."""
    return value


def is_array(value):
    """Whether `value` is an array of this library."""
    return isinstance(value, jax.Array)


def value_and_grad(function):
    """From `function(arrays) -> (loss, aux)` a function that returns `((loss, aux), gradients)`."""
    return jax.value_and_grad(function, has_aux=True)


def pack(arrays):
    """The arrays as they are: XLA lays them out."""
    return [jnp.asarray(a) for a in arrays]


def update(function, weights, grads, slots):
    """New weights and slots by `function(weight, grad, *slots) -> (weight, *slots)`."""
    new = [function(w, g, *s) for w, g, *s in zip(weights, grads, *slots)]
    columns = [list(column) for column in zip(*new)] or [[], *([] for _ in slots)]
    return columns[0], columns[1:]


def custom_gradient(function):
    """From `function(*arrays) -> (y, vjp)`, with `vjp(d) -> gradients`, a function that differentiates by `vjp`."""
    return jax.custom_gradient(function)


def cond(pred, true_fn, false_fn):
    """`true_fn()` or `false_fn()`."""
    return lax.cond(jnp.asarray(pred, bool).reshape(()), true_fn, false_fn)


def switch(index, branches, *operands):
    """`branches[index](*operands)`, the index moved into range."""
    return lax.switch(index, branches, *operands)


def while_loop(cond, body, loop_vars, maximum_iterations=None):
    """Runs `loop_vars = body(*loop_vars)` while `cond(*loop_vars)`."""
    limit = np.iinfo(np.int32).max if maximum_iterations is None else maximum_iterations

    def go_on(state):
        return jnp.logical_and(state[0] < limit, cond(*state[1]))

    return lax.while_loop(go_on, lambda state: (state[0] + 1, tuple(body(*state[1]))), (0, tuple(loop_vars)))[1]


def fori_loop(lower, upper, body, value):
    """Runs `value = body(i, value)` for `i` from `lower` up to `upper`."""
    return lax.fori_loop(lower, upper, body, value)


def vectorized_map(function, elements):
    """`function` of each slice of `elements` along the leading axis, stacked."""
    return jax.vmap(function)(elements)


def jvp(function, primals, tangents):
    """From `function(*primals) -> (y, aux)`: y, its derivative along `tangents`, and aux."""
    return jax.jvp(function, tuple(primals), tuple(tangents), has_aux=True)


def scan(f, init, xs=None, length=None, reverse=False):
    """Runs `carry, y = f(carry, x)` over the leading axis of `xs`; the last carry and the stacked `y`s."""
    return lax.scan(f, init, xs, length, reverse)


def _getitem(x, *arrays, key):
    holes = iter(arrays)
    return jnp.asarray(x)[tuple(next(holes) if isinstance(k, str) and k == HOLE else k for k in key)]


def _full(value, *, shape, dtype):
    return jnp.full(shape, value, _available(dtype))


def _arange(*, start, stop, step, dtype):
    return jnp.arange(start, stop, step, _available(dtype))


def _scatter(x, indices, updates, *, reduction=None):
    place = jnp.asarray(x).at[tuple(jnp.moveaxis(indices, -1, 0))]
    return getattr(place, {None: "set", "mul": "multiply"}.get(reduction, reduction))(updates)


def _pad(x, *, widths, mode="constant", value=0):
    return jnp.pad(x, widths, constant_values=value) if mode == "constant" else jnp.pad(x, widths, mode)


def _one_hot(x, *, classes, axis, dtype):
    return jax.nn.one_hot(x, classes, axis=axis, dtype=_available(dtype))


def _concatenate(*arrays, axis=0):
    return jnp.concatenate(arrays, axis)


def _stack(*arrays, axis=0):
    return jnp.stack(arrays, axis)


def _take(x, indices, *, axis=None):
    return jnp.take(x, indices, axis)


def _take_along_axis(x, indices, *, axis):
    return jnp.take_along_axis(x, indices, axis)


def _cast(x, *, dtype):
    return jnp.asarray(x).astype(_available(dtype))


def _axes(rank):
    """The letters of the layout (batch, space…, channels) and of kernels (space…, inputs, outputs)."""
    space = "".join("DHW"[-rank:]) if rank <= 3 else "".join(chr(ord("a") + i) for i in range(rank))
    return f"N{space}C", f"{space}IO", f"N{space}C"


def _conv(x, kernel, *, strides, padding, dilation, groups):
    return lax.conv_general_dilated(
        x, kernel, strides, padding,
        rhs_dilation=dilation, feature_group_count=groups, dimension_numbers=_axes(len(strides)),
    )  # fmt: skip


def _conv_transpose(x, kernel, *, strides, padding, output_shape, dilation):
    """A convolution of `x`, spread out by the strides, with the kernel turned around."""
    rank = len(strides)
    turned = jnp.swapaxes(jnp.flip(kernel, tuple(range(rank))), -1, -2)
    reach = [(k - 1) * d for k, d in zip(kernel.shape[:rank], dilation)]
    around = [(r - low, r - high) for r, (low, high) in zip(reach, padding)]
    return lax.conv_general_dilated(
        x, turned, (1,) * rank, around,
        lhs_dilation=strides, rhs_dilation=dilation, dimension_numbers=_axes(rank),
    )  # fmt: skip


def _window(x, initial, combine, size, strides, padding):
    return lax.reduce_window(x, initial, combine, (1, *size, 1), (1, *strides, 1), ((0, 0), *padding, (0, 0)))


def _max_pool(x, *, size, strides, padding):
    x = jnp.asarray(x)
    lowest = -jnp.inf if jnp.issubdtype(x.dtype, jnp.floating) else jnp.iinfo(x.dtype).min
    return _window(x, np.asarray(lowest, x.dtype), lax.max, size, strides, padding)


def _average_pool(x, *, size, strides, padding):
    x = jnp.asarray(x)
    zero = np.zeros((), x.dtype)
    cells = _window(jnp.ones((1, *x.shape[1:-1], 1), x.dtype), zero, lax.add, size, strides, padding)
    return _window(x, zero, lax.add, size, strides, padding) / cells


def _hash32(x):
    """`triple32`, as in the NumPy backend."""
    for shift, factor in ((17, 0xED5AD4BB), (11, 0xAC4C1B51), (15, 0x31848BAB)):
        x = (x ^ (x >> shift)) * jnp.uint32(factor)
    return x ^ (x >> 14)


def _random_bits(key, *, shape, width=32):
    mixed = _hash32(jnp.asarray(key, jnp.uint32) + jnp.array([0x9E3779B9, 0x85EBCA6B], jnp.uint32))
    size = math.prod(shape)
    words = lax.iota(jnp.uint32, size if width == 32 else -(-size // 2)) ^ mixed[0]
    words = _hash32(_hash32(words) ^ _hash32(mixed[0] ^ mixed[1]))
    if width == 16:
        words = lax.bitcast_convert_type(words, jnp.uint16).reshape(-1)[:size]
    return words.reshape(shape)


def _slogdet(x):
    return tuple(jnp.linalg.slogdet(x))


def _linalg(name):
    def function(*arrays, **attributes):
        y = getattr(jnp.linalg, name)(*arrays, **attributes)
        return tuple(y) if isinstance(y, tuple) else y

    return function


def _fft(real, imag, *, axes, inverse=False):
    z = (jnp.fft.ifftn if inverse else jnp.fft.fftn)(lax.complex(real, imag), axes=axes)
    return z.real, z.imag


def _rfft(x, *, n):
    z = jnp.fft.rfft(x, n)
    return z.real, z.imag


def _lu(x):
    factors, pivots, _ = lax.linalg.lu(x)
    return factors, pivots


PRIMITIVES = {
    "arange": _arange,
    "argmax": lambda x, *, axis, keepdims: jnp.argmax(x, axis, keepdims=keepdims).astype(jnp.int32),
    "argmin": lambda x, *, axis, keepdims: jnp.argmin(x, axis, keepdims=keepdims).astype(jnp.int32),
    "argsort": lambda x, *, axis: jnp.argsort(x, axis, stable=True).astype(jnp.int32),
    "as_complex": lax.complex,
    "average_pool": _average_pool,
    "bitcast": lambda x, *, dtype: jnp.asarray(x).view(dtype),
    "block": lambda x, starts, *, shape: lax.dynamic_slice(x, jnp.asarray(starts), shape),
    "block_update": lambda x, starts, updates: lax.dynamic_update_slice(x, updates, jnp.asarray(starts)),
    "cast": _cast,
    "concatenate": _concatenate,
    "conv": _conv,
    "conv_transpose": _conv_transpose,
    "copy": jnp.array,
    "einsum": lambda *operands, subscripts: jnp.einsum(subscripts, *operands),
    "erf": lax.erf,
    "erfinv": lax.erf_inv,
    "fft": _fft,
    "full": _full,
    "getitem": _getitem,
    "irfft": lambda real, imag, *, n: jnp.fft.irfft(lax.complex(real, imag), n),
    "logsumexp": jax.nn.logsumexp,
    "lstsq": lambda a, b, *, rcond=None: jnp.linalg.lstsq(a, b, rcond)[0],
    "lu": _lu,
    "max_pool": _max_pool,
    "one_hot": _one_hot,
    "pad": _pad,
    "random_bits": _random_bits,
    "repeat": lambda x, *, repeats, axis: jnp.repeat(x, np.asarray(repeats), axis),
    "rfft": _rfft,
    "rsqrt": lax.rsqrt,
    "scatter": _scatter,
    "searchsorted": lambda a, v, *, side="left": jnp.searchsorted(a, v, side).astype(jnp.int32),
    "slogdet": _slogdet,
    "stack": _stack,
    "stop_gradient": lax.stop_gradient,
    "take": _take,
    "take_along_axis": _take_along_axis,
    "top_k": lambda x, *, k: tuple(lax.top_k(x, k)),
    **{name: _linalg(name) for name in ("cholesky", "det", "eig", "eigh", "inv", "qr", "solve", "svd")},
}
