"""A small SQLite file of runs, which outlives the kernel: several kernels may write to it at once."""

import json
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from nbkeras.notebook.training.facts import Facts
from nbkeras.notebook.views.curves import thinned

if TYPE_CHECKING:
    from sqlite3 import Connection

__all__ = ["DEFAULT", "RunStore", "StoreError"]

DEFAULT = ".nbkeras-runs.sqlite"  # beside the notebook, which is where a kernel works
KERNEL = uuid4().hex  # of this process
MARK = 0x6E626B72  # "nbkr", in the header of the file: whose it is
VERSION = 1  # of the table
TABLE = "CREATE TABLE runs (kernel TEXT, name TEXT, facts TEXT, PRIMARY KEY (kernel, name))"
WRITE = "INSERT INTO runs VALUES (?, ?, ?) ON CONFLICT (kernel, name) DO UPDATE SET facts = excluded.facts"
READ = "SELECT kernel, name, facts FROM runs ORDER BY rowid"
POINTS = 500  # of a curve that are kept: about 50 KB for four metrics of however many epochs
PATIENCE = 10.0  # seconds to wait while another kernel writes


class StoreError(OSError):
    """A file of runs that cannot be read or written; it is left as it is."""


class RunStore:
    """Runs in a file, by kernel and name.

    Each run is a row, with its facts as JSON. The file is opened for each reading and writing, so that threads may
    share this object, and has a rollback journal rather than a write-ahead log, which network drives do not carry.

    Args:
        path: of the file, which the first run that is put there makes.
        kernel: who writes.
    """

    def __init__(self, path: str | Path, kernel: str = KERNEL):
        self.path = Path(path)
        self.kernel = kernel

    def put(self, runs: Sequence[Facts]) -> None:
        """Writes runs of this kernel, in place of what was known of them.

        Raises:
            StoreError: where the file cannot be written, or is not one of runs.
        """
        if not runs:
            return
        rows = [(self.kernel, facts.run, _as_json(facts)) for facts in runs]
        with self._opened() as connection, connection:
            connection.execute("BEGIN IMMEDIATE")
            if not self._is_made(connection):
                connection.execute(TABLE)
                connection.execute(f"PRAGMA application_id = {MARK}")
                connection.execute(f"PRAGMA user_version = {VERSION}")
            connection.executemany(WRITE, rows)

    def all(self) -> list[Facts]:
        """The runs of all kernels, the oldest first; those of other kernels are called `net-1@2`, of the second one.

        Raises:
            StoreError: where the file cannot be read, or is not one of runs.
        """
        if not self.path.exists():
            return []
        with self._opened() as connection:
            rows = connection.execute(READ).fetchall() if self._is_made(connection) else []
        kernels = list(dict.fromkeys(kernel for kernel, _, _ in rows))
        return [
            self._read(facts, name if kernel == self.kernel else f"{name}@{1 + kernels.index(kernel)}")
            for kernel, name, facts in rows
        ]

    @contextmanager
    def _opened(self) -> "Iterator[Connection]":
        import sqlite3  # here: 3 ms that most sessions have no use for

        try:
            with closing(sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None)) as connection:
                yield connection
        except sqlite3.OperationalError as error:
            raise StoreError(f"the file of runs {self.path} could not be used: {error}; name another file") from None
        except sqlite3.DatabaseError as error:
            raise self._refused(f"is damaged, or no SQLite file ({error})") from None

    def _is_made(self, connection):
        """Whether the file has its table; raises StoreError for a file of something else."""
        (mark,), (version,), (tables,) = (
            connection.execute(query).fetchone()
            for query in ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_master")
        )
        if mark != MARK and (mark or tables):
            raise self._refused("holds something else than runs")
        if version > VERSION:
            raise self._refused("was written by a later version of nbkeras")
        return mark == MARK

    def _read(self, facts, name):
        try:
            known = json.loads(facts)
            points = {metric: [(x, y) for x, y in curve] for metric, curve in known["points"].items()}
            return Facts(**{**known, "run": name, "points": points})
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise self._refused(f"is damaged: its run {name} cannot be read ({error})") from None

    def _refused(self, reason):
        return StoreError(f"the file of runs {self.path} {reason}; it stays as it is: move it away, or name another")


def _as_json(facts):
    return json.dumps(asdict(replace(facts, points={name: thinned(p, POINTS) for name, p in facts.points.items()})))
