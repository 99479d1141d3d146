"""Sizes that are open: several records of one model made one, in which such sizes are `Open`."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from nbkeras.saving.onnx.trace import Body, Call, NotExportable, Value

__all__ = ["RUNS", "Open", "fills", "merged", "merged_calls", "product"]

RUNS = 3  # two cannot tell 3 * steps + c from rows + d
STRIDES = 60  # a multiple of 2, 3, 4, 5 and 6


@dataclass(frozen=True)
class Open:
    """A size that is known only when the file is run: what it was in each record."""

    values: tuple[int, ...]


def fills(start: int) -> list[tuple[int, ...]]:
    """The sizes that stand for each open one, in each run: about `start`, none a multiple of another.

    Of prime factors, so that products of them can be told apart. The first leaves no rest by a stride and the second
    leaves 1: if padding is the same for both, it is so for all sizes.
    """
    whole = [STRIDES * n for n in range(max(start // STRIDES, 2), start + 400) if _is_prime(n)]
    after = [n for n in range(start, start + 6000) if n % STRIDES == 1 and _is_prime(n)]
    other = [n for n in range(start, start + 400) if n % STRIDES != 1 and _is_prime(n)]
    return list(zip(whole, after, other))


def _is_prime(n: int) -> bool:
    return all(n % p for p in range(2, int(n**0.5) + 1))


def product(sizes: Iterable[Any]) -> Any:
    """The product of sizes."""
    total: Any = (1,) * RUNS
    for size in sizes:
        total = tuple(t * v for t, v in zip(total, size.values if isinstance(size, Open) else (size,) * RUNS))
    return total[0] if len(set(total)) == 1 else Open(total)


def merged_calls(records: list[list[Call]]) -> list[Call]:
    """The calls of one record, with the sizes that differ from those of the others open."""
    if len({len(calls) for calls in records}) > 1:
        raise NotExportable("computes in another way where the number of rows or steps is another")
    return [_merged_call(calls) for calls in zip(*records)]


def _merged_call(calls: tuple[Call, ...]) -> Call:
    first = calls[0]
    try:
        args = [merged(items) for items in zip(*(call.args for call in calls))]
        attributes = {key: merged([call.attributes[key] for call in calls]) for key in first.attributes}
        outputs = [merged(items) for items in zip(*(call.outputs for call in calls))]
    except NotExportable as error:
        layer = first.layer
        raise NotExportable(f"{layer.title} {error}" if layer is not None else str(error)) from None
    return Call(first.name, args, attributes, outputs, first.layer)


def merged(items: Any) -> Any:
    """One value of those that stand in the same place of each record."""
    first = items[0]
    if isinstance(first, Value):
        shape = [merged(sizes) for sizes in zip(*(item.shape for item in items))]
        return Value(shape, first.dtype, first.number)
    if isinstance(first, Body):
        calls = merged_calls([item.calls for item in items])
        inputs, outputs = ([merged(v) for v in zip(*(getattr(i, n) for i in items))] for n in ("inputs", "outputs"))
        return Body(inputs, calls, outputs)
    if isinstance(first, (tuple, list)):
        return tuple(merged(parts) for parts in zip(*items))
    if isinstance(first, slice):
        return slice(*(merged([getattr(item, part) for item in items]) for part in ("start", "stop", "step")))
    if isinstance(first, np.ndarray) and first.ndim:
        if not all(a is first or a.shape == first.shape and np.array_equal(a, first) for a in items):
            raise NotExportable("computes numbers of the number of rows or steps, which is open; give Input full sizes")
        return first
    if all(item == first for item in items):
        return int(first) if type(first) is not bool and isinstance(first, int) else first
    if all(isinstance(item, (int, float, np.ndarray, np.number)) and int(item) == item for item in items):
        return Open(tuple(int(item) for item in items))  # a size, perhaps on its way to divide by it
    raise NotExportable(f"computes {first!r} from the number of rows or steps, which is open; give Input full sizes")
