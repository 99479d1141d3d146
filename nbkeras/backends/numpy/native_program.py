"""The calls of a recorded step as native instructions: runs of NumPy calls become one call.

An elementwise function, or a sum, runs NumPy's own inner loop, which the ufunc object points at: whatever NumPy
computes comes out with the same bits, without the 0.2 µs that it spends to get there. The arithmetic of single floats
has faster loops in elementwise.c. Native kernels run as they are. What is none of these, such as a call of a Python
function, stays between the runs.
"""

import ctypes
from collections import Counter, defaultdict

import numpy as np

from nbkeras.backends.numpy import native
from nbkeras.backends.numpy.traced import Call

__all__ = ["NativeCall", "natively"]

CODES = {np.dtype(code): code for code in ("f4", "i4", "i8", "u4", "b1")}  # of what is copied
DIMENSIONS = 3  # of a loop
BUFFER = 8192  # numbers: older versions of NumPy add up longer rows part by part
TILED = 8192  # numbers: longer elementwise loops run tile by tile


def natively(calls, results):
    """The calls, with runs of those that can be native as one call each; `results` is memory that is read later."""
    if native.variant() is None:
        return calls
    lives = _Lives(calls, results)
    made, run = [], []
    for call in calls:
        instructions = _instructions(call)
        if instructions is None:
            made += [*_joined(run, lives), call]
            run = []
        else:
            run += instructions
    return made + _joined(run, lives)


class _Lives:
    """How many calls touch a piece of memory while it serves one result."""

    def __init__(self, calls, results):
        kept = {id(block) for block in results}
        touched = [{life for life, block in _touched(call) if id(block) not in kept} for call in calls]
        self.calls = Counter(life for lives in touched for life in lives)

    def within(self, group):
        """The lives that begin and end within the instructions, and so need no more memory than one tile."""
        places, calls, begun = defaultdict(set), defaultdict(set), set()
        for one in group:
            result, *arguments = one.lives
            begun |= {result} - places.keys() - {*arguments}
            for life, array in zip(one.lives, one.arrays):
                places[life].add(array.ctypes.data)
                calls[life].add(id(one.call))
        return {life for life in begun if len(places[life]) == 1 and len(calls[life]) == self.calls.get(life)}


def _touched(call):
    return call.reads if call.writes is None else [*call.reads, call.writes]


class Instruction(ctypes.Structure):
    """As in program.c."""

    _fields_ = [("kernel", ctypes.c_void_p), ("arrays", ctypes.c_void_p), ("numbers", ctypes.c_void_p)]


class Batch(ctypes.Structure):
    """As in program.c."""

    _fields_ = [("target", ctypes.c_void_p), ("source", ctypes.c_void_p), ("bytes", ctypes.c_int64)]


class _Native:
    """One native instruction: the address of what it runs, its arrays, the result first, and its numbers."""

    def __init__(self, address, arrays, numbers, constants=()):
        self.address = address
        self.arrays = arrays
        pointers = [None if a is None else a.ctypes.data for a in arrays]
        self.pointers = (ctypes.c_void_p * (len(arrays) + len(constants)))(*pointers, *constants)
        self.numbers = (ctypes.c_int64 * len(numbers))(*numbers)

    @property
    def fields(self):
        return self.address, ctypes.addressof(self.pointers), ctypes.addressof(self.numbers)


class _Loop(_Native):
    """A loop over one or two arrays and the result, `(loop, data)` of NumPy's or a kernel that copies.

    Args:
        address: of `run_loop` or of the kernel.
        arrays: the result first.
        lengths: `DIMENSIONS` of them, the innermost last.
        steps: for each array, its steps in bytes.
        loop: what `run_loop` is to run.
    """

    def __init__(self, address, arrays, lengths, steps, loop=(None, None)):
        missing = 3 - len(arrays)
        numbers = [*lengths, *(step for own in steps for step in own), *[0] * (DIMENSIONS * missing), len(arrays)]
        super().__init__(address, [*arrays, *[None] * missing], numbers, loop)
        self.arrays = arrays
        self.lives, self.call = [None] * len(arrays), None
        self.length = lengths[-1]
        self.steps = [own[-1] for own in steps]

    def is_long(self):
        """Whether it may run in tiles: one long dimension, along which the result and each argument are contiguous."""
        if self.length < TILED or self.numbers[0] != 1 or self.numbers[1] != 1:
            return False
        whole = [step == a.itemsize for step, a in zip(self.steps, self.arrays)]
        return whole[0] and all(is_whole or step == 0 for is_whole, step in zip(whole, self.steps))

    def may_run_with(self, other):
        """Whether it may run on a tile before `other` has run on the next: whatever one writes lies tile by tile."""
        mine, others = list(zip(self.arrays, self.steps)), list(zip(other.arrays, other.steps))
        pairs = [(mine[0], b) for b in others] + [(a, others[0]) for a in mine[1:]]
        return all(not np.may_share_memory(a, b) or _same_tiles(a, s, b, t) for (a, s), (b, t) in pairs)


