"""Options of a method that it does not know, told with what may have been meant."""

import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar, cast

from nbkeras.serialization import unknown_argument

__all__ = ["checks_keywords"]

Method = TypeVar("Method", bound=Callable[..., Any])


def checks_keywords(method: Method) -> Method:
    """Raises TypeError for a keyword that `method` has no parameter for: `fit() has no argument 'epoch'; …`."""
    parameters = inspect.signature(method).parameters.values()
    known = [p.name for p in parameters if p.kind is not p.VAR_KEYWORD][1:]
    names = frozenset(known)

    @functools.wraps(method)
    def checked(self: Any, *args: Any, **kwargs: Any) -> Any:
        if not names.issuperset(kwargs):
            unknown = [name for name in kwargs if name not in names]
            raise unknown_argument(f"{method.__name__}()", unknown, known)
        return method(self, *args, **kwargs)

    return cast(Method, checked)
