"""One check for a fused kernel with several outputs: composition, finite differences, dtypes, views."""

import numpy as np

from nbkeras import ops
from nbkeras.autodiff import Tape, detach
from nbkeras.backends.numpy.registry import KERNELS
from nbkeras.ops.dispatch import FUSED
from tests.cases.numbers import stream
from tests.test_kernels import is_float, projected

STEP = 1e-6  # of central differences in float64: their error is about STEP² + 1e-16 / STEP


def check_fused(name, args, constants=(), **attributes):
    """Proves the kernel `name` on float64 arrays, with all of its outputs used and with each of them unused.

    `args` have gradients, unless they are `None`; `constants`, the positional arguments after them, have none. All
    arrays are read-only, so that a kernel which writes into what it is given fails.
    """

    def kernel(args):
        y, vjp = KERNELS[name](*args, *[_like(args[0], a) for a in constants], **attributes)
        return y, lambda d: [g() if callable(g) else g for g in vjp(d)]

    def composition(args):
        return FUSED[name].composition(*args, *constants, **attributes)

    args = [_like(args[0], a) for a in args]
    y, _ = kernel(args)
    ds = [_frozen(stream("d", i).standard_normal(np.shape(p))) for i, p in enumerate(y)]
    for unused in (None, *range(len(ds))):
        d = tuple(None if i == unused else q for i, q in enumerate(ds))
        _equals_composition(kernel, composition, args, d)
        _equals_differences(kernel, args, d)
        _takes_views(kernel, args, d)
    _keeps_float32(kernel, args, ds)


def _frozen(a):
    a.setflags(write=False)
    return a


def _like(first, a):
    """`a`, read-only, if it holds floats in the dtype of `first`."""
    return a if a is None else _frozen(a.astype(first.dtype if is_float(a) else a.dtype))


def _equals_composition(kernel, composition, args, d):
    y, vjp = kernel(args)
    tape = Tape()
    watched = [a if a is None else tape.watch(a) for a in args]
    reference = composition(watched)
    for ours, theirs in zip(y, reference):
        np.testing.assert_allclose(ours, detach(theirs), rtol=1e-10, atol=1e-12)
    total = sum(ops.sum(p * q) for p, q in zip(reference, d) if q is not None)
    expected = tape.gradient(total, np.float64(1), [w for w in watched if w is not None])
    found = vjp(d)
    assert all(g is None for g in found[len(args) :])
    for a, ours, theirs in zip([a for a in args if a is not None], _of_arrays(args, found), expected):
        ours, theirs = (np.zeros_like(a) if g is None else g for g in (ours, theirs))
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-11)


def _equals_differences(kernel, args, d):
    """Along one random direction of all arguments at once."""
    directions = [None if a is None else stream("v", i).standard_normal(a.shape) for i, a in enumerate(args)]

    def along(step):
        return projected(kernel([a if a is None else a + step * v for a, v in zip(args, directions)])[0], d)

    slope = sum((g * v).sum() for g, v in zip(kernel(args)[1](d), directions) if g is not None)
    np.testing.assert_allclose(slope, (along(STEP) - along(-STEP)) / (2 * STEP), rtol=1e-6, atol=1e-7)


def _takes_views(kernel, args, d):
    """Arrays that are not contiguous give the same numbers."""

    def every_other(a):
        return a if a is None else _frozen(np.repeat(a, 2, axis=-1))[..., ::2]

    (y, vjp), (expected, expected_vjp) = kernel([every_other(a) for a in args]), kernel(args)
    found = [*y, *vjp(tuple(every_other(q) for q in d))]
    for ours, theirs in zip(found, [*expected, *expected_vjp(d)]):
        assert (ours is None) == (theirs is None)
        if ours is not None:
            np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12)


def _keeps_float32(kernel, args, ds):
    args = [a if a is None else a.astype("float32") for a in args]
    y, vjp = kernel(args)
    found = _of_arrays(args, vjp(tuple(q.astype("float32") for q in ds)))
    assert all(p.dtype == np.float32 for p in [*y, *found])
    assert [g.shape for g in found] == [a.shape for a in args if a is not None]


def _of_arrays(args, gradients):
    return [g for a, g in zip(args, gradients) if a is not None]
