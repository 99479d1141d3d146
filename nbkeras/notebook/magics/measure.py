"""`%evaluate` and `%predict`: what a model makes of data."""

from typing import Any

from IPython.core.magic import line_magic, magics_class, no_var_expand
from IPython.core.magic_arguments import argument, kwds, magic_arguments

from nbkeras.notebook.magics.options import EVALUATE, PREDICT, given, options, parse
from nbkeras.notebook.magics.presenting import presenting
from nbkeras.notebook.magics.session import SessionMagics
from nbkeras.notebook.views.results import Results

__all__ = ["MeasureMagics"]


@magics_class
class MeasureMagics(SessionMagics):
    """`%evaluate` and `%predict`."""

    @no_var_expand
    @magic_arguments()
    @kwds(usage="evaluate model X [y] [options]")
    @argument("model", help="the model")
    @argument("data", nargs="*", metavar="X [y]", help="inputs and targets, as Python expressions")
    @options(EVALUATE)
    @line_magic
    def evaluate(self, line: str) -> Results | None:
        """Measure a model on data, and return its loss and metrics; `%expect` finds them as `net.test_accuracy`.

        %evaluate net X_test y_test
        """
        args = parse(self.evaluate, line, "%evaluate")
        if args is None:
            return None
        model = self.session.model(args.model, "%evaluate")
        data = self.session.data(args.data, 2, "%evaluate")
        values = {"verbose": 0, **self.session.values(given(args, EVALUATE), "%evaluate"), "return_dict": True}
        with presenting(dict(zip(args.data, data))):
            results = Results(model.evaluate(*data, **values))
        self.session.record(model).add_results(results)
        return results

    @no_var_expand
    @magic_arguments()
    @kwds(usage="predict model X [options]")
    @argument("model", help="the model")
    @argument("data", nargs="*", metavar="X", help="inputs, as a Python expression")
    @options(PREDICT)
    @line_magic
    def predict(self, line: str) -> Any:
        """Return a model's outputs for inputs, as arrays.

        probabilities = %predict net X_test
        """
        args = parse(self.predict, line, "%predict")
        if args is None:
            return None
        model = self.session.model(args.model, "%predict")
        data = self.session.data(args.data, 1, "%predict")
        values = {"verbose": 0, **self.session.values(given(args, PREDICT), "%predict")}
        with presenting(dict(zip(args.data, data))):
            return model.predict(*data, **values)
