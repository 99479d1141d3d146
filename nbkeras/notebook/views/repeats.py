"""Equal blocks that follow each other, as the twelve of a transformer do: found, so that a view can show one."""

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

__all__ = ["Repeat", "repeats"]

NEAREST = 8  # how many of the next equal steps may begin the second block
LONGEST = 64  # steps in a block
LEAST_SAVED = 4  # steps, below which folding costs more than it spares


@dataclass(frozen=True)
class Repeat:
    """Equal blocks one after the other: the first begins at `start`, each has `length` steps, and there are `times`."""

    start: int
    length: int
    times: int

    @property
    def end(self) -> int:
        """Where the steps after the last block begin."""
        return self.start + self.length * self.times

    @property
    def saved(self) -> int:
        """The steps that need not be shown."""
        return self.length * (self.times - 1)


def repeats(labels: Sequence[Hashable], reads: Sequence[Sequence[int]], heads: Sequence[bool]) -> list[Repeat]:
    """Blocks that can be folded, in order, none of which overlap.

    Two blocks are equal where their steps have the same labels, and read either the same step, or steps that lie as far
    before them. Nothing behind the last block may read from another one.

    Args:
        labels: what each step is.
        reads: which steps each step reads, by number; -1 for what is none of them.
        heads: whether a step may well begin a block.
    """
    steps = _Steps(labels, reads, heads)
    found: list[Repeat] = []
    start = 0
    while start < len(labels):
        best = steps.best(start)
        if best is None:
            start += 1
        else:
            found.append(best)
            start = best.end
    return found


class _Steps:
    """The steps with what is looked up often: where their equals are, and who reads them last."""

    def __init__(self, labels, reads, heads):
        self.labels, self.reads, self.heads = labels, reads, heads
        self.places: dict[Hashable, list[int]] = defaultdict(list)
        self.rank = []
        self.last_reader = list(range(len(labels)))
        for step, label in enumerate(labels):
            self.rank.append(len(self.places[label]))
            self.places[label].append(step)
            for source in reads[step]:
                if source >= 0:
                    self.last_reader[source] = max(self.last_reader[source], step)

    def best(self, start):
        """The repeat that begins at a step, or at a better one soon after it, and spares most; `None` if none does."""
        rank = self.rank[start] + 1
        equals = self.places[self.labels[start]][rank : rank + NEAREST]
        runs = [(self._equal(start, step - start), step - start) for step in equals if step - start <= LONGEST]
        for equal, length in sorted(runs, key=lambda run: run[0] // run[1] * run[1], reverse=True):
            if equal // length * length < LEAST_SAVED:
                break
            first = min(range(start, start + equal % length + 1), key=lambda at: self._loose_ends(at, length))
            repeat = Repeat(first, length, equal // length + 1)
            if max(self.last_reader[first : repeat.end - length]) < repeat.end:
                return repeat
        return None

    def _equal(self, start, length):
        """How many steps from `start` on stand again so many steps later, and are read from there or nearby at most."""
        step = start
        while step + length < len(self.labels) and self._goes_on(step, step + length):
            step += 1
        return step - start

    def _goes_on(self, step, again):
        return self.last_reader[step] <= 2 * again - step and self._are_equal(step, again)

    def _loose_ends(self, start, length):
        """How badly a block would begin at a step: from how many steps it is read into, and whether it is no head."""
        steps = range(start + length, start + 2 * length)
        read = {source for step in steps for source in self.reads[step] if source < steps.start}
        return len(read), not self.heads[start]

    def _are_equal(self, one, other):
        reads, other_reads = self.reads[one], self.reads[other]
        return (
            self.labels[one] == self.labels[other]
            and len(reads) == len(other_reads)
            and all(a == b or one - a == other - b for a, b in zip(reads, other_reads))
        )
