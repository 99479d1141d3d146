"""`%expect`: conditions that the cell fails without."""

from IPython.core.error import UsageError
from IPython.core.magic import line_magic, magics_class, no_var_expand
from IPython.core.magic_arguments import argument, kwds, magic_arguments

from nbkeras.notebook.magics.conditions import conditions_of
from nbkeras.notebook.magics.expectations import expect
from nbkeras.notebook.magics.options import parse
from nbkeras.notebook.magics.presenting import presenting
from nbkeras.notebook.magics.session import SessionMagics

__all__ = ["ExpectMagics"]


@magics_class
class ExpectMagics(SessionMagics):
    """`%expect`."""

    @no_var_expand
    @magic_arguments()
    @kwds(usage="expect condition[, condition …]")
    @argument("condition", nargs="*", help="a Python expression that is true or false, or: measured ~= expected")
    @line_magic
    def expect(self, line: str) -> None:
        """Fail the cell unless all conditions hold, and then say of each that does not what was measured.

        In a condition, net.val_accuracy is what the model net logged last, and net.test_accuracy what %evaluate
        measured. a ~= b holds where numbers or arrays differ by at most 1 % of b; a ~= b +- 0.02 where they differ
        by at most 0.02. What is printed is the same on every machine.

        %expect net.val_accuracy >= 0.93
        %expect net.loss ~= 0.21 +- 0.02, net.output_shape == (None, 10), net.count_params() == 407
        """
        if line.strip() in ("--help", "-h"):
            parse(self.expect, line, "%expect")
            return
        conditions = conditions_of(line)
        if not conditions:
            raise UsageError("%expect takes conditions, separated by commas, as in: %expect net.val_accuracy >= 0.93")
        with presenting():
            expect(conditions, self.shell.user_ns, self.session.records.get)
        for condition in conditions:
            print(f"as expected: {condition.source}")
