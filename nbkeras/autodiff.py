"""The tape: a Wengert list that chains kernels and walks them backwards.

A *kernel* is `forward(*arrays, **attributes) -> (y, vjp)`; `vjp(d)` returns, for each array argument, its gradient,
`None` (there is none), or a thunk (it is expensive: called only when somebody wants it). The tape knows nothing of
what the arrays are. A kernel whose result has no gradient at all (a comparison, integers) returns `None` for `vjp`, and
its result is a plain array.
"""

import numpy as np

from nbkeras.operators import Operators


class Tensor(Operators):
    """A value that a tape watches; `tensor.value` is the plain array."""

    __slots__ = ("value", "tape", "index", "__weakref__")

    def __init__(self, value, tape, index):
        self.value = value
        self.tape = tape
        self.index = index

    @property
    def shape(self):
        return self.value.shape

    @property
    def dtype(self):
        return self.value.dtype

    @property
    def size(self):
        return self.value.size

    def __array__(self, dtype=None, copy=None):
        if self.tape.recording:
            raise TypeError(
                "NumPy would take this value out of the record, and its gradient would be lost; use ops.* instead of "
                "np.*, or ops.stop_gradient(x) where no gradient is wanted"
            )
        return np.asarray(self.value, dtype)

    def numpy(self):
        """The value as a NumPy array."""
        return np.asarray(self.value)

    def item(self):
        """The value of a scalar as a Python number."""
        return self.value.item()

    def __float__(self):
        return float(self.value)

    def __int__(self):
        return int(self.value)

    def __bool__(self):
        return bool(self.value)

    def __index__(self):
        return self.value.__index__()

    def __format__(self, spec):
        return format(self.value, spec)

    def __repr__(self):
        return f"Tensor({self.value!r})"


class Tape:
    """Records kernels in the order in which they run; `gradient` walks them backwards."""

    def __init__(self):
        self.entries = []
        self.size = 0
        self.recording = True

    def watch(self, value):
        """A `Tensor` of `value`, with respect to which gradients can be asked for."""
        self.size += 1
        return Tensor(value, self, self.size - 1)

    def run(self, kernel, args, attributes):
        """Runs `kernel` on the values of `args` and records it."""
        values = [a.value if type(a) is Tensor else a for a in args]
        inputs = [a.index if type(a) is Tensor and a.tape is self else None for a in args]
        y, vjp = kernel(*values, **attributes)
        if vjp is None:
            return y
        if type(y) is tuple:
            outputs = tuple(self.watch(item) for item in y)
            self.entries.append((tuple(t.index for t in outputs), inputs, vjp))
            return outputs
        output = self.watch(y)
        self.entries.append((output.index, inputs, vjp))
        return output

    def gradient(self, output, d, sources, keep=False):
        """Gradients of `sum(output * d)` with respect to the tensors `sources`; `None` where there is no path.

        The record is consumed, so that activations are freed on the way back, unless `keep`.
        """
        wanted = {s.index for s in sources}
        grads = {output.index: d}
        kept = {}
        entries = list(self.entries) if keep else self.entries
        while entries:
            target, inputs, vjp = entries.pop()
            if type(target) is tuple:
                d = tuple(grads.pop(i, None) for i in target)
                if all(item is None for item in d):
                    continue
                kept.update((i, item) for i, item in zip(target, d) if i in wanted and item is not None)
            else:
                d = grads.pop(target, None)
                if d is None:
                    continue
                if target in wanted:
                    kept[target] = d
            for index, gradient in zip(inputs, _backwards(vjp, d)):
                if index is not None and gradient is not None:
                    if index in grads:
                        gradient = _found(grads[index]) + _found(gradient)
                    grads[index] = gradient if type(gradient) is Shortcut else _found(gradient)
        grads.update(kept)
        return [_found(grads.get(s.index)) for s in sources]


class Shortcut:
    """The thunk of a gradient with respect to `y = f(z)`, from a kernel that knows that with respect to `z` too.

    Where `y` comes from a kernel whose `vjp` has an `inside`, a pair of `f` and the vjp of what is before `f`, that is
    what goes on. (Crossentropy after a sigmoid: `(y - t) / (y (1 - y))` times `y (1 - y)` is `y - t`.)

    Args:
        function: the name of `f`.
        whole, inner: functions without arguments that find the gradients with respect to `y` and `z`.
    """

    __slots__ = ("function", "inner", "whole")

    def __init__(self, function, whole, inner):
        self.function = function
        self.whole = whole
        self.inner = inner

    def __call__(self):
        return self.whole()


def _backwards(vjp, d):
    """`vjp(d)`, by the shortcut if there is one."""
    if type(d) is not Shortcut:
        return vjp(tuple(map(_found, d)) if type(d) is tuple else d)
    function, inside = getattr(vjp, "inside", (None, None))
    return inside(d.inner()) if function == d.function else vjp(d())


def _found(gradient):
    return gradient() if callable(gradient) else gradient


def detach(value):
    """The plain array of a `Tensor`; anything else as it is."""
    return value.value if type(value) is Tensor else value
