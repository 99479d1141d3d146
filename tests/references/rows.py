"""Rows of the tables as parameters of tests, with what real Keras answered."""

from functools import cache

import pytest

from nbkeras.backends import use_backend
from tests.references import store, tables
from tests.references.libraries import Nbkeras

stored = cache(store.load)
BACKENDS = ["numpy", pytest.param("jax", marks=pytest.mark.jax)]


def rows(*names, where=lambda case: True):
    """Parametrizes a test by `(table, case)` over the tables `names`."""
    parameters = [
        pytest.param(name, case, id=f"{name}: {case.name}")
        for name in names
        for case in tables.rows(name)
        if where(case)
    ]
    return pytest.mark.parametrize(("table", "case"), parameters)


def expected(table, case):
    """What real Keras answered to `case`."""
    return stored(table)[case.name]


@pytest.fixture(params=BACKENDS)
def library(request):
    """nbkeras on each backend in turn."""
    with use_backend(request.param):
        yield Nbkeras()


@pytest.fixture
def ours():
    """nbkeras on NumPy."""
    return Nbkeras()
