"""A real IPython shell, one for the session, emptied for each test."""

import pytest
from IPython.testing.globalipapp import start_ipython
from IPython.utils.capture import capture_output


class Notebook:
    """A shell with nbkeras loaded, in which a test runs cells."""

    def __init__(self, shell):
        self.shell = shell

    @property
    def variables(self):
        return self.shell.user_ns

    def run(self, cell):
        """The outputs of a cell: `(text that was printed, bundles that were shown, the exception or None)`."""
        with capture_output() as captured:
            result = self.shell.run_cell(cell, store_history=True)
        bundles = [output.data for output in captured.outputs]
        return captured.stdout + captured.stderr, bundles, result.error_before_exec or result.error_in_exec

    def shown(self, cell):
        """The last bundle that a cell shows, which must not fail."""
        printed, bundles, error = self.run(cell)
        assert error is None, printed
        return bundles[-1]

    def printed(self, cell):
        """What a cell prints, which must not fail."""
        printed, _, error = self.run(cell)
        assert error is None, printed
        return printed

    def error(self, cell):
        """What a failing cell prints, as a front end shows it."""
        printed, _, error = self.run(cell)
        assert error is not None
        return printed.rstrip()

    def value(self, cell):
        """The value of a cell."""
        with capture_output():
            result = self.shell.run_cell(cell, store_history=True)
        assert result.success
        return result.result


@pytest.fixture(scope="session")
def shell():
    shell = start_ipython()
    shell.display_formatter.ipython_display_formatter.enabled = True  # as in a kernel, also in IPython 7
    return shell


@pytest.fixture
def notebook(shell):
    before = set(shell.user_ns)
    shell.run_line_magic("load_ext", "nbkeras")
    yield Notebook(shell)
    shell.run_line_magic("unload_ext", "nbkeras")
    for name in set(shell.user_ns) - before:
        del shell.user_ns[name]
