"""Many steps of a program as one generated function."""

import numpy as np

from nbkeras.backends.numpy.distribution import arrays, is_product_of_vectors
from nbkeras.backends.numpy.generated import Source

__all__ = ["many_steps"]

MOST = 64  # steps at once


def many_steps(plan, batch):
    """`Program.run_over` for the `Distribution` that is `plan`."""
    some_steps = _Expansion(plan, batch).function()

    def run_over(sources):
        for start in range(0, len(sources[0]), MOST):
            parts = [source[start : start + MOST] for source in sources]
            some_steps(len(parts[0]), *parts)

    return run_over


class _Expansion:
    """The memory of `MOST` steps, and the lines that make the calls of the first `n` of them.

    A piece of memory of which each step has one is a row of a stack. The stack of a number to which the steps add has
    one row more: the first is the number before all steps.
    """

    def __init__(self, plan, batch):
        self.plan, self.memory = plan, plan.memory
        self.given = {f"b{j}": own for j, own in enumerate(batch)}
        self.source = Source()
        self.numbers = {self.memory.of[id(s.number)]: s for s in plan.sums.values()}
        self.sums = {s.new: self.memory.of[id(s.number)] for s in plan.sums.values()}
        apart = [array for _, call in (*plan.before, *plan.after) for array in arrays(call)]
        names = {self.memory.of.get(id(array)) for array in (*batch, *apart)}
        names = (names & self.memory.expanded - self.sums.keys()) | self.numbers.keys()
        self.stacks = {name: np.zeros((MOST + 1, self.memory.blocks[name].nbytes), np.uint8) for name in names}

    def function(self):
        """A function of `n` and one array for each of the batch."""
        stacked = {b: own for b, own in self.given.items() if id(own) in self.stacks}
        lines = [self.source.line_of(np.copyto, self._rows(own, 0, own.ndim), b) for b, own in stacked.items()]
        lines += [self._at_once(place, call) for place, call in self.plan.before]
        lines += self._one_by_one({b: own for b, own in self.given.items() if b not in stacked})
        lines += [self._at_once(place, call) for place, call in self.plan.after]
        for s in self.plan.sums.values():
            lines.append(self.source.line_of(np.copyto, self.source.name(s.number), f"{self._running(s)}[n]"))
        return self.source.function(["n", *self.given], lines)

    def _find(self, array, place):
        """The stack in which the call at `place` finds `array`, and in which row it starts; `None` if in none."""
        name = self.memory.of.get(id(array))
        if name in self.sums:  # what is added to a number is the number of the next step
            return self.sums[name], 1
        if name in self.numbers:
            return name, int(place > self.numbers[name].copy)
        return (name, 0) if name in self.stacks else None

    def _view(self, array, place, shape, strides, row=0):
        name, first = self._find(array, place)
        stack, block = self.stacks[name], self.memory.blocks[self.memory.of[id(array)]]
        offset = (first + row) * stack.strides[0] + array.ctypes.data - block.ctypes.data
        return np.ndarray(shape, array.dtype, stack, offset, strides)

    def _rows(self, array, place, ndim):
        """`array` of all `n` steps, if each has one, to be broadcast to `ndim` axes besides that of the steps."""
        if type(array) is not np.ndarray or self._find(array, place) is None:
            return self.source.name(array)
        pitch = self.memory.blocks[self.memory.of[id(array)]].nbytes
        ones = [1] * (ndim - array.ndim)
        view = self._view(array, place, (MOST, *ones, *array.shape), (pitch, *ones, *array.strides))
        return f"{self.source.name(view)}[:n]"

    def _at_once(self, place, call):
        """The line for a call that runs once for all steps."""
        if place in self.plan.sums:
            return self._add_up(self.plan.sums[place])
        if is_product_of_vectors(call):
            return self.source.line_of(np.vecdot, *[self._rows(a, place, a.ndim) for a in call.args])
        args = [self._rows(a, place, call.out.ndim) for a in call.args]
        args += [f"{key}={self._rows(a, place, call.out.ndim)}" for key, a in call.kwargs.items()]
        return self.source.line_of(call.function, *args)

    def _running(self, s):
        """The number before all steps and after each of them."""
        return self.source.name(self._view(s.number, s.place, (MOST + 1,), (s.number.itemsize,)))

    def _add_up(self, s):
        """One sum after the other, in the order of the steps."""
        line, name, running = self.source.line_of, self.source.name, self._running(s)
        if self._find(s.summand, s.place) is None:
            added = name(s.summand.reshape(()))
        else:
            pitch = self.memory.blocks[self.memory.of[id(s.summand)]].nbytes
            added = f"{name(self._view(s.summand, s.place, (MOST,), (pitch,)))}[:n]"
        sums = f"{running}[:n + 1]"
        first, later = line(np.copyto, f"{running}[:1]", name(s.number)), line(np.copyto, f"{running}[1:n + 1]", added)
        return f"{first}; {later}; {line(np.add.accumulate, sums, '0', name(s.number.dtype), sums)}"

    def _one_by_one(self, given):
        """The lines of the loop over the steps, in which `given` is taken from the batch."""
        given = {b: own for b, own in given.items() if id(own) in self.memory.touches}
        body = [self.source.line_of(np.copyto, self.source.name(own), f"{b}_") for b, own in given.items()]
        columns = {}  # of the arrays of which each step has one
        for place, call in self.plan.steps:
            local = {}
            for array in arrays(call):
                found = self._find(array, place)
                if found is not None:
                    key = id(array), found
                    if key not in columns:
                        columns[key] = f"c{len(columns)}", self._each(array, place)
                    local[id(array)] = columns[key][0]
            body.append(self.source.line(call, local))
        entries = ["_", *(f"{b}_" for b in given), *(name for name, _ in columns.values())]
        sources = ["range(n)", *given, *(self.source.name(views) for _, views in columns.values())]
        loop = f"for {', '.join(entries)}, in zip({', '.join(sources)}):"
        return [loop, *(f"    {line}" for line in body)] if body else []

    def _each(self, array, place):
        return [self._view(array, place, array.shape, array.strides, row) for row in range(MOST)]
