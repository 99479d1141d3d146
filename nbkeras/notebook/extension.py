"""`%load_ext nbkeras`: registers the magics, the pictures of histories and predictions, and help while writing."""

from typing import Any

from IPython.display import display

from nbkeras.callbacks import History
from nbkeras.inspection import StepReport
from nbkeras.notebook.completion.completer import Completer
from nbkeras.notebook.completion.hook import add_completion, remove_completion
from nbkeras.notebook.completion.inspection import add_inspection, remove_inspection
from nbkeras.notebook.magics import FAMILIES, Session, functions
from nbkeras.notebook.magics.pictured import add_pictures, remove_pictures
from nbkeras.notebook.messages import add_messages, remove_messages
from nbkeras.notebook.training.screen import has_kernel, is_static
from nbkeras.notebook.views.step import step_bundle
from nbkeras.notebook.views.training import Progress, final_bundle

__all__ = ["load", "unload"]

KINDS = {"%%": "cell", "%": "line"}


def load(shell: Any) -> None:
    """Registers everything with IPython's `shell`."""
    session = Session(shell)
    shell.register_magics(*(family(session) for family in FAMILIES))

    def show_history(history: History) -> None:
        record = None if history.model is None else session.records.get(history.model)  # a run's keeps no model
        just_shown = record is not None and record.shown == shell.execution_count
        if record is None or just_shown and not has_kernel(shell):
            print(history)
        elif not just_shown:  # the cell that trained shows it already
            display(final_bundle(record, Progress.over(history.model.name, record), not is_static()), raw=True)

    pictures = shell.display_formatter.ipython_display_formatter
    pictures.for_type(History, show_history)
    shell.display_formatter.mimebundle_formatter.for_type(StepReport, step_bundle)
    add_pictures(shell, session.pictured)
    names = {"%runs": lambda: [run.name for run in session.runs]}
    add_completion(shell, Completer(shell.user_ns, functions(), session.records.get, names))
    add_inspection(shell)
    add_messages(shell)


def unload(shell: Any) -> None:
    """Takes back what `load` registered."""
    for written in functions():
        sign = written[: written.count("%")]
        shell.magics_manager.magics[KINDS[sign]].pop(written.removeprefix(sign), None)
    shell.display_formatter.ipython_display_formatter.pop(History, None)
    shell.display_formatter.mimebundle_formatter.pop(StepReport, None)
    remove_pictures(shell)
    remove_completion(shell)
    remove_inspection(shell)
    remove_messages(shell)
