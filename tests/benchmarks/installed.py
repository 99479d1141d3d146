"""How much disk a library takes: its distributions and all that they require."""

import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

from packaging.requirements import Requirement


def installed(modules: Iterable[str]) -> dict[str, float | str]:
    """The versions of the distributions that bring `modules`, and MB of their own and with what they require.

    Bytecode is left out: it comes and goes.
    """
    owners = metadata.packages_distributions()
    own = [owners.get(module, [module])[0] for module in modules]
    sizes = {name: size_of(name) for name in closure(own)}
    return {
        "versions": ", ".join(f"{name} {metadata.version(name)}" for name in own),
        "own": sum(sizes[normal(name)] for name in own),
        "total": sum(sizes.values()),
    }


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def closure(names: Iterable[str]) -> set[str]:
    """The distributions and everything they need in this environment, without extras."""
    found: set[str] = set()
    waiting = [normal(name) for name in names]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting.extend(needs(name))
    return found


def needs(name: str) -> Iterator[str]:
    for need in map(Requirement, metadata.requires(name) or ()):
        if (need.marker is None or need.marker.evaluate({"extra": ""})) and is_present(need.name):
            yield normal(need.name)


def is_present(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def size_of(name: str) -> float:
    """MB on disk."""
    return sum(file.stat().st_size for file in files_of(name)) / 1e6


def size_of_wheel(name: str) -> float:
    """MB of the files, compressed as in a wheel."""
    wheel = io.BytesIO()
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, file in enumerate(files_of(name)):
            archive.write(file, str(number))
    return wheel.tell() / 1e6


def files_of(name: str) -> list[Path]:
    """The files of a distribution, without bytecode; of an editable one, those of the folder that it points to."""
    recorded = [Path(str(file.locate())) for file in metadata.files(name) or ()]
    if any(file.suffix == ".pth" for file in recorded) and (spec := find_spec(name)) and spec.origin:
        recorded = list(Path(spec.origin).parent.rglob("*"))
    return [file for file in recorded if file.suffix != ".pyc" and file.is_file()]
