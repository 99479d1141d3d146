"""Runs the tables of cases on real Keras (JAX backend) and stores what it answers.

python -m tests.references.make                        # every table
python -m tests.references.make losses layers/pooling  # these only
"""

import os
import sys
import time

os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("JAX_PLATFORMS", "cpu")

from tests.references import tables
from tests.references.libraries import RealKeras
from tests.references.measure import measure
from tests.references.store import save


def make(table, library):
    rows = tables.rows(table)
    results = {}
    for case in rows:
        try:
            results[case.name] = measure(library, case)
        except Exception as error:
            raise RuntimeError(f"real Keras could not run {case.name!r} of {table}: {error}") from error
    save(table, library.k.__version__, results)
    return len(rows)


def main(names):
    library = RealKeras()
    for table in names or tables.NAMES:
        begun = time.perf_counter()
        print(f"{table}: {make(table, library)} cases, {time.perf_counter() - begun:.0f} s", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
