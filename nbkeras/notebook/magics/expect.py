"""`%expect`: a condition that the cell fails without."""

from IPython.core.error import UsageError
from IPython.core.magic import line_magic, magics_class, no_var_expand
from IPython.core.magic_arguments import argument, kwds, magic_arguments

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
    @kwds(usage="expect condition")
    @argument("expression", nargs="*", metavar="condition", help="a Python expression that is true or false")
    @line_magic
    def expect(self, line: str) -> None:
        """Fail the cell unless a condition holds; in it, `net.val_accuracy` is what `net` logged last.

        %expect net.val_accuracy >= 0.93
        """
        args = parse(self.expect, line, "%expect")
        if args is None:
            return
        if len(args.expression) != 1:
            raise UsageError("%expect takes one condition, as in: %expect net.val_accuracy >= 0.93")
        with presenting():
            expect(args.expression[0], self.shell.user_ns, self.session.records.get)
        print(f"as expected: {args.expression[0]}")