def _same_tiles(a, step_of_a, b, step_of_b):
    return a.ctypes.data == b.ctypes.data and step_of_a == step_of_b != 0


def _table(instructions):
    """The instructions as C reads them; it keeps hold of what it points at."""
    table = (Instruction * len(instructions))(*(i.fields for i in instructions))
    table.instructions = instructions
    return table


class NativeCall:
    """Native instructions that run one after the other, as a function of no arguments."""

    def __init__(self, instructions):
        self.table, self.length = _table(instructions), ctypes.c_int64(len(instructions))

    def __call__(self):
        native.library().run_program(self.table, self.length)

    def over(self, targets, sources):
        """Runs once for each entry of the sources' first axis, which goes to the targets."""
        batches = (Batch * len(targets))(*((t.ctypes.data, s.ctypes.data, t.nbytes) for t, s in zip(targets, sources)))
        counts = ctypes.c_int64(len(targets)), ctypes.c_int64(len(sources[0]))
        native.library().run_program_over(self.table, self.length, batches, *counts)


def _joined(instructions, lives):
    """The instructions as one call, the long elementwise ones among them in tiles."""
    return [Call(NativeCall(_in_tiles(instructions, lives)), (), {}, None, None, [])] if instructions else []


def _in_tiles(instructions, lives):
    result, group = [], []
    for instruction in instructions:
        is_long = isinstance(instruction, _Loop) and instruction.is_long()
        if group and not (is_long and _joins(instruction, group)):
            result.append(_Tiled(group, lives))
            group = []
        (group if is_long else result).append(instruction)
    return result + ([_Tiled(group, lives)] if group else [])


def _joins(instruction, group):
    return instruction.length == group[0].length and all(instruction.may_run_with(other) for other in group)


class _Tiled(_Native):
    """Loops over arrays of one length. Results that only they read have memory for a tile, not for all of it.

    That saves what it takes to write and read them: of Adam on 536,000 weights 0.8 of 1.3 ms on one core.
    """

    def __init__(self, group, lives):
        self.table = _table(group)
        slots, count = _slots(group, lives.within(group))
        numbers = [len(group), group[0].length, count, *slots]
        super().__init__(_address("run_tiled"), [], numbers, [ctypes.addressof(self.table)])


def _slots(group, within):
    """For each array of each instruction the place of its memory among those for a tile, or -1; and how many places."""
    last = {life: place for place, one in enumerate(group) for life in one.lives if life in within}
    taken, free, slots, count = {}, [], [], 0
    for place, one in enumerate(group):
        for life in one.lives:
            if life in within and life not in taken:
                if not free:
                    free, count = [count], count + 1
                taken[life] = free.pop()
        slots += [taken.get(life, -1) for life in one.lives] + [-1] * (3 - len(one.lives))
        free += [taken[life] for life in {*one.lives} if last.get(life) == place]
    return slots, count


def _address(name):
    return ctypes.cast(getattr(native.library(), name), ctypes.c_void_p).value


def _instructions(call):
    """The call as native instructions; `None` if there are none for it."""
    function, args = call.function, call.args
    if isinstance(function, native.Kernel):
        return [_Native(function.address, args[: function.arrays(args)], list(map(int, args[function.arrays(args) :])))]
    if isinstance(function, np.ufunc) and function.signature is None and not set(call.kwargs) - {"out"}:
        return _with_lives(_of_ufunc(function, call.out, args[: function.nin]), call)
    if function is np.copyto:
        return _with_lives(_copy(call.out, np.asarray(args[1])), call)
    if function is np.ndarray.fill:
        return _copy(args[0], np.asarray(args[1], args[0].dtype))
    if getattr(function, "__name__", "") == "reduce" and isinstance(getattr(function, "__self__", None), np.ufunc):
        return _of_reduction(function.__self__, *args)
    return None


def _with_lives(instructions, call):
    """The instructions, which know whose memory their arrays are."""
    for one in instructions or ():
        one.call = call
        for place, array in enumerate(one.arrays):
            owners = {life for life, block in _touched(call) if np.may_share_memory(array, block)}
            one.lives[place] = owners.pop() if len(owners) == 1 else None
    return instructions


def _copy(out, value):
    kernel = native.kernel(f"copy_{CODES.get(value.dtype)}_{CODES.get(out.dtype)}")
    return kernel and _loop(kernel.address, out, [value])


def _of_ufunc(ufunc, out, inputs):
    """One loop, after copies of those arguments that have another type than it."""
    kinds = [type(a) if type(a) in (int, float) else np.asarray(a).dtype for a in inputs]
    if ufunc.nout != 1 or len(inputs) > 2:
        return None
    *wanted, result = ufunc.resolve_dtypes((*kinds, None))
    loop = _loop_of(ufunc, (*wanted, result))
    if loop is None or result != out.dtype:
        return None
    instructions, cast = [], []
    for a, dtype in zip(inputs, wanted):
        a = a if type(a) is np.ndarray else np.array(a, dtype)
        if a.dtype != dtype:
            copy = _copy(np.empty(a.shape, dtype), a)
            if copy is None:
                return None
            instructions += copy
            a = copy[0].arrays[0]
        cast.append(a)
    own = native.kernel(f"{ufunc.__name__}_f4") if {np.dtype("f4")} == {*wanted} else None
    run = _loop(own.address, out, cast) if own else _loop(_address("run_loop"), out, cast, loop)
    return run and instructions + run


