"""Weights in several files, none above a size: `NAME.weights.json` says which group is in which of them."""

import json
import re
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nbkeras.layers import Layer
from nbkeras.saving.atomic import replacing
from nbkeras.saving.errors import FileError, refusing
from nbkeras.saving.hdf5_read import Stored, read
from nbkeras.saving.hdf5_write import Group, write
from nbkeras.saving.json_text import parse
from nbkeras.saving.state import expected_bytes, most_groups, restore_groups

__all__ = ["MAP", "load_shards", "save_shards"]

MAP = ".weights.json"
LARGEST_MAP = 2**24  # bytes


def save_shards(state: Group, path: Path, most: int) -> None:
    """Writes groups to files of at most `most` bytes of numbers; all are on the disk before the first gets its name."""
    shards, places, total = _divided(state, most)
    base = path.name.removesuffix(MAP)
    names = [f"{base}_{number:05}.weights.h5" for number in range(len(shards))]
    weight_map = {f"/{group}": [names[n] for n in numbers] for group, numbers in places.items()}
    facts = {
        "metadata": {"total_size": total},
        "weight_map": {group: found[0] if len(found) == 1 else found for group, found in weight_map.items()},
    }
    with ExitStack() as files:
        index = files.enter_context(replacing(path))  # entered first, named last
        index.write(json.dumps(facts, indent=4).encode())
        for name, shard in zip(names, shards):
            write(shard, files.enter_context(replacing(path.with_name(name))).write)


def _divided(state: Group, most: int) -> tuple[list[Group], dict[str, list[int]], int]:
    """The shards, by group the numbers of those that it is in, and the size of all numbers."""
    shards, room, total = [Group()], most, 0
    places: dict[str, list[int]] = {}
    for path, group in _groups(state):
        for name, array in group.items():
            if isinstance(array, Group):
                continue
            if array.nbytes > most:
                raise ValueError(f"'{path}/{name}' has {array.nbytes:,} bytes, more than a shard of {most:,}")
            if array.nbytes > room:
                shards.append(Group())
                room = most
            room, total = room - array.nbytes, total + array.nbytes
            inside = shards[-1].make(path)
            inside.title = group.title
            inside[name] = array
            numbers = places.setdefault(path, [])
            if numbers[-1:] != [len(shards) - 1]:
                numbers.append(len(shards) - 1)
    return shards, places, total


def _groups(group: Group, path: str = "") -> list[tuple[str, Group]]:
    """A group and all within it, by path."""
    inner = [(f"{path}/{name}".strip("/"), member) for name, member in group.items() if isinstance(member, Group)]
    return [(path, group), *(pair for name, member in inner for pair in _groups(member, name))]


@dataclass(frozen=True)
class _InShard(Stored):
    """An array that knows the file it is in."""

    content: bytes

    def values(self, content: bytes) -> np.ndarray:
        return super().values(self.content)


def load_shards(model: Layer, path: Path, skip_mismatch: bool = False) -> None:
    """Reads the weights of `model` from the shards that `path` names; changes nothing if one does not fit.

    Only shards beside `path` and of its name are read.

    Raises:
        FileError: for a file that is damaged, or of another model.
    """
    with open(path, "rb") as file, refusing(path.name):
        text = file.read(LARGEST_MAP + 1)
        if len(text) > LARGEST_MAP:
            raise FileError(f"has more than {LARGEST_MAP:,} bytes")
        names = _shards(parse(text, ""), path)
    groups: dict[str, dict[str, Stored]] = {}
    left = expected_bytes(model)
    for name in names:
        with refusing(name):
            content = _content(path.with_name(name), left)
            left -= len(content)
            for group, arrays in read(content, most_groups(model)).items():
                _add(groups.setdefault(group, {}), arrays, content, group)
    with refusing(path.name):
        restore_groups(model, groups, b"", skip_mismatch)


def _shards(facts: Any, path: Path) -> list[str]:
    weight_map = facts.get("weight_map") if isinstance(facts, dict) else None
    if not isinstance(weight_map, dict):
        raise FileError("has no weight_map, which says which weights are in which file")
    listed = [names if isinstance(names, list) else [names] for names in weight_map.values()]
    names = sorted({name for some in listed for name in some if isinstance(name, str)})
    pattern = re.compile(re.escape(path.name.removesuffix(MAP)) + r"_\d{5}\.weights\.h5")
    for name in names:
        if not pattern.fullmatch(name):
            raise FileError(f"names the file '{name}', which is no shard of its own")
        if not path.with_name(name).is_file():
            raise FileError(f"has a shard '{name}' that is not there")
    return names


def _content(path: Path, most: int) -> bytes:
    size = path.stat().st_size
    if size > most:
        raise FileError(f"has {size:,} bytes, where at most {most:,} are expected")
    return path.read_bytes()


def _add(found: dict[str, Stored], arrays: dict[str, Stored], content: bytes, group: str) -> None:
    for name, stored in arrays.items():
        if name in found:
            raise FileError("is in two shards", f"{group}/{name}")
        found[name] = _InShard(stored.path, stored.shape, stored.dtype, stored.start, content)
