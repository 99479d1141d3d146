"""The hash by which a file is known to be the one that was meant."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Digest", "expected_digest"]

LENGTHS = {"md5": 32, "sha256": 64}  # hexadecimal digits
CHUNK = 2**20


@dataclass(frozen=True)
class Digest:
    """What the hash of a file must be: the algorithm, and lower-case hexadecimal digits."""

    algorithm: str
    digits: str

    def fits(self, path: Path) -> bool:
        """Whether the file has this hash."""
        return self.of(path) == self.digits

    def of(self, path: Path) -> str:
        """The hash that the file has."""
        hasher = hashlib.new(self.algorithm, usedforsecurity=False)
        with open(path, "rb") as file:
            while piece := file.read(CHUNK):
                hasher.update(piece)
        return hasher.hexdigest()


def expected_digest(file_hash: str | None, algorithm: str) -> Digest | None:
    """The digest that the arguments of `get_file` ask for; None for none.

    Raises:
        ValueError: for an algorithm that is not known, and for digits that cannot be of it.
    """
    if algorithm != "auto" and algorithm not in LENGTHS:
        raise ValueError(f"hash_algorithm must be 'auto', 'md5' or 'sha256', got {algorithm!r}")
    if file_hash is None:
        return None
    digits = str(file_hash).strip().lower()
    if algorithm == "auto":
        algorithm = "sha256" if len(digits) == LENGTHS["sha256"] else "md5"
    if len(digits) != LENGTHS[algorithm] or set(digits) - set("0123456789abcdef"):
        wanted = f"{LENGTHS[algorithm]} hexadecimal digits"
        raise ValueError(f"file_hash must be {wanted} for {algorithm}, got {file_hash!r}: the file could never fit")
    return Digest(algorithm, digits)
