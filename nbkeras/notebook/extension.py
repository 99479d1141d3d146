"""`%load_ext nbkeras`: registers the magics, the pictures of models and histories, and completion."""

from typing import Any

from IPython.display import display

from nbkeras.callbacks import History
from nbkeras.models import Model
from nbkeras.notebook.completer_hook import add_completion, remove_completion
from nbkeras.notebook.completion import Completer
from nbkeras.notebook.magics import ModelMagics
from nbkeras.notebook.model_view import model_bundle
from nbkeras.notebook.screen import has_kernel, is_static
from nbkeras.notebook.training_view import Progress, final_bundle

__all__ = ["load", "unload"]

MAGICS = {"cell": ["model"], "line": ["fit", "evaluate", "predict", "summary", "expect", "nbkeras"]}


def load(shell: Any) -> None:
    """Registers everything with IPython's `shell`."""
    magics = ModelMagics(shell)
    shell.register_magics(magics)

    def show_history(history: History) -> None:
        record = magics.records.get(history.model)
        just_shown = record is not None and record.shown == shell.execution_count
        if record is None or just_shown and not has_kernel(shell):
            print(history)
        elif not just_shown:  # the cell that trained shows it already
            display(final_bundle(record, Progress.over(history.model.name, record), not is_static()), raw=True)

    pictures = shell.display_formatter.ipython_display_formatter
    pictures.for_type(Model, lambda model: display(model_bundle(model), raw=True))
    pictures.for_type(History, show_history)
    functions = {name: getattr(magics, name) for names in MAGICS.values() for name in names}
    add_completion(shell, Completer(shell.user_ns, functions, magics.records.get))


def unload(shell: Any) -> None:
    """Takes back what `load` registered."""
    for kind, names in MAGICS.items():
        for name in names:
            shell.magics_manager.magics[kind].pop(name, None)
    for pictured in (Model, History):
        shell.display_formatter.ipython_display_formatter.pop(pictured, None)
    remove_completion(shell)
