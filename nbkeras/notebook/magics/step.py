"""`%step`: one training step under the microscope."""

from IPython.core.error import UsageError
from IPython.core.magic import line_magic, magics_class, no_var_expand
from IPython.core.magic_arguments import argument, kwds, magic_arguments

from nbkeras.inspection import StepReport, inspect_step
from nbkeras.notebook.magics.options import parse
from nbkeras.notebook.magics.presenting import presenting
from nbkeras.notebook.magics.session import SessionMagics
from nbkeras.serialization import did_you_mean

__all__ = ["StepMagics"]


@magics_class
class StepMagics(SessionMagics):
    """`%step`."""

    @no_var_expand
    @magic_arguments()
    @kwds(usage="step model X [y] [options]")
    @argument("model", help="the model")
    @argument("data", nargs="*", metavar="X [y]", help="inputs and targets of one batch, as Python expressions")
    @argument("--layer", action="append", help="show this layer only; may be given several times")
    @argument("--sample-weight", metavar="EXPR", help="a weight for each row")
    @line_magic
    def step(self, line: str) -> StepReport | None:
        """Look at one training step, which is not taken: outputs, gradients and updates of each layer, what is amiss.

        %step net X[:32] y[:32]
        """
        args = parse(self.step, line, "%step")
        if args is None:
            return None
        model = self.session.model(args.model, "%step")
        data = self.session.data(args.data, 2, "%step")
        weights = self.session.value(args.sample_weight, "%step") if args.sample_weight else None
        x, y = [*data, None][:2]
        with presenting(dict(zip(args.data, data))):
            report = inspect_step(model, x, y, weights)
        known = [layer.name for layer in report.layers]
        for name in args.layer or ():
            if name not in known:
                cure = did_you_mean(name, known) or f"; it has {', '.join(known)}"
                raise UsageError(f"%step --layer expects the name of a layer of {args.model}, got '{name}'{cure}")
        return report.only(args.layer) if args.layer else report
