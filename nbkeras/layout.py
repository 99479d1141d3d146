"""Places for the nodes and edges of a directed graph: in rows, every edge downwards, after Sugiyama et al. (1981).

A node goes below all that it reads, and near its readers where that costs nothing. An edge that crosses rows passes
through a waypoint in each of them, so that a skip connection runs beside the nodes it skips and not through them.
Waypoints and nodes are ordered by the mean place of their neighbours, a few times down and up, and the order with the
fewest crossings is kept. Then they are moved sideways towards their neighbours as far as the order allows, and at last
each long edge is drawn straight where there is room for it.
"""

from bisect import bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

__all__ = ["Layout", "lay_out"]

SWEEPS = 8
ROW_GAP = 26.0
NODE_GAP = 22.0
WAYPOINT_WIDTH = 8.0

# Where a node and a waypoint want the same place, the waypoint gives way; and waypoints draw a node only where no node
# does. So the main path is straight, and a skip connection bends around it.
NODE_WEIGHT = 1e9
ROUNDING = 1e-6  # of a pixel, by which sums in another order may differ
STRAIGHT = 8  # how much more a waypoint is drawn by another one of its edge than by its ends (Gansner et al. 1993: 4)


@dataclass
class Layout:
    """Positions: `centers[i]` of node i, and for each edge the points that it passes."""

    width: float
    height: float
    centers: list[tuple[float, float]]
    paths: list[list[tuple[float, float]]]

    def moved(self, right: float, down: float) -> "Layout":
        """The same a little farther right and down."""

        def shifted(points):
            return [(x + right, y + down) for x, y in points]

        return Layout(self.width, self.height, shifted(self.centers), [shifted(path) for path in self.paths])


@dataclass
class _Item:
    """A node, or the waypoint of an edge in a row."""

    width: float
    row: int
    is_waypoint: bool = False
    place: int = 0  # in its row
    x: float = 0.0
    above: list["_Item"] = field(default_factory=list)
    below: list["_Item"] = field(default_factory=list)

    def beside(self, down: bool) -> list["_Item"]:
        """The neighbours in the row that a sweep comes from."""
        return self.above if down else self.below


def lay_out(
    widths: Sequence[float],
    height: float,
    edges: Sequence[tuple[int, int]],
    pairs: Sequence[tuple[int, int]] = (),
) -> Layout:
    """Lays out nodes of the given widths and one common height.

    Args:
        widths: of the nodes, which are numbered from 0 in an order in which every edge goes forward.
        height: of every node.
        edges: pairs of (source, target).
        pairs: of an upper and a lower node, forward as well, without an edge.
    """
    nodes = [_Item(width, row) for width, row in zip(widths, _rows(len(widths), [*edges, *pairs]))]
    chains = [_chain(nodes[source], nodes[target]) for source, target in edges]
    rows: list[list[_Item]] = [[] for _ in range(max((node.row for node in nodes), default=-1) + 1)]
    for item in [*nodes, *(item for chain in chains for item in chain[1:-1])]:
        rows[item.row].append(item)
    _order(rows)
    _place(rows)
    for chain in sorted(chains, key=len, reverse=True) * 2:  # twice, since one gives way to another
        _straighten(chain[1:-1], rows)
    left = min((item.x - item.width / 2 for row in rows for item in row), default=0.0)
    right = max((item.x + item.width / 2 for row in rows for item in row), default=0.0)

    def y(row: int) -> float:
        return row * (height + ROW_GAP) + height / 2

    return Layout(
        width=right - left,
        height=len(rows) * (height + ROW_GAP) - ROW_GAP if rows else 0.0,
        centers=[(node.x - left, y(node.row)) for node in nodes],
        paths=[_path(chain, left, height, y) for chain in chains],
    )


def _rows(size, edges):
    """The length of the longest way to each node; more where that brings it nearer to its readers at no cost."""
    rows = [0] * size
    sources: list[list[int]] = [[] for _ in range(size)]
    readers: list[list[int]] = [[] for _ in range(size)]
    for source, target in edges:
        sources[target].append(source)
        readers[source].append(target)
    for node in range(size):
        rows[node] = max((rows[source] + 1 for source in sources[node]), default=0)
    for node in reversed(range(size)):
        if len(readers[node]) >= max(len(sources[node]), 1):
            rows[node] = min(rows[reader] for reader in readers[node]) - 1
    return rows


