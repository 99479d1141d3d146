"""Every op: its values against NumPy and real Keras, its dtypes, its symbolic shapes, and JAX against NumPy."""

import numpy as np
import pytest

from nbkeras import ops, tree
from nbkeras.autodiff import Tape
from nbkeras.backends import use_backend
from nbkeras.symbolic import KerasTensor
from tests.cases import ops as tables_of_ops
from tests.cases import ops_core, ops_transforms
from tests.references.measure import measure
from tests.references.rows import expected as keras_answered
from tests.references.rows import ours  # noqa: F401  (fixture)

TABLES = {"ops": tables_of_ops, "ops_transforms": ops_transforms, "ops_core": ops_core}
ALL = [case for table in TABLES.values() for case in table.ALL]


def each(cases):
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.name)


def close(found, expected, tolerance=1):
    found, expected = (tree.flatten(list(v) if isinstance(v, (list, tuple)) else v) for v in (found, expected))
    assert len(found) == len(expected)
    for a, b in zip(found, expected):
        a, b = np.asarray(a), np.asarray(b)
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=2e-5 * tolerance, atol=2e-6 * tolerance)


def same_dtypes(found, expected):
    names = [[np.asarray(v).dtype.name for v in tree.flatten(values)] for values in (found, expected)]
    assert names[0] == names[1]


@each([case for case in ALL if case.reference is not None])
def test_against_numpy(case):
    args = case.arguments()
    with np.errstate(all="ignore"):
        found, expected = case.call(ops, args), case.expected(args)
    close(found, expected, case.tolerance)
    if np.asarray(tree.flatten(expected)[0]).dtype.kind != "f":
        same_dtypes(found, expected)


@pytest.mark.parametrize(
    ("table", "case"),
    [pytest.param(name, case, id=case.name) for name, table in TABLES.items() for case in table.CASES],
)
def test_against_keras(table, case, ours):  # noqa: F811
    found, expected = measure(ours, case), keras_answered(table, case)
    close(found["values"], expected["values"], case.tolerance)
    assert found["dtypes"] == expected["dtypes"]


@each([case for case in ALL if case.traced])
def test_symbolic_shape_is_the_real_one(case):
    args = case.arguments()

    def symbolic(a):
        return KerasTensor(a.shape, a.dtype) if isinstance(a, np.ndarray) else a

    args_symbolic = [tree.map_structure(symbolic, a) if isinstance(a, list) else symbolic(a) for a in args]
    if not any(isinstance(leaf, KerasTensor) for leaf in tree.flatten(args_symbolic)):
        return
    found, expected = case.call(ops, args_symbolic), case.call(ops, args)
    for a, b in zip(tree.flatten(found), tree.flatten(expected), strict=True):
        assert a.shape == np.shape(b)
        assert a.dtype == np.asarray(b).dtype.name


@pytest.mark.jax
@each(ALL)
def test_jax_equals_numpy(case):
    args = case.arguments()
    expected = case.call(ops, args)
    with use_backend("jax"):
        found = case.call(ops, args)
    close(found, expected, case.tolerance * 5)
    same_dtypes(found, expected)


@each([case for case in ALL if case.traced])
def test_the_tape_goes_through(case):
    """Under a tape an op gives the same values, and is recorded if its result is a float that depends on the input."""
    args = case.arguments()
    tape = Tape()

    def watched(a):
        return tape.watch(a) if isinstance(a, np.ndarray) and a.dtype.kind == "f" else a

    found = case.call(ops, [tree.map_structure(watched, a) if isinstance(a, list) else watched(a) for a in args])
    tape.recording = False
    expected = case.call(ops, args)
    close(found, expected)
    same_dtypes(found, expected)
