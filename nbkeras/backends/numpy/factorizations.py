"""Factorizations of matrices, and what is computed with them."""

import numpy as np

from nbkeras.backends.numpy.registry import kernel


def _t(x):
    return np.swapaxes(x, -1, -2)


def _mirror(x):
    """The symmetric matrix that has the lower triangle of `x`."""
    return np.tril(x) + _t(np.tril(x, -1))


def _off_diagonal(x):
    """1 / (xⱼ - xᵢ) for i ≠ j, and 0 on the diagonal."""
    gap = x[..., None, :] - x[..., :, None]
    off = ~np.eye(x.shape[-1], dtype=bool)
    return np.where(off, 1 / np.where(off, gap, 1), 0).astype(x.dtype)


def _zeros_for_none(d, y):
    return tuple(np.zeros_like(part) if given is None else given for given, part in zip(d, y))


@kernel
def lu(x):
    """By Gauss with partial pivoting: L below the diagonal and U on and above it in one matrix, and the row that each
    row was exchanged with."""
    x = np.array(x)
    rows, columns = x.shape[-2:]
    n = min(rows, columns)
    matrices = x.reshape(-1, rows, columns)
    pivots = np.empty((len(matrices), n), np.int32)
    each = np.arange(len(matrices))
    for k in range(n):
        best = pivots[:, k] = k + np.abs(matrices[:, k:, k]).argmax(1)
        matrices[each, k], matrices[each, best] = matrices[each, best], matrices[each, k]
        pivot = matrices[:, k, k]
        matrices[:, k + 1 :, k] /= np.where(pivot == 0, 1, pivot)[:, None]
        matrices[:, k + 1 :, k + 1 :] -= matrices[:, k + 1 :, k, None] * matrices[:, k, None, k + 1 :]
    pivots = pivots.reshape(*x.shape[:-2], n)
    return (x, pivots), lambda d: (None if d[0] is None else _lu_gradient(x, pivots, d[0]),)


def _lu_gradient(x, pivots, d):
    """For square matrices: Pᵀ L⁻ᵀ (tril(Lᵀ L̄, -1) + triu(Ū Uᵀ)) U⁻ᵀ."""
    if x.shape[-1] != x.shape[-2]:
        raise NotImplementedError(f"the gradient of ops.lu_factor is known for square matrices, got {x.shape}")
    lower, upper = np.tril(x, -1) + np.eye(x.shape[-1], dtype=x.dtype), np.triu(x)
    inner = np.tril(_t(lower) @ np.tril(d, -1), -1) + np.triu(np.triu(d) @ _t(upper))
    g = np.linalg.solve(_t(lower), _t(np.linalg.solve(upper, _t(inner))))
    flat, rows = g.reshape(-1, *g.shape[-2:]), pivots.reshape(-1, pivots.shape[-1])
    each = np.arange(len(flat))
    for k in reversed(range(rows.shape[1])):
        flat[each, k], flat[each, rows[:, k]] = flat[each, rows[:, k]], flat[each, k]
    return flat.reshape(g.shape)


@kernel
def qr(x, *, mode):
    y = tuple(np.linalg.qr(x, mode))

    def vjp(d):
        """Walter & Lehmann (2012), for x of full column rank."""
        q, r = y
        if q.shape[-1] != r.shape[-1]:
            raise NotImplementedError(
                f"the gradient of ops.qr is known for the reduced form of matrices with at least as many rows as "
                f"columns, got {x.shape} with mode={mode!r}"
            )
        dq, dr = _zeros_for_none(d, y)
        middle = dq + q @ _mirror(r @ _t(dr) - _t(dq) @ q)
        return (_t(np.linalg.solve(r, _t(middle))),)

    return y, vjp


@kernel
def svd(x, *, full_matrices=True, compute_uv=True):
    if not compute_uv:
        s = np.linalg.svd(x, compute_uv=False)
        return s, lambda d: (_svd_gradient(np.linalg.svd(x, full_matrices=False), (None, d, None)),)
    y = tuple(np.linalg.svd(x, full_matrices))

    def vjp(d):
        k = y[1].shape[-1]
        if (d[0] is not None and y[0].shape[-1] > k) or (d[2] is not None and y[2].shape[-2] > k):
            raise NotImplementedError(
                "the gradient of ops.svd is not defined for the vectors beyond the singular values; pass "
                "full_matrices=False"
            )
        return (_svd_gradient((y[0][..., :k], y[1], y[2][..., :k, :]), d),)

    return y, vjp


def _svd_gradient(y, d):
    """Townsend (2016), "Differentiating the singular value decomposition"; the singular values must differ."""
    u, s, vt = y
    du, ds, dvt = _zeros_for_none(d, y)
    v, dv = _t(vt), _t(dvt)
    f = _off_diagonal(s * s)
    row, column = s[..., None, :], s[..., :, None]
    inner = (f * (_t(u) @ du - _t(du) @ u)) * row + column * (f * (vt @ dv - _t(dv) @ v))
    inner = inner + np.eye(s.shape[-1], dtype=s.dtype) * ds[..., None, :]
    g = u @ inner @ vt
    if d[0] is not None and u.shape[-2] > u.shape[-1]:
        g = g + ((du - u @ (_t(u) @ du)) / row) @ vt
    if d[2] is not None and v.shape[-2] > v.shape[-1]:
        g = g + (u / row) @ _t(dv - v @ (vt @ dv))
    return g


@kernel
def lstsq(a, b, *, rcond=None):
    y = np.linalg.lstsq(a, b, rcond)[0]

    def vjp(d):
        """Golub & Pereyra (1973): with A⁺ the pseudo-inverse and w = A⁺ᵀ d."""
        inverse = np.linalg.pinv(a)
        x, target, d = (z.reshape(len(z), -1) for z in (y, b, d))
        w = inverse.T @ d
        residual = target - a @ x
        outside = d - inverse @ (a @ d)
        da = residual @ (inverse @ w).T - w @ x.T + (inverse.T @ x) @ outside.T
        return da.astype(a.dtype), w.reshape(b.shape)

    return y, vjp


@kernel
def eigh(x):
    w, v = np.linalg.eigh(x)

    def vjp(d):
        dw, dv = d
        g = np.zeros_like(x) if dw is None else (v * dw[..., None, :]) @ _t(v)
        if dv is not None:
            g = g + v @ (_off_diagonal(w) * (_t(v) @ dv)) @ _t(v)
        return ((g + _t(g)) / 2,)

    return (w, v), vjp


@kernel
def eig(x):
    def vjp(d):
        raise NotImplementedError("the NumPy backend has no gradient of ops.eig; use the JAX backend for it")

    dtype = np.result_type(x.dtype, np.complex64)  # also where all eigenvalues are real
    return tuple(y.astype(dtype) for y in np.linalg.eig(x)), vjp
