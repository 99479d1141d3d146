"""The NumPy `jit`: a step is recorded once for each shape of its batch, and then replayed on the same memory."""

import contextvars
import logging
import threading

import numpy as np

from nbkeras import tree
from nbkeras.backends.numpy.program import Program
from nbkeras.backends.numpy.traced import Recorder, Traced, Untraceable

__all__ = ["compile_step"]

logger = logging.getLogger("nbkeras")


def compile_step(function):
    """From a pure step `(values, batch) -> (values, outputs)` one that replays itself.

    `values` is a list of lists of arrays. The arrays of the first call are the memory of all later ones: the step
    writes its new values there and returns them. A shape of `batch` that comes again is recorded while it runs; the
    time after that, the record runs beside the plain function on copies, and if the two differ in a single bit the
    shape stays with the plain function, as it does when the step branches on its numbers. (Logged to "nbkeras" at level
    DEBUG.)
    """
    return Replayed(function)


class Replayed:
    """A step, and for each shape of its batch the way to run it: `SEEN`, `RecordedStep` or `Taped`."""

    def __init__(self, function):
        self.function = function
        self.steps = {}
        self.last = Taped(function)
        self.lock = threading.RLock()  # two threads would write to the same memory

    def __call__(self, values, batch):
        with self.lock:
            if self.last.takes(batch):
                return self.last(values, batch)
            step = self._replayable(batch)
            if step is not None:
                self.last = step
                return step(values, batch)
            with np.errstate(all="ignore"):
                return self._not_yet_replayed(_signature(batch), values, batch)

    def _replayable(self, batch):
        """The step that replays `batch`; `None` if there is none, or none yet."""
        step = self.steps.get(_signature(batch))
        return step if type(step) is RecordedStep and step.proved else None

    def _not_yet_replayed(self, key, values, batch):
        step = self.steps.get(key)
        if step is None:
            return self._first(key, values, batch)
        if step is SEEN:
            return self._record(key, values, batch)
        return step(values, batch) if step.proved else self._prove(key, step, values, batch)

    def alone(self, values, x):
        """The outputs for the batch `(x, None, None)`, if that is the shape replayed last; else `None`.

        What `__call__` does, without what may happen there: 1 µs and the calls of the record, in place of 3.
        """
        step = self.last
        own = step.alone
        if own is None or step.values is not values or x.shape != own.shape or x.dtype is not own.dtype:
            return None
        with self.lock:
            own[...] = x
            step.run()
            return step.results()

    def run_over(self, values, rows, count):
        """The step on `count` batches of one size, one after the other; returns the new values.

        The first ones go through the stages above; the others are left to the program, as a loop of its own.
        """
        size = len(tree.flatten(rows)[0]) // count
        with self.lock:
            for index in range(count):
                batch = _part(rows, index * size, (index + 1) * size)
                step = self._replayable(batch)
                if step is not None:
                    return step.run_over(values, _part(rows, index * size, count * size), count - index)
                values, _ = self(values, batch)
        return values

    def _first(self, key, values, batch):
        """A shape that does not come again is not worth a record; the oldest of too many makes room."""
        if len(self.steps) >= MOST_SHAPES:
            del self.steps[next(iter(self.steps))]
        self.steps[key] = SEEN
        return self.function(values, batch)

    def _record(self, key, values, batch):
        before = _copies(values)
        try:
            step = RecordedStep(self.function, values, batch)
        except Untraceable as reason:
            logger.debug("a step is not replayed: %s", reason)
            self.steps[key] = Taped(self.function)
            _restore(values, before)
            return self.function(values, batch)
        except BaseException:
            _restore(values, before)
            raise
        self.steps[key] = step
        return step.first

    def _prove(self, key, step, values, batch):
        before = _copies(values)
        replayed = step(values, batch)
        plain = self.function(before, batch)
        if _same(replayed, plain):
            step.proved = True
            return replayed
        logger.debug("a step is not replayed: replaying it gave other numbers than running it")
        self.steps[key] = Taped(self.function)
        _restore(values, plain[0])
        return values, plain[1]


SEEN = object()  # stands for the step of a shape that came once
MOST_SHAPES = 64  # with a record of its own: what each of them costs is memory


class Taped:
    """A step that runs as it was written."""

    proved = True
    alone = None

    def __init__(self, function):
        self.function = function

    def takes(self, batch):
        """Whether this is the step for `batch`; not worth finding out."""
        return False

    def __call__(self, values, batch):
        return self.function(values, batch)


