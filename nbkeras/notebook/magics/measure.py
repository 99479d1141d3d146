"""`%evaluate` and `%predict`: what a model makes of data."""

from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import line_magic, magics_class, no_var_expand
from IPython.core.magic_arguments import argument, kwds, magic_arguments

from nbkeras import tree
from nbkeras.data.adapter import arrays_of
from nbkeras.data.arrays import is_array_like
from nbkeras.inspection import RegressionReport, assess, reads_sequences
from nbkeras.models import Model
from nbkeras.notebook.magics.classes import names_of_classes
from nbkeras.notebook.magics.options import EVALUATE, PREDICT, given, options, parse
from nbkeras.notebook.magics.presenting import presenting
from nbkeras.notebook.magics.session import SessionMagics
from nbkeras.notebook.views.evaluation import evaluation_bundle
from nbkeras.notebook.views.inputs import Inputs
from nbkeras.notebook.views.prediction import prediction_bundle
from nbkeras.notebook.views.results import Results

__all__ = ["MeasureMagics"]

WORST, ROWS = 6, 5  # that are shown


@magics_class
class MeasureMagics(SessionMagics):
    """`%evaluate` and `%predict`."""

    @no_var_expand
    @magic_arguments()
    @kwds(usage="evaluate model X [y] [options]")
    @argument("model", help="the model")
    @argument("data", nargs="*", metavar="X [y]", help="inputs and targets, as Python expressions")
    @options(EVALUATE)
    @argument("--classes", metavar="EXPR", help="names of the classes: a list, or a dictionary from number to name")
    @argument("--worst", metavar="EXPR", help="how many of the worst rows are shown (default 6)")
    @argument("--quiet", action="store_true", help="show the metrics alone")
    @line_magic
    def evaluate(self, line: str) -> Results | None:
        """Measure a model on data, and return its loss and metrics; `%expect` finds them as `net.test_accuracy`.

        The loss decides what is shown with them: the confusion matrix, precision and recall of each class and the worst
        rows of a classification; the errors of a regression.

        %evaluate net X_test y_test
        """
        args = parse(self.evaluate, line, "%evaluate")
        if args is None:
            return None
        model = self.session.model(args.model, "%evaluate")
        data = self.session.data(args.data, 2, "%evaluate")
        values = {"verbose": 0, **self.session.values(given(args, EVALUATE), "%evaluate"), "return_dict": True}
        worst = self._count(args.worst, WORST, "%evaluate --worst")
        classes = self.session.value(args.classes, "%evaluate") if args.classes else None
        with presenting(dict(zip(args.data, data))):
            results = model.evaluate(*data, **values)
            whole = not args.quiet and "steps" not in values and _are_arrays(data)
            details = _details(model, data, values.get("batch_size"), classes, worst) if whole else None
        self.session.record(model).add_results(results)
        return Results(results, details)

    @no_var_expand
    @magic_arguments()
    @kwds(usage="predict model X [options]")
    @argument("model", help="the model")
    @argument("data", nargs="*", metavar="X", help="inputs, as a Python expression")
    @options(PREDICT)
    @argument("--classes", metavar="EXPR", help="names of the classes: a list, or a dictionary from number to name")
    @argument("--rows", metavar="EXPR", help="how many rows are shown (default 5)")
    @line_magic
    def predict(self, line: str) -> Any:
        """Return a model's outputs for inputs, as arrays; where they are not assigned, the first rows are shown.

        probabilities = %predict net X_test
        """
        args = parse(self.predict, line, "%predict")
        if args is None:
            return None
        model = self.session.model(args.model, "%predict")
        data = self.session.data(args.data, 1, "%predict")
        values = {"verbose": 0, **self.session.values(given(args, PREDICT), "%predict")}
        rows = self._count(args.rows, ROWS, "%predict --rows")
        classes = self.session.value(args.classes, "%predict") if args.classes else None
        with presenting(dict(zip(args.data, data))):
            outputs = model.predict(*data, **values)
        return self.session.pictured.note(outputs, _picture(model, data[0], outputs, classes, rows))

    def _count(self, source: str | None, default: int, option: str) -> int:
        """The value of an option that says how many; UsageError for what is no number of things."""
        number = default if source is None else self.session.value(source, option.split()[0])
        if isinstance(number, bool) or not isinstance(number, int) or number < 0:
            raise UsageError(f"{option} expects a number of rows, 0 or more, got {number!r}")
        return number


def _are_arrays(data: list[Any]) -> bool:
    """Whether inputs and targets can be read again: a stream is used up by the evaluation."""
    return len(data) == 2 and all(is_array_like(part) or isinstance(part, (dict, list, tuple)) for part in data)


def _details(model: Model, data: list[Any], batch_size: int | None, classes: Any, worst: int) -> dict[str, str] | None:
    """What an evaluation shows below the metrics; `None` for a loss that does not say what targets mean."""
    x, y, _ = arrays_of(*data)
    reports = assess(model, y, model.predict(x, batch_size=batch_size, verbose=0), worst)
    names = []
    for report in reports:
        number = 0 if isinstance(report, RegressionReport) else len(report.support)
        named = names_of_classes(classes, report.output, number, "%evaluate") if number else None
        names.append(named or str)
    return evaluation_bundle(reports, Inputs(x, reads_sequences(model)), names) if reports else None


def _picture(model: Model, x: Any, outputs: Any, classes: Any, rows: int) -> dict[str, str]:
    """The first rows of predictions beside their inputs."""
    arrays = tree.flatten(outputs)
    labels = [str(name) for name in model.output_names or range(len(arrays))]
    several = len(arrays) > 1
    names = [
        names_of_classes(classes, label if several else None, max(2, *array.shape[1:][-1:]), "%predict")
        for label, array in zip(labels, arrays)
    ]
    return prediction_bundle(model.name, outputs, labels, Inputs(x, reads_sequences(model)), names, rows)
