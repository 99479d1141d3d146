"""The notebook: magics, views and completion. The only room that knows IPython."""

from typing import Any

from nbkeras.notebook.extension import load, unload

__all__ = ["load_ipython_extension", "unload_ipython_extension"]


def load_ipython_extension(shell: Any) -> None:
    """What `%load_ext nbkeras` calls."""
    load(shell)


def unload_ipython_extension(shell: Any) -> None:
    """What `%unload_ext nbkeras` calls."""
    unload(shell)