class _UFunc(ctypes.Structure):
    """The head of NumPy's `PyUFuncObject` (numpy/ufuncobject.h, part of its binary interface)."""

    _fields_ = [
        ("head", ctypes.c_byte * object.__basicsize__),
        ("counts", ctypes.c_int * 4),
        ("functions", ctypes.POINTER(ctypes.c_void_p)),
        ("data", ctypes.POINTER(ctypes.c_void_p)),
    ]


def _loop_of(ufunc, dtypes):
    """NumPy's loop for these types and the data that it wants; `None` without one."""
    *inputs, result = (dtype.char for dtype in dtypes)
    form, head = f"{''.join(inputs)}->{result}", _UFunc.from_address(id(ufunc))
    if form not in ufunc.types or not all(dtype.isnative for dtype in dtypes):
        return None
    if head.counts[:3] != [ufunc.nin, ufunc.nout, ufunc.nargs]:
        return None  # a Python or NumPy that lays its objects out otherwise
    place = ufunc.types.index(form)
    return head.functions[place], head.data[place] if head.data else None


def _loop(address, out, inputs, loop=(None, None)):
    """A loop over arrays that are broadcast to the result, with as few dimensions as can be; `None` if too many."""
    if any(_in_the_way(a, out) for a in inputs):
        return None
    arrays = [out, *(np.broadcast_to(a, out.shape) for a in inputs)]
    lengths, steps = _merged(out.shape, [a.strides for a in arrays])
    missing = DIMENSIONS - len(lengths)
    if missing < 0 or not _divisible(arrays):
        return None
    lengths, steps = [1] * missing + lengths, [[0] * missing + own for own in steps]
    return [_Loop(address, [out, *inputs], lengths, steps, loop)]


def _divisible(arrays):
    return not any(step % a.itemsize for a in arrays for step in a.strides)


def _in_the_way(a, out):
    """Whether writing to `out` would change what is still to be read of `a`."""
    same = a.ctypes.data == out.ctypes.data and a.shape == out.shape and a.strides == out.strides
    return np.may_share_memory(a, out) and not same


def _merged(shape, strides):
    """Lengths and steps with the axes in the order of the result's memory, those that run on as one."""
    axes = sorted((i for i, n in enumerate(shape) if n != 1), key=lambda i: -abs(strides[0][i]))
    lengths, merged = [], [[] for _ in strides]
    for axis in axes:
        own = [steps[axis] for steps in strides]
        if lengths and all(kept[-1] == step * shape[axis] for kept, step in zip(merged, own)):
            lengths[-1] *= shape[axis]
            for kept, step in zip(merged, own):
                kept[-1] = step
        else:
            lengths.append(shape[axis])
            for kept, step in zip(merged, own):
                kept.append(step)
    return (lengths, merged) if lengths else ([1], [[0] for _ in strides])


def _of_reduction(ufunc, x, axis, dtype, out, keepdims):
    """As NumPy does it: the result begins with 0, or with the first numbers, and takes in the others one by one."""
    loop = _loop_of(ufunc, (x.dtype,) * 3)
    if (
        loop is None
        or dtype not in (None, x.dtype)
        or out.dtype != x.dtype
        or ufunc not in (np.add, np.maximum, np.minimum)
    ):
        return None
    if not (x.flags.c_contiguous and out.flags.c_contiguous) or x.size == 0 or np.may_share_memory(x, out):
        return None
    axes = range(x.ndim) if axis is None else sorted(i % x.ndim for i in np.atleast_1d(axis))
    if list(axes) != list(range(axes[0], axes[-1] + 1)):
        return None
    before, along, after = (int(np.prod(x.shape[part])) for part in _parts(axes))
    if along > BUFFER:
        return None
    parts = x.reshape(before, along, after)
    start = np.zeros((), x.dtype) if ufunc is np.add else parts[:, 0]
    rest = parts if ufunc is np.add else parts[:, 1:]
    target = out.reshape(before, after)
    item, rows = x.itemsize, rest.shape[1]
    if after == 1:
        lengths, mine, others = [1, before, rows], [0, item, 0], [0, along * item, item]
    else:
        lengths, mine, others = (
            [before, rows, after],
            [after * item, 0, item],
            [along * after * item, after * item, item],
        )
    run = _Loop(_address("run_loop"), [out, out, rest], lengths, [mine, mine, others], loop)
    copy = _copy(target, start)
    return copy and copy + ([run] if rows else [])


def _parts(axes):
    return slice(0, axes[0]), slice(axes[0], axes[-1] + 1), slice(axes[-1] + 1, None)
