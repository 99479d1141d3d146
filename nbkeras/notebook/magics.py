"""The magics: each parses its line, calls the engine once, and shows a view."""

import sys
from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from IPython.core.error import UsageError
from IPython.core.magic import Magics, cell_magic, line_magic, magics_class, no_var_expand
from IPython.core.magic_arguments import argument, kwds, magic_arguments
from IPython.display import display

import nbkeras
from nbkeras.backends import load
from nbkeras.models import Model
from nbkeras.notation import Suite, build, to_python
from nbkeras.notebook.expect import expect
from nbkeras.notebook.model_view import model_bundle
from nbkeras.notebook.options import EVALUATE, FIT, PREDICT, check_name, given, options, parse
from nbkeras.notebook.presenting import presenting
from nbkeras.notebook.reading import model_of, value_of
from nbkeras.notebook.record import Record
from nbkeras.notebook.results import Results
from nbkeras.notebook.training import train

__all__ = ["ModelMagics"]

MAGICS = "%%model, %fit, %evaluate, %predict, %summary, %expect"


@magics_class
class ModelMagics(Magics):
    """`%%model`, `%fit`, `%evaluate`, `%predict`, `%summary`, `%expect` and `%nbkeras`."""

    shell: Any

    def __init__(self, shell: Any):
        super().__init__(shell)
        self.records: WeakKeyDictionary[Model, Record] = WeakKeyDictionary()

    @no_var_expand
    @magic_arguments()
    @kwds(usage="%%model name [options]")
    @argument("name", help="the variable that becomes the model")
    @argument("--seed", metavar="EXPR", help="makes weights and training repeatable")
    @argument("--dtype", help="of weights and computation, such as float64 (default: that of the session)")
    @argument("--backend", help="what computes the training: numpy or jax (default: that of the session)")
    @argument("--code", action="store_true", help="print the same model as plain Keras code")
    @argument("--quiet", action="store_true", help="show nothing")
    @cell_magic
    def model(self, line: str, cell: str) -> None:
        """Declare a model: each bare layer in the cell is a step, applied to what the steps before it gave.

        %%model mlp --seed 0
        Input((8,))
        Dense(10, activation="relu")
        Dense(1, activation="sigmoid")
        compile("adam", "binary_crossentropy", ["accuracy"])
        """
        args = parse(self.model, line, "%%model")
        if args is None:
            return
        check_name(args.name)
        text = f"{self._lines_above()}%%model {line}\n"
        filename = self.shell.compile.cache(text + cell, self.shell.execution_count)
        suite = Suite.of_cell(text, cell, filename)
        seed = self._value(args.seed, "%%model") if args.seed else None
        with presenting():
            if args.backend:
                load(args.backend)  # an unknown one is said here, not at the first %fit
            model, remarks = build(
                suite, args.name, self.shell.user_ns, seed=seed, dtype=args.dtype, backend=args.backend
            )
        self.shell.user_ns[args.name] = model
        for remark in remarks:
            print(f"Warning: {remark}", file=sys.stderr)
        if not args.quiet:
            display(model_bundle(model), raw=True)
        if args.code:
            print(to_python(model))

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
        model = self._model(args.model, "%fit")
        data = self._data(args.data, 2, "%fit")
        values = self._values(given(args, FIT), "%fit")
        record = self.records.setdefault(model, Record())
        with presenting(dict(zip(args.data, data))):
            history = train(self.shell, model, data, values, record, args.fresh)
        record.shown = self.shell.execution_count
        return history

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
        model = self._model(args.model, "%evaluate")
        data = self._data(args.data, 2, "%evaluate")
        values = {"verbose": 0, **self._values(given(args, EVALUATE), "%evaluate"), "return_dict": True}
        with presenting(dict(zip(args.data, data))):
            results = Results(model.evaluate(*data, **values))
        self.records.setdefault(model, Record()).add_results(results)
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
        model = self._model(args.model, "%predict")
        data = self._data(args.data, 1, "%predict")
        values = {"verbose": 0, **self._values(given(args, PREDICT), "%predict")}
        with presenting(dict(zip(args.data, data))):
            return model.predict(*data, **values)

    @no_var_expand
    @magic_arguments()
    @kwds(usage="summary model [options]")
    @argument("model", help="the model")
    @argument("--no-diagram", action="store_true", help="show the table alone")
    @line_magic
    def summary(self, line: str) -> None:
        """Show the layers of a model: shapes, parameters and their shares, work, memory, and the diagram.

        %summary net
        """
        args = parse(self.summary, line, "%summary")
        if args is not None:
            with presenting():
                display(model_bundle(self._model(args.model, "%summary"), not args.no_diagram), raw=True)

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
            expect(args.expression[0], self.shell.user_ns, self.records.get)
        print(f"as expected: {args.expression[0]}")

    @magic_arguments()
    @argument("--as-keras", action="store_true", help="let `import keras` in this notebook give nbkeras")
    @line_magic
    def nbkeras(self, line: str) -> None:
        """Say which version and backend is at work, and set up the notebook."""
        args = parse(self.nbkeras, line, "%nbkeras")
        if args is None:
            return
        if args.as_keras:
            nbkeras.as_keras()
            print("import keras now gives nbkeras")
        else:
            print(f"nbkeras {nbkeras.__version__}, computing with {nbkeras.config.backend()}")
            print(f"{MAGICS}: a ? after a name shows its manual")

    def _value(self, source: str, magic: str) -> Any:
        return value_of(source, self.shell.user_ns, magic)

    def _values(self, sources: Mapping[str, str], magic: str) -> dict[str, Any]:
        return {name: self._value(source, magic) for name, source in sources.items()}

    def _model(self, source: str, magic: str) -> Model:
        return model_of(source, self.shell.user_ns, magic)

    def _data(self, sources: list[str], most: int, magic: str) -> list[Any]:
        if not 1 <= len(sources) <= most:
            wanted = "inputs and targets" if most == 2 else "inputs"
            got = f"got {', '.join(sources)}" if sources else "got none"
            raise UsageError(f"{magic} expects {wanted} after the model, {got}; several inputs go in one list [a, b]")
        return [self._value(source, magic) for source in sources]

    def _lines_above(self) -> str:
        """The empty lines above the magic, which IPython drops and the editor counts."""
        raw = self.shell.history_manager.input_hist_raw[-1]
        return "\n" * raw[: raw.find("%%model")].count("\n") if raw.lstrip().startswith("%%model") else ""
