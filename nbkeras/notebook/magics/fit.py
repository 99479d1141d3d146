"""`%fit`: a training, watched."""

from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import line_magic, magics_class, no_var_expand
from IPython.core.magic_arguments import argument, kwds, magic_arguments

from nbkeras.notebook.magics.options import FIT, given, options, parse
from nbkeras.notebook.magics.presenting import presenting
from nbkeras.notebook.magics.session import SessionMagics
from nbkeras.notebook.training.background import check_threads, train_in_background
from nbkeras.notebook.training.fitting import Fitting
from nbkeras.notebook.training.run_store import DEFAULT, RunStore, StoreError
from nbkeras.notebook.training.screen import is_static

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
    @argument("--background", action="store_true", help="return at once, a run that goes on; %%runs has the rest")
    @argument("--store", action="store_true", help=f"keep the runs of this notebook in a file, {DEFAULT}")
    @argument("--resume", metavar="FILE", help="keep the training in a file, and go on from it if it is there")
    @line_magic
    def fit(self, line: str) -> Any:
        """Train a model, watch it, and return its history; run again, it goes on with the training.

        %fit net X y --epochs 20 --validation-split 0.2

        With --resume net.keras, the same line goes on where the training was when the kernel died, bit for bit: with
        the epoch, the batch, the optimizer, the callbacks, the random numbers and the history that it had.
        """
        args = parse(self.fit, line, "%fit")
        if args is None:
            return None
        model = self.session.model(args.model, "%fit")
        data = self.session.data(args.data, 2, "%fit")
        sources = given(args, FIT)
        values = self.session.values(sources, "%fit")
        record, runs = self.session.record(model), self.session.runs
        if args.store and runs.store is None:
            try:
                runs.keep_in(RunStore(DEFAULT))
            except StoreError as error:
                raise UsageError(f"%fit --store: {error}") from None
        in_background = self._goes_to_background(args.background)
        run = runs.new(model, dict(zip(args.data, data)), sources)
        watched = self.session.watches.get(model)
        file = args.resume.strip("'\"") if args.resume else None
        if file is not None and args.fresh:
            raise UsageError(f"%fit takes --fresh or --resume; delete {file} to begin a training that is kept anew")
        fitting = Fitting(self.shell, model, data, values, record, run, runs, watched, in_background, file)
        with presenting(dict(zip(args.data, data))):
            if in_background:
                return train_in_background(fitting, args.fresh)
            history = fitting.train(args.fresh)
        record.shown = self.shell.execution_count
        return run if args.background else history

    def _goes_to_background(self, is_wanted):
        """Whether the cell does not wait; where outputs are compared it does, or they would not be complete."""
        if not is_wanted:
            return False
        if is_static():
            print("outputs are static here, so the cell waits for the training")
            return False
        check_threads()
        return True
