"""`%fit`: a training, watched."""

from typing import Any

from IPython.core.magic import line_magic, magics_class, no_var_expand
from IPython.core.magic_arguments import argument, kwds, magic_arguments

from nbkeras.notebook.magics.options import FIT, given, options, parse
from nbkeras.notebook.magics.presenting import presenting
from nbkeras.notebook.magics.session import SessionMagics
from nbkeras.notebook.training.fitting import train

__all__ = ["FitMagics"]


@magics_class
class FitMagics(SessionMagics):
    """`%fit`."""

    @no_var_expand
    @magic_arguments()
    @kwds(usage="fit model X [y] [options]")
    @argument("model", help="the model")
    @argument("data", nargs="*", metavar="X [y]", help="inputs and targets, as Python expressions")
    @options(FIT)
    @argument("--fresh", action="store_true", help="start again from the state before the first %%fit")
    @line_magic
    def fit(self, line: str) -> Any:
        """Train a model, watch it, and return its history; run again, it goes on with the training.

        %fit net X y --epochs 20 --validation-split 0.2
        """
        args = parse(self.fit, line, "%fit")
        if args is None:
            return None
        model = self.session.model(args.model, "%fit")
        data = self.session.data(args.data, 2, "%fit")
        values = self.session.values(given(args, FIT), "%fit")
        record = self.session.record(model)
        with presenting(dict(zip(args.data, data))):
            history = train(self.shell, model, data, values, record, args.fresh)
        record.shown = self.shell.execution_count
        return history
