"""`@nbkeras.model`: a `%%model` cell as the body of a function, for files and for editors that do not know magics."""

from collections.abc import Callable
from inspect import getclosurevars
from typing import Any, overload

from nbkeras.models import Model
from nbkeras.notation.building import build
from nbkeras.notation.errors import DeclarationWarning, ModelError
from nbkeras.notation.report import without_library
from nbkeras.notation.suite import Suite
from nbkeras.warning import warn_at

__all__ = ["model"]


@overload
def model(function: Callable[[], Any], /) -> Model: ...


@overload
def model(
    *, seed: int | None = None, dtype: str | None = None, backend: str | None = None
) -> Callable[[Callable[[], Any]], Model]: ...


def model(
    function: Callable[[], Any] | None = None,
    /,
    *,
    seed: int | None = None,
    dtype: str | None = None,
    backend: str | None = None,
) -> Any:
    """Declares a model: the body of the decorated function is that of a `%%model` cell, and its name becomes the model.

    The body is not called as a function: a bare layer in it is a step, applied to what the steps before it gave. Names
    mean the library's layers, modules and losses first, then what the function could read.

    Args:
        seed: makes the initial weights, and the training that follows, repeatable.
        dtype: of weights and computation; default `config.floatx()`.
        backend: of training; default the current one.

    Raises:
        ModelError: at the line of the file that cannot be run.

    Example:
        >>> import nbkeras
        >>> @nbkeras.model(seed=0)
        ... def mlp():
        ...     Input((8,))
        ...     Dense(10, activation="relu")
        ...     Dense(1, activation="sigmoid")
        ...     compile("adam", "binary_crossentropy", ["accuracy"])
        >>> mlp.count_params()
        101
    """

    def declare(function: Callable[[], Any]) -> Model:
        suite = Suite.of_function(function)
        read = getclosurevars(function)
        namespace = {**function.__globals__, **read.nonlocals}
        try:
            declared, remarks = build(suite, function.__name__, namespace, seed=seed, dtype=dtype, backend=backend)
        except ModelError as error:
            raise error.with_traceback(without_library(error.__traceback__)) from None
        for remark in remarks:
            warn_at(str(remark), DeclarationWarning, suite.filename, remark.statement.line)
        return declared

    return declare if function is None else declare(function)
