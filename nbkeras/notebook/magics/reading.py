"""What the words of a magic's line mean in the reader's notebook."""

import ast
import builtins
from collections.abc import Mapping
from typing import Any

from IPython.core.error import UsageError

from nbkeras.models import Model
from nbkeras.serialization import did_you_mean

__all__ = ["model_of", "value_of"]


def value_of(source: str | ast.Expression, namespace: Mapping[str, Any], magic: str) -> Any:
    """The value of a Python expression, which is source text or a tree.

    Raises:
        UsageError: where it is no expression, or has an unknown name; other exceptions are the expression's own.
    """
    try:
        code = compile(source, f"<{magic}>", "eval")
    except SyntaxError as error:
        cure = "put an expression with spaces in parentheses"
        cure = "leave out the semicolon" if str(source).endswith(";") else cure
        raise UsageError(f"{magic}: {source!r} is not a Python expression ({error.msg}); {cure}") from None
    try:
        return eval(code, dict(namespace))
    except NameError as error:
        if error.name not in code.co_names:
            raise
        near = did_you_mean(error.name, [name for name in namespace if not name.startswith("_")])
        raise UsageError(f"{magic}: the name '{error.name}' is not defined{near}") from None


def model_of(source: str, namespace: Mapping[str, Any], magic: str) -> Model:
    """The model that an expression gives; raises UsageError for anything else."""
    models = [name for name, value in namespace.items() if isinstance(value, Model) and not name.startswith("_")]
    known = f"; the models here are {', '.join(models)}" if models else "; declare one with %%model"
    if source.isidentifier() and source not in namespace and not hasattr(builtins, source):
        near = did_you_mean(source, models)
        raise UsageError(f"{magic}: the name '{source}' is not defined{near or known}")
    model = value_of(source, namespace, magic)
    if isinstance(model, Model):
        return model
    what = f"the class {source}" if isinstance(model, type) else f"{source}, which is of type {type(model).__name__}"
    raise UsageError(f"{magic} expects a model first, got {what}{known}")
