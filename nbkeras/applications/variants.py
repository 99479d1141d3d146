"""The public functions of a family of architectures, which differ in numbers and share their arguments."""

import inspect
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from nbkeras.models import Model

__all__ = ["variant"]

Arguments = ParamSpec("Arguments")
Kind = TypeVar("Kind")


def variant(
    family: Callable[Concatenate[Kind, Arguments], Model], kind: Kind, title: str, name: str
) -> Callable[Arguments, Model]:
    """One architecture of a family: `family` for one `kind` of it.

    Args:
        family: takes the kind, then the arguments of the public function; its docstring may have `{title}` and
            `{kind}` in it.
        kind: what is this architecture's own.
        title: what the public function is called.
        name: what its models are called by default.
    """
    _, *parameters = inspect.signature(family).parameters.values()
    signature = inspect.Signature([p.replace(default=name) if p.name == "name" else p for p in parameters])
    build: Callable[..., Model] = family  # what it is given is bound to its signature first

    def architecture(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Model:
        try:
            bound = signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{title}{signature}: {error}") from None
        bound.apply_defaults()
        return build(kind, *bound.args)

    architecture.__name__ = architecture.__qualname__ = title
    architecture.__module__ = family.__module__
    architecture.__doc__ = inspect.cleandoc(family.__doc__ or "").format(title=title, kind=kind)
    architecture.__signature__ = signature  # type: ignore[attr-defined]
    return architecture
