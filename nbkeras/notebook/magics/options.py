"""The options of the magics: Keras' parameter names, each with the line that the manual prints."""

import keyword
from argparse import Namespace
from collections.abc import Callable, Mapping
from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic_arguments import argument

from nbkeras.notebook.magics.arguments import split_expressions
from nbkeras.serialization import did_you_mean

__all__ = ["EVALUATE", "FIT", "PREDICT", "check_name", "given", "options", "parse"]

FIT = {
    "epochs": "passes over the data (default 1)",
    "batch_size": "rows per step (default 32)",
    "validation_split": "part of the rows, the last ones, held out for validation",
    "validation_data": "inputs and targets to validate on: (X_val, y_val)",
    "callbacks": "a list of callbacks",
    "shuffle": "whether rows are shuffled in each epoch (default True)",
    "class_weight": "a dictionary from class to weight",
    "sample_weight": "a weight for each row",
    "initial_epoch": "number of the first epoch (default 0)",
    "steps_per_epoch": "batches that make an epoch, for endless data",
    "validation_steps": "batches of validation, for endless data",
    "validation_batch_size": "rows per batch of validation (default as batch_size)",
    "validation_freq": "epochs between validations (default 1)",
    "verbose": "0 shows nothing, 1 the curves (default), 2 a line per epoch",
}
EVALUATE = {
    "batch_size": "rows per step (default 32)",
    "sample_weight": "a weight for each row",
    "steps": "batches to evaluate, for endless data",
    "callbacks": "a list of callbacks",
    "verbose": "1 shows a progress bar (default 0)",
}
PREDICT = {
    "batch_size": "rows per step (default 32)",
    "steps": "batches to predict, for endless data",
    "callbacks": "a list of callbacks",
    "verbose": "1 shows a progress bar (default 0)",
}


def options(table: Mapping[str, str]) -> Callable[[Any], Any]:
    """A decorator that gives a magic the options of `table`, whose values are Python expressions."""

    def decorate(magic):
        for name, help_text in reversed(list(table.items())):
            magic = argument(f"--{name.replace('_', '-')}", metavar="EXPR", help=help_text)(magic)
        return magic

    return decorate


def parse(magic: Any, line: str, name: str) -> Namespace | None:
    """The arguments of a magic's line as source text; `None` where the manual was asked for and printed.

    Args:
        magic: the function, as `magic_arguments` decorated it.
        line: what follows the magic's name.
        name: as the reader writes it, `%fit`.

    Raises:
        UsageError: for unknown options and unbalanced brackets.
    """
    parser = magic.parser
    try:
        words = [_normal(word) for word in split_expressions(line)]
    except ValueError as error:
        raise UsageError(f"{name}: {error}") from None
    if "--help" in words or "-h" in words:
        print(magic.__doc__.removeprefix("::").strip())
        return None
    known = [option for action in parser._actions for option in action.option_strings]
    for word in words:
        option = word.partition("=")[0]
        if word.startswith("--") and option not in known:
            cure = did_you_mean(option, known) or f"; {name}? lists those it has"
            raise UsageError(f"{name} has no option {option}{cure}")
    try:
        return parser.parse_args(words)
    except UsageError as error:
        raise UsageError(f"{name}: {error}; {name}? is its manual") from None


def given(arguments: Namespace, table: Mapping[str, str]) -> dict[str, str]:
    """The options of `table` that the line gave, as source text by parameter name."""
    return {name: value for name in table if (value := getattr(arguments, name)) is not None}


def check_name(name: str) -> None:
    """Raises UsageError unless a model can be assigned to `name`."""
    if not name.isidentifier() or keyword.iskeyword(name):
        raise UsageError(f"%%model expects a Python name for the model, got {name!r}")


def _normal(word):
    """Options may be written with underscores, as Keras' parameters are."""
    if not word.startswith("--"):
        return word
    name, equals, value = word.partition("=")
    return name.replace("_", "-") + equals + value
