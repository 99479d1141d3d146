"""`%%model` and `%summary`: a model from a cell, and a look at it."""

import sys

from IPython.core.magic import cell_magic, line_magic, magics_class, no_var_expand
from IPython.core.magic_arguments import argument, kwds, magic_arguments
from IPython.display import display

from nbkeras.backends import load
from nbkeras.models import Model
from nbkeras.notation import Suite, build, to_python
from nbkeras.notebook.magics.options import check_name, parse
from nbkeras.notebook.magics.presenting import presenting
from nbkeras.notebook.magics.session import SessionMagics
from nbkeras.notebook.views.model import model_bundle

__all__ = ["DeclareMagics"]


@magics_class
class DeclareMagics(SessionMagics):
    """`%%model` and `%summary`."""

    @no_var_expand
    @magic_arguments()
    @kwds(usage="%%model name [options]")
    @argument("name", help="the variable that becomes the model")
    @argument("--seed", metavar="EXPR", help="makes weights and training repeatable")
    @argument("--dtype", help="of weights and computation, such as float64 (default: that of the session)")
    @argument("--backend", help="what computes the training: numpy or jax (default: that of the session)")
    @argument("--code", action="store_true", help="show the same model as plain Keras code, too")
    @argument("--quiet", action="store_true", help="show no summary and no diagram")
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
        seed = self.session.value(args.seed, "%%model") if args.seed else None
        with presenting():
            if args.backend:
                load(args.backend)  # an unknown one is said here, not at the first %fit
            model, remarks = build(
                suite, args.name, self.shell.user_ns, seed=seed, dtype=args.dtype, backend=args.backend
            )
        self.shell.user_ns[args.name] = model
        if not args.quiet:
            self._show(model, with_code=args.code)
            return
        for remark in remarks:
            print(f"Warning: {remark}", file=sys.stderr)
        if args.code:
            with presenting():
                print(to_python(model))

    @no_var_expand
    @magic_arguments()
    @kwds(usage="summary model [options]")
    @argument("model", help="the model")
    @argument("--no-diagram", action="store_true", help="show the table alone")
    @argument("--code", action="store_true", help="show the same model as plain Keras code, too")
    @line_magic
    def summary(self, line: str) -> None:
        """Show the layers of a model: shapes, shares of the parameters and of the work, memory, and the diagram.

        %summary net
        """
        args = parse(self.summary, line, "%summary")
        if args is not None:
            model = self.session.model(args.model, "%summary")
            self._show(model, with_diagram=not args.no_diagram, with_code=args.code)

    def _show(self, model: Model, **options: bool) -> None:
        """Displays a model as `model_bundle` shows it."""
        with presenting():
            display(model_bundle(model, **options), raw=True)

    def _lines_above(self) -> str:
        """The empty lines above the magic, which IPython drops and the editor counts."""
        raw = self.shell.history_manager.input_hist_raw[-1]
        return "\n" * raw[: raw.find("%%model")].count("\n") if raw.lstrip().startswith("%%model") else ""