def _chain(source, target):
    """An edge as a chain of items from row to row."""
    chain = [source, *(_Item(WAYPOINT_WIDTH, row, True) for row in range(source.row + 1, target.row)), target]
    for one, next_one in pairwise(chain):
        one.below.append(next_one)
        next_one.above.append(one)
    return chain


def _order(rows):
    """Sorts each row by the mean place of its neighbours, from above and from below by turns; keeps the best order."""
    for row in rows:
        _number(row)
    best, fewest = [list(row) for row in rows], _crossings(rows)
    for sweep in range(SWEEPS):
        if not fewest:
            break
        down = sweep % 2 == 0
        for row in rows[1:] if down else rows[-2::-1]:
            wanted = {id(item): _mean([n.place for n in item.beside(down)], item.place) for item in row}
            row.sort(key=lambda item: wanted[id(item)])
            _number(row)
        crossings = _crossings(rows)
        if crossings < fewest:
            best, fewest = [list(row) for row in rows], crossings
    for row, kept in zip(rows, best):
        row[:] = kept
        _number(row)


def _crossings(rows):
    """How often edges between neighbouring rows cross."""
    number = 0
    for row in rows[1:]:
        edges = sorted((above.place, item.place) for item in row for above in item.above)
        passed: list[int] = []
        for _, place in edges:
            number += len(passed) - bisect_right(passed, place)
            insort(passed, place)
    return number


def _number(row):
    for place, item in enumerate(row):
        item.place = place


def _place(rows):
    """Packs each row, then draws the items towards their neighbours."""
    for row in rows:
        x = 0.0
        for item in row:
            item.x = x + item.width / 2
            x += item.width + NODE_GAP
        for item in row:
            item.x -= (x - NODE_GAP) / 2
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        for row in rows[1:] if down else rows[-2::-1]:
            _settle(row, [_wanted(item, item.beside(down)) for item in row])


def _wanted(item, neighbours):
    """The mean place of the neighbours that draw an item."""
    if item.is_waypoint:
        pulls = [STRAIGHT if neighbour.is_waypoint else 1 for neighbour in neighbours]
        return sum(pull * neighbour.x for pull, neighbour in zip(pulls, neighbours)) / sum(pulls)
    nodes = [neighbour.x for neighbour in neighbours if not neighbour.is_waypoint]
    return _mean(nodes or [neighbour.x for neighbour in neighbours], item.x)


def _settle(row, wanted):
    """Moves the items of a row as near to `wanted` as their order and widths allow (in the least squares sense).

    Pools of touching items move as one: the pool-adjacent-violators algorithm on the places without the widths.
    """
    offsets = [0.0]
    for one, next_one in pairwise(row):
        offsets.append(offsets[-1] + _distance(one, next_one))
    pools: list[tuple[float, float, int]] = []  # (mean, weight, items)
    for item, place, offset in zip(row, wanted, offsets):
        pools.append((place - offset, 1 if item.is_waypoint else NODE_WEIGHT, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            mean, weight, items = pools.pop()
            before, weight_before, items_before = pools.pop()
            total = weight + weight_before
            pools.append(((before * weight_before + mean * weight) / total, total, items_before + items))
    means = [mean for mean, _, items in pools for _ in range(items)]
    for item, mean, offset in zip(row, means, offsets):
        item.x = mean + offset


def _straighten(waypoints, rows):
    """Puts the waypoints of an edge below each other, near to where they are, if their neighbours in all rows allow."""
    if not waypoints:
        return
    low, high = float("-inf"), float("inf")
    for item in waypoints:
        row = rows[item.row]
        if item.place > 0:
            low = max(low, row[item.place - 1].x + _distance(row[item.place - 1], item))
        if item.place + 1 < len(row):
            high = min(high, row[item.place + 1].x - _distance(item, row[item.place + 1]))
    if low <= high + ROUNDING:
        x = min(max(_mean([item.x for item in waypoints], 0.0), low), high)
        for item in waypoints:
            item.x = x


def _distance(one, next_one):
    """How far apart the centers of neighbours in a row are at least."""
    return (one.width + next_one.width) / 2 + NODE_GAP


def _path(chain, left, height, y):
    """From the bottom of the source through the waypoints, past the nodes beside them, to the top of the target."""
    points = [(chain[0].x - left, y(chain[0].row) + height / 2)]
    for item in chain[1:-1]:
        points += [(item.x - left, y(item.row) - height / 2), (item.x - left, y(item.row) + height / 2)]
    return [*points, (chain[-1].x - left, y(chain[-1].row) - height / 2)]


def _mean(values, default):
    return sum(values) / len(values) if values else default
