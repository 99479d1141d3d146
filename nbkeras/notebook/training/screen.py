"""Where views are shown: one place in a cell's output, updated by its `display_id`.

No widget: a widget's view is lost with its kernel, shows "model not found" in a saved notebook, hides the HTML beside
it and breaks the page on GitHub. Display updates reach every front end and leave plain HTML behind.
"""

import os
from collections.abc import Mapping
from typing import Any

from IPython.display import display

__all__ = ["Screen", "has_kernel", "is_live", "is_static"]


class Screen:
    """A place in the output of the running cell; each call shows a bundle there in place of the last one."""

    def __init__(self) -> None:
        self.handle: Any = None

    def __call__(self, bundle: Mapping[str, Any]) -> None:
        if self.handle is None:
            self.handle = display(bundle, raw=True, display_id=True)
        else:
            self.handle.update(bundle, raw=True)


def is_static() -> bool:
    """Whether outputs are compared or were asked to hold still: then a view is shown once, without times."""
    return "PYTEST_CURRENT_TEST" in os.environ or os.environ.get("NBKERAS_DISPLAY") == "static"


def has_kernel(shell: Any) -> bool:
    """Whether a front end shows the output, which can show HTML and replace what it shows; a terminal cannot."""
    return getattr(shell, "kernel", None) is not None


def is_live(shell: Any) -> bool:
    """Whether a training is drawn while it runs."""
    return has_kernel(shell) and not is_static()
