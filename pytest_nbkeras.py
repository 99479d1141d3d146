"""What pytest loads of nbkeras in every run: the options of `pytest --nbkeras`, and nothing more.

The plugin itself is `nbkeras.pytest_plugin`. This module stands outside of the package because importing anything
from the package imports all of it, and pytest imports the plugins of all installed packages, asked for or not.
"""

__all__ = ["pytest_addoption", "pytest_configure"]

INSTALL = "pip install 'nbkeras[test]'"


def pytest_addoption(parser):
    """Adds the options."""
    group = parser.getgroup("nbkeras", "notebooks as tests, with the outputs stored in them as what is expected")
    group.addoption(
        "--nbkeras", action="store_true", help="run each *.ipynb and compare its outputs with the stored ones"
    )
    group.addoption(
        "--nb-update", action="store_true", help="run each *.ipynb and store its outputs, if it runs to its end"
    )
    group.addoption(
        "--nb-rtol",
        type=float,
        default=0.01,
        metavar="SHARE",
        help="relative difference up to which two numbers with a point are the same (default: 0.01, so that of three "
        "digits the last may differ by one); ten times as much in the table of a training",
    )
    group.addoption(
        "--nb-atol",
        type=float,
        default=1e-8,
        metavar="NUMBER",
        help="absolute difference up to which they are the same (default: 1e-8)",
    )
    group.addoption(
        "--nb-timeout", type=int, default=600, metavar="SECONDS", help="how long a cell may run (default: 600)"
    )
    group.addoption("--nb-kernel", metavar="NAME", help="the kernel that runs them (default: the notebook's own)")


def pytest_configure(config):
    """Registers the plugin where it was asked for."""
    if not (config.getoption("nbkeras") or config.getoption("nb_update")):
        return
    import pytest

    if config.getoption("nbval", False) or config.getoption("nbval_lax", False):
        raise pytest.UsageError("--nbkeras and --nbval would both run every notebook: ask for one of them")
    try:
        from nbkeras.pytest_plugin.plugin import NotebookPlugin
    except ImportError as error:
        if error.name not in ("nbclient", "nbformat"):
            raise
        raise pytest.UsageError(f"--nbkeras needs {error.name}, which is not installed: {INSTALL}") from None
    config.pluginmanager.register(NotebookPlugin(config), "nbkeras-notebooks")
