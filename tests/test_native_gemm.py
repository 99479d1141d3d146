"""The matrix product of the native kernels: all remainders of its tiles, long inner dimensions, transposes."""

import numpy as np
import pytest

from nbkeras.backends.numpy import native

pytestmark = pytest.mark.native

ROWS = [1, 2, 3, 5, 8, 13, 39]
COLUMNS = [1, 3, 15, 16, 17, 31, 33, 129, 300]
INNER = [1, 7, 128, 300]


def stored(rng, rows, columns, transposed, spare):
    """A matrix whose rows or columns are contiguous, `spare` numbers apart from each other, and its strides."""
    shape = (columns, rows) if transposed else (rows, columns)
    memory = np.full((shape[0], shape[1] + spare), np.nan, "f4")
    memory[:, : shape[1]] = rng.standard_normal(shape)
    matrix = memory[:, : shape[1]]
    matrix = matrix.T if transposed else matrix
    return matrix, [stride // 4 for stride in matrix.strides]


@pytest.mark.parametrize("spare", [0, 3])
@pytest.mark.parametrize(("a_transposed", "b_transposed"), [(False, False), (True, False), (False, True), (True, True)])
def test_product(variant, a_transposed, b_transposed, spare):
    """As in float64; nothing but the result is written, and no bit of a row depends on the other rows."""
    rng, run = np.random.default_rng(0), native.kernel("dot_f4")
    for m in ROWS:
        for n in COLUMNS:
            for inner in INNER:
                a, a_strides = stored(rng, m, inner, a_transposed, spare)
                b, b_strides = stored(rng, inner, n, b_transposed, spare)
                c = np.full(m * n + 1, 77, "f4")
                run(c, a, b, m, n, inner, *a_strides, *b_strides)
                assert c[-1] == 77
                exact = a.astype("f8") @ b.astype("f8")
                np.testing.assert_allclose(c[:-1].reshape(m, n), exact, rtol=1e-5, atol=1e-6 * inner**0.5 * 4)
                last = np.empty(n, "f4")
                run(last, a[-1:], b, 1, n, inner, *a_strides, *b_strides)
                if n > 1:  # a column may be multiplied along its rows
                    np.testing.assert_array_equal(last, c[-1 - n : -1])
