"""Prints pip constraints that pin what the installed nbkeras needs, with the extras named, to the lower bounds."""

import sys
from importlib.metadata import requires

from packaging.requirements import Requirement


def is_wanted(requirement, extras):
    marker = requirement.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in extras)


def main(extras):
    wanted = [requirement for requirement in map(Requirement, requires("nbkeras")) if is_wanted(requirement, extras)]
    bounds = {need.name: bound.version for need in wanted for bound in need.specifier if bound.operator == ">="}
    for name, version in sorted(bounds.items()):
        print(f"{name}=={version}")


if __name__ == "__main__":
    main(sys.argv[1:])