class RecordedStep:
    """A step and the memory it works on; `first` is the result of the call that was recorded."""

    def __init__(self, function, values, batch):
        self.proved = False
        self.values = values
        self.state = [_writable(a) for a in tree.flatten(values)]
        leaves = tree.flatten(batch)
        self.is_flat = type(batch) is tuple and _is_flat(batch)
        self.batch = [None if a is None else np.array(a) for a in leaves]  # the memory of the batch
        recorder = Recorder()
        with recorder:
            owners = {}
            given = tree.map_structure(lambda a: _given(recorder, owners, a), values)
            wrapped = [None if a is None else recorder.wrap(a) for a in self.batch]
            batch = tree.pack_sequence_as(batch, wrapped)
            new, outputs = function(given, batch)
            _store(recorder, tree.flatten(given), tree.flatten(new))
        blocks = [owner.memory.block for owner in owners.values()]
        leaves = [t for t in tree.flatten(outputs) if type(t) is Traced]
        self.outputs = tree.map_structure(lambda t: t.array if type(t) is Traced else t, outputs)
        self.has_outputs = bool(leaves)
        results = [*blocks, *(t.memory.block for t in leaves)]
        self.inputs = [a for a in self.batch if a is not None]
        self.alone = self.inputs[0] if self.is_flat and len(self.inputs) == 1 else None
        self.program = Program(recorder.calls, results, self.inputs)
        self.quietly = _without_warnings()
        self.first = values, self.results()

    def run(self):
        """Makes the calls."""
        self.quietly(self.program.run)

    def results(self):
        """The outputs: copies, for the next call writes to the same memory."""
        if type(self.outputs) is np.ndarray:
            return self.outputs.copy()
        if not self.has_outputs:
            return self.outputs
        return tree.map_structure(lambda a: np.array(a) if isinstance(a, np.ndarray) else a, self.outputs)

    def takes(self, batch):
        """Whether this is certainly the step for `batch`: a tuple of plain arrays like those that it was made for."""
        if not self.is_flat or len(batch) != len(self.batch):
            return False
        for a, form in zip(batch, self.batch):
            if a is None or form is None:
                if a is not form:
                    return False
            elif type(a) is not np.ndarray or a.shape != form.shape or a.dtype is not form.dtype:
                return False
        return True

    def __call__(self, values, batch):
        self._take_state(values)
        for own, a in zip(self.batch, batch if self.is_flat else tree.flatten(batch)):
            if own is not None:
                own[...] = a
        self.run()
        return self.values, self.results()

    def run_over(self, values, rows, count):
        """The step on `count` batches that are consecutive parts of `rows`; returns the new values."""
        self._take_state(values)
        given = [np.ascontiguousarray(a) for a in tree.flatten(rows) if a is not None]
        self.quietly(self.program.run_over, [a.reshape(count, *own.shape) for own, a in zip(self.inputs, given)])
        return self.values

    def _take_state(self, values):
        if values is not self.values:
            for own, value in zip(self.state, tree.flatten(values)):
                if own is not value:
                    own[...] = value


def _without_warnings():
    """A function that calls another one with NumPy's floating-point warnings off.

    It does so in a context of its own in which they are: 30 ns, where entering `numpy.errstate` takes 700.
    """
    context = contextvars.Context()
    context.run(np.seterr, all="ignore")
    return context.run


def _writable(array):
    if type(array) is not np.ndarray or not array.flags.writeable:
        raise Untraceable("a value of the state is no writable array")
    return array


def _given(recorder, owners, array):
    """`array` of the state as a traced one; views of one buffer share its memory."""
    base = array if array.base is None else array.base
    owner = owners.get(id(base))
    if owner is None:
        owner = owners[id(base)] = recorder.wrap(base)
    return owner.view_of(array)


def _store(recorder, old, new):
    """Copies the new values to where the old ones are; first those that lie in the way of others aside."""
    moved = [(o, n) for o, n in zip(old, new) if not (type(n) is Traced and _is_same(n.array, o.array))]
    state = {id(o.memory.block) for o in old}
    staged = []
    for target, value in moved:
        if type(value) is Traced and id(value.memory.block) in state:
            value = value.copy()
        staged.append((target, value))
    for target, value in staged:
        if type(value) is Traced:
            if value.shape != target.shape:
                raise Untraceable("a value of the state changes its shape")
            recorder.copy(target, value.array, [value])
        else:
            recorder.copy(target, np.asarray(value), [])


def _is_same(a, b):
    return a is b or a.__array_interface__ == b.__array_interface__


def _signature(batch):
    """What a step is recorded for: the shapes and dtypes of the batch, and its structure."""
    if type(batch) is tuple and _is_flat(batch):
        return tuple([None if a is None else (a.shape, a.dtype) for a in batch])
    leaves = tuple((a.shape, a.dtype.str) if hasattr(a, "dtype") else repr(a) for a in tree.flatten(batch))
    return repr(tree.map_structure(lambda a: None, batch)), leaves


def _is_flat(batch):
    for a in batch:  # noqa: SIM110 - all() takes 0.2 µs more, at each step
        if a is not None and type(a) is not np.ndarray:
            return False
    return True


def _part(rows, start, stop):
    if type(rows) is tuple and _is_flat(rows):
        return tuple([None if a is None else a[start:stop] for a in rows])
    return tree.map_structure(lambda a: None if a is None else a[start:stop], rows)


def _copies(values):
    return tree.map_structure(np.array, values)


def _restore(values, before):
    for array, old in zip(tree.flatten(values), tree.flatten(before)):
        if isinstance(array, np.ndarray) and array.flags.writeable:
            array[...] = old


def _same(first, second):
    return all(_same_bits(a, b) for a, b in zip(tree.flatten(first), tree.flatten(second)))


def _same_bits(a, b):
    return a is b or np.asarray(a).tobytes() == np.asarray(b).tobytes()
