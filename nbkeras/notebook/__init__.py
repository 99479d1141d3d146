"""The notebook: magics, views and completion. The only room that knows IPython.

Importing it imports no IPython: a model asks the views for its picture, in whatever notebook it is displayed.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbkeras.notebook.training.live import LiveView

__all__ = ["LiveView", "load_ipython_extension", "unload_ipython_extension"]


def load_ipython_extension(shell: Any) -> None:
    """What `%load_ext nbkeras` calls."""
    from nbkeras.notebook.extension import load

    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """What `%unload_ext nbkeras` calls."""
    from nbkeras.notebook.extension import unload

    unload(shell)


def __getattr__(name: str) -> Any:
    if name != "LiveView":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from nbkeras.notebook.training.live import LiveView

    return LiveView
