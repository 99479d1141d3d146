"""Places for the nodes and edges of a directed graph: in rows, every edge downwards, after Sugiyama et al. (1981).

A node goes below all that it reads. An edge that crosses rows passes through a waypoint in each of them, so that a skip
connection runs beside the nodes it skips and not through them. Waypoints and nodes are ordered by the mean place of
their neighbours, a few times down and up, and then moved sideways towards them as far as the order allows.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

__all__ = ["Layout", "lay_out"]

SWEEPS = 8
ROW_GAP = 26.0
NODE_GAP = 22.0
WAYPOINT_WIDTH = 8.0


@dataclass
class Layout:
    """Positions: `centers[i]` of node i, and for each edge the points that it passes."""

    width: float
    height: float
    centers: list[tuple[float, float]]
    paths: list[list[tuple[float, float]]]


@dataclass
class _Item:
    """A node, or the waypoint of an edge in a row."""

    width: float
    row: int
    place: int = 0  # in its row
    x: float = 0.0
    above: list["_Item"] = field(default_factory=list)
    below: list["_Item"] = field(default_factory=list)

    def beside(self, down: bool) -> list["_Item"]:
        """The neighbours in the row that a sweep comes from."""
        return self.above if down else self.below


def lay_out(widths: Sequence[float], height: float, edges: Sequence[tuple[int, int]]) -> Layout:
    """Lays out nodes of the given widths and one common height.

    Args:
        widths: of the nodes, which are numbered from 0 in an order in which every edge goes forward.
        height: of every node.
        edges: pairs of (source, target).
    """
    nodes = [_Item(width, row) for width, row in zip(widths, _rows(len(widths), edges))]
    chains = [_chain(nodes[source], nodes[target]) for source, target in edges]
    rows: list[list[_Item]] = [[] for _ in range(max((node.row for node in nodes), default=-1) + 1)]
    for item in [*nodes, *(item for chain in chains for item in chain[1:-1])]:
        rows[item.row].append(item)
    _order(rows)
    _place(rows)
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
    """The length of the longest way to each node."""
    rows = [0] * size
    for source, target in sorted(edges, key=lambda edge: edge[1]):
        rows[target] = max(rows[target], rows[source] + 1)
    return rows


def _chain(source, target):
    """An edge as a chain of items from row to row."""
    chain = [source, *(_Item(WAYPOINT_WIDTH, row) for row in range(source.row + 1, target.row)), target]
    for one, next_one in pairwise(chain):
        one.below.append(next_one)
        next_one.above.append(one)
    return chain


def _order(rows):
    """Sorts each row by the mean place of its neighbours, alternately from above and from below."""
    for row in rows:
        _number(row)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        for row in rows[1:] if down else rows[-2::-1]:
            wanted = {id(item): _mean([n.place for n in item.beside(down)], item.place) for item in row}
            row.sort(key=lambda item: wanted[id(item)])
            _number(row)


def _number(row):
    for place, item in enumerate(row):
        item.place = place


def _place(rows):
    """Packs each row, then draws the items towards their neighbours; long edges are drawn straight first."""
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
            wanted = [_mean([n.x for n in item.beside(down)], item.x) for item in row]
            _settle(row, wanted)


def _settle(row, wanted):
    """Moves the items of a row as near to `wanted` as their order and widths allow (in the least squares sense).

    Pools of touching items move as one: the pool-adjacent-violators algorithm on the places without the widths.
    """
    offsets = [0.0]
    for one, next_one in pairwise(row):
        offsets.append(offsets[-1] + (one.width + next_one.width) / 2 + NODE_GAP)
    pools: list[list[float]] = []  # [mean, count]
    for place, offset in zip(wanted, offsets):
        pools.append([place - offset, 1])
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            mean, count = pools.pop()
            pools[-1] = [(pools[-1][0] * pools[-1][1] + mean * count) / (pools[-1][1] + count), pools[-1][1] + count]
    means = [mean for mean, count in pools for _ in range(int(count))]
    for item, mean, offset in zip(row, means, offsets):
        item.x = mean + offset


def _path(chain, left, height, y):
    """From the bottom of the source through the waypoints, past the nodes beside them, to the top of the target."""
    points = [(chain[0].x - left, y(chain[0].row) + height / 2)]
    for item in chain[1:-1]:
        points += [(item.x - left, y(item.row) - height / 2), (item.x - left, y(item.row) + height / 2)]
    return [*points, (chain[-1].x - left, y(chain[-1].row) - height / 2)]


def _mean(values, default):
    return sum(values) / len(values) if values else default
