"""Buttons above a running training, which put commands into its mailbox."""

import sys
from functools import cache
from pathlib import Path
from typing import Any

from IPython.core.getipython import get_ipython

from nbkeras.notebook.training.mailbox import Mailbox
from nbkeras.notebook.training.screen import Screen, is_live

__all__ = ["Buttons"]

WIDGET = "application/vnd.jupyter.widget-view+json"
WITHOUT_WIDGETS = "No buttons here; the notebook's ■ button stops the training, and nothing is lost."


class Buttons:
    """Pause, stop and learning rate, as a widget in an output of its own, which `close` empties again.

    The widget asks the training for an answer, and its buttons work from the answer on: front ends and kernels differ
    in whether messages arrive while a cell runs. Nothing is shown where nobody can click: in a terminal, in a script,
    in a notebook that a program executes, under tests; nor on Google Colab, whose kernel hears nothing during a cell.

    Args:
        mailbox: where the commands go.
    """

    def __init__(self, mailbox: Mailbox):
        self.mailbox = mailbox
        self.screen = Screen()
        self.widget: Any = None
        self.heard = False

    def open(self) -> None:
        """Shows the buttons, if there is somebody to use them."""
        if self.widget is not None or not _is_attended(get_ipython()):
            return
        self.widget, self.heard = _widget_class()(), False
        comm = self.widget.comm
        if hasattr(comm, "_reply_subshell_for"):
            # ipykernel 7.4 sends answers to the shell that wrote last, which is the one that trains; they are for any.
            comm._reply_subshell_for = lambda data, default: default
        self.widget.on_msg(self._receive)
        self.mailbox.listener = self.widget.send
        view = {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}
        self.screen({WIDGET: view, "text/plain": WITHOUT_WIDGETS})

    def close(self) -> None:
        """Takes the buttons away, and the widget with them: a saved one is a gap, or an error, in the notebook.

        A widget that the page has not heard of so far is closed as soon as it has: a training may be short.
        """
        if self.widget is None:
            return
        self.mailbox.listener = None
        self.screen({})
        widget, self.widget = self.widget, None
        if self.heard:
            widget.close()

    def _receive(self, widget, content, buffers):
        """Takes a message from the page, in whichever thread hears it: it may do no more than fill the mailbox."""
        self.heard = True
        if widget is not self.widget:
            widget.close()
        elif isinstance(content, dict):
            self.mailbox.put(str(content.get("verb")), content.get("value"))


def _is_attended(shell):
    """Whether somebody looks at the cell as it runs, who could answer a question: programs say that they could not."""
    if not is_live(shell) or "google.colab" in sys.modules:
        return False
    request: dict[str, Any] = getattr(shell, "get_parent", dict)() or {}
    return bool(request.get("content", {}).get("allow_stdin"))


@cache
def _widget_class():
    from anywidget import AnyWidget  # here, since it takes as long to import as the rest of us

    here = Path(__file__)

    class TrainingControls(AnyWidget):
        _esm = here.with_suffix(".js").read_text(encoding="utf-8")
        _css = here.with_suffix(".css").read_text(encoding="utf-8")

    return TrainingControls
