"""`%load_ext nbkeras`: registers the magics, the pictures of models and histories, and completion."""

from typing import Any

from IPython.display import display

from nbkeras.callbacks import History
from nbkeras.models import Model
from nbkeras.notebook.completion.completer import Completer
from nbkeras.notebook.completion.hook import add_completion, remove_completion
from nbkeras.notebook.magics import FAMILIES, Session, functions
from nbkeras.notebook.training.screen import has_kernel, is_static
from nbkeras.notebook.views.model import model_bundle
from nbkeras.notebook.views.training import Progress, final_bundle

__all__ = ["load", "unload"]

KINDS = {"%%": "cell", "%": "line"}


def load(shell: Any) -> None:
    """Registers everything with IPython's `shell`."""
    session = Session(shell)
    shell.register_magics(*(family(session) for family in FAMILIES))

    def show_history(history: History) -> None:
        record = session.records.get(history.model)
        just_shown = record is not None and record.shown == shell.execution_count
        if record is None or just_shown and not has_kernel(shell):
            print(history)
        elif not just_shown:  # the cell that trained shows it already
            display(final_bundle(record, Progress.over(history.model.name, record), not is_static()), raw=True)

    pictures = shell.display_formatter.ipython_display_formatter
    pictures.for_type(Model, lambda model: display(model_bundle(model), raw=True))
    pictures.for_type(History, show_history)
    add_completion(shell, Completer(shell.user_ns, functions(), session.records.get))


def unload(shell: Any) -> None:
    """Takes back what `load` registered."""
    for written in functions():
        sign = written[: written.count("%")]
        shell.magics_manager.magics[KINDS[sign]].pop(written.removeprefix(sign), None)
    for pictured in (Model, History):
        shell.display_formatter.ipython_display_formatter.pop(pictured, None)
    remove_completion(shell)
