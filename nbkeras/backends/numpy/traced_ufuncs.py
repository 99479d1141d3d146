"""How calls of NumPy's ufuncs on traced arrays are recorded."""

import numpy as np

from nbkeras.backends.numpy.traced import Traced, Untraceable, found, must_be_traced, plain

__all__ = ["reduce"]


def _record(self, ufunc, method, *inputs, out=None, **kwargs):
    if out is not None:
        out = out[0]
    if method == "__call__" and ufunc.nout == 1:
        return _call(self.recorder, ufunc, inputs, out, kwargs)
    if method == "reduce":
        return reduce(self.recorder, ufunc, *inputs, out=out, **kwargs)
    if method == "at":
        return _at(self.recorder, ufunc, *inputs)
    if out is None:
        return self.recorder.run(getattr(ufunc, method), inputs, kwargs)
    raise Untraceable(f"numpy.{ufunc.__name__}.{method} with out=")


Traced.__array_ufunc__ = _record  # type: ignore[method-assign]


def reduce(recorder, ufunc, x, axis=0, dtype=None, out=None, keepdims=False, **kwargs):
    """Records `ufunc.reduce`."""
    keepdims = keepdims is True
    kwargs = {k: v for k, v in kwargs.items() if v is not np._NoValue}
    if kwargs or type(x) is not Traced:
        raise Untraceable(f"numpy.{ufunc.__name__}.reduce with {', '.join(kwargs) or 'no traced array'}")
    result = ufunc.reduce(x.array, axis, dtype, None, keepdims)
    if out is None and ufunc in KEEP_ONE and np.size(result) == x.size and np.asarray(result).dtype == x.dtype:
        return _same_numbers(recorder, x, np.shape(result))
    if out is not None:
        must_be_traced(out).array[...] = result
        recorder.note(ufunc.reduce, (x.array, axis, dtype, out.array, keepdims), {}, out, [x])
        return out
    return recorder.keep(
        result, ufunc.reduce, (), {}, [x], lambda target: ((x.array, axis, dtype, target, keepdims), {})
    )


def _same_numbers(recorder, x, shape):
    """A copy, which the program may find unnecessary."""
    out = recorder.allocate(shape, x.dtype)
    recorder.copy(out.view_of(out.array.reshape(x.shape)), x.array, [x])
    return out


KEEP_ONE = (np.add, np.multiply, np.maximum, np.minimum)  # the reduction of one number is that number


def _call(recorder, ufunc, inputs, out, kwargs):
    traced = found((inputs, kwargs))
    arrays = _constants(ufunc, [plain(i) for i in inputs], kwargs)
    kwargs = plain(kwargs)
    if out is None and _is_by_one(ufunc, inputs, arrays):
        return _same_numbers(recorder, inputs[0], inputs[0].shape)
    if out is None:
        result = ufunc(*arrays, **kwargs)
        return recorder.keep(result, ufunc, (), kwargs, traced, lambda target: _writing(ufunc, arrays, target))
    must_be_traced(out)
    ufunc(*arrays, out=out.array, **kwargs)
    args, more = _writing(ufunc, arrays, out.array)
    recorder.note(ufunc, args, {**kwargs, **more}, out, traced)
    return out


def _is_by_one(ufunc, inputs, arrays):
    """Whether this multiplies or divides a traced array by the number 1 of its own type."""
    if ufunc not in (np.multiply, np.true_divide) or type(inputs[0]) is not Traced or type(inputs[1]) is Traced:
        return False
    one = np.asarray(arrays[1])
    return one.ndim == 0 and one.dtype == inputs[0].dtype and one == 1


def _writing(ufunc, arrays, out):
    """The arguments and keywords with which `ufunc` writes to `out`: by position, which is faster, where it can be."""
    return (tuple(arrays), {"out": out}) if ufunc in (np.maximum, np.minimum) else ((*arrays, out), {})


def _constants(ufunc, arrays, kwargs):
    """Numbers among the arguments as arrays of the type that they are used in: NumPy takes those twice as fast."""
    if ufunc.signature is not None or kwargs or all(type(a) is np.ndarray for a in arrays):
        return arrays
    kinds = [type(a) if type(a) in (int, float, complex) else np.asarray(a).dtype for a in arrays]
    dtypes = ufunc.resolve_dtypes((*kinds, None))
    return [a if type(a) is np.ndarray else np.array(a, dtype) for a, dtype in zip(arrays, dtypes)]


def _at(recorder, ufunc, target, index, *values):
    traced = found((target, index, values))
    must_be_traced(target)
    args = (target.array, plain(index), *(plain(v) for v in values))
    ufunc.at(*args)
    recorder.note(ufunc.at, args, {}, target, [*traced, target])
