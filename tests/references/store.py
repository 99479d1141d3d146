"""Stored results: an index one can read (`.json`) and one vector of float32 numbers (`.npz`) per table of cases."""

import ast
import hashlib
import json
from pathlib import Path

import numpy as np

TESTS = Path(__file__).parents[1]
FOLDER = Path(__file__).parent / "stored"
ARRAY = "@"  # the key that stands for an array: {"@": [place in the vector, *shape]}


class StaleReferences(AssertionError):
    """A table of cases has changed since its results were measured."""


def fingerprint(table):
    """A digest of the two files that decide what the cases of `table` compute, whatever their layout."""
    names = ("numbers.py", f"{table}.py")
    trees = [ast.parse((TESTS / "cases" / name).read_text(encoding="utf-8")) for name in names]
    return hashlib.sha256(repr([_nested(tree) for tree in trees]).encode()).hexdigest()


def _nested(node):
    """A syntax tree as tuples; without empty fields, as every version of Python has some of its own."""
    if isinstance(node, ast.AST):
        present = [(name, value) for name, value in ast.iter_fields(node) if value not in (None, [])]
        return (type(node).__name__, *((name, _nested(value)) for name, value in present))
    return [_nested(item) for item in node] if isinstance(node, list) else node


def save(table, keras_version, results):
    """Writes what real Keras answered: `results` maps the name of a case to a nest of arrays and JSON values."""
    chunks = []

    def pack(item):
        if isinstance(item, dict):
            return {str(key): pack(value) for key, value in item.items()}
        if isinstance(item, (list, tuple)):
            return [pack(value) for value in item]
        if isinstance(item, (np.ndarray, np.generic)):
            place = sum(chunk.size for chunk in chunks)
            chunks.append(np.asarray(item, "float32").ravel())
            return {ARRAY: [place, *np.shape(item)]}
        return item

    index = {"keras": keras_version, "fingerprint": fingerprint(table), "results": pack(results)}
    path = FOLDER / table
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(f"{json.dumps(name)}: {_compact(item)}" for name, item in index["results"].items())
    head = f'"keras": "{keras_version}",\n"fingerprint": "{index["fingerprint"]}"'
    path.with_suffix(".json").write_text(f'{{{head},\n"results": {{\n{lines}\n}}}}\n', encoding="utf-8")
    np.savez_compressed(path.with_suffix(".npz"), values=np.concatenate(chunks or [np.zeros(0, "float32")]))


def load(table):
    """The results stored for `table`; raises `StaleReferences` when its cases have changed since."""
    path = FOLDER / table
    index = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    if index["fingerprint"] != fingerprint(table):
        raise StaleReferences(
            f"tests/cases/{table}.py has changed since its results were stored; with Keras and JAX installed, run: "
            f"python -m tests.references.make {table}"
        )
    with np.load(path.with_suffix(".npz")) as file:
        values = file["values"]
    return {name: _unpack(item, values) for name, item in index["results"].items()}


def _compact(item):
    return json.dumps(item, separators=(",", ":"))


def _unpack(item, values):
    if isinstance(item, list):
        return [_unpack(value, values) for value in item]
    if not isinstance(item, dict):
        return item
    if set(item) == {ARRAY}:
        place, *shape = item[ARRAY]
        size = int(np.prod(shape, dtype=int))
        return values[place : place + size].reshape(shape)
    return {key: _unpack(value, values) for key, value in item.items()}
