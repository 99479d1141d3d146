"""`%explain`: why a model gives what it gives for an example."""

from IPython.core.magic import line_magic, magics_class, no_var_expand
from IPython.core.magic_arguments import argument, kwds, magic_arguments
from IPython.display import display

from nbkeras import explain
from nbkeras.notebook.magics.options import given, options, parse
from nbkeras.notebook.magics.presenting import presenting
from nbkeras.notebook.magics.session import SessionMagics
from nbkeras.notebook.views.explained import Words
from nbkeras.notebook.views.explanation import explanation_bundle

__all__ = ["EXPLAIN", "ExplainMagics"]

EXPLAIN = {
    "target": "which output to explain: its number or, with --classes, its name (default the largest)",
    "baseline": "what inputs are compared with: a number or an array (default 0); for shap the background",
    "names": "names of the features, or the vocabulary of tokens",
    "classes": "names of the outputs",
    "steps": "points of integrated gradients, samples of SmoothGrad, shuffles of permutation, evaluations of shap",
    "seed": "of what is drawn at random (default 0)",
}
WORDS = ("names", "classes")
MOST = 4  # examples shown at once


@magics_class
class ExplainMagics(SessionMagics):
    """`%explain`."""

    @no_var_expand
    @magic_arguments()
    @kwds(usage="explain model X [y] [options]")
    @argument("model", help="the model")
    @argument("data", nargs="*", metavar="X [y]", help="an example or a few; for permutation, inputs and targets")
    @argument("--method", help=f"one of {', '.join(explain.METHODS)} (default: what fits the model)")
    @argument("--layer", help="label or name of the layer to look at (grad_cam, attention)")
    @argument("--measure", help="of permutation: loss (default) or a metric")
    @options(EXPLAIN)
    @argument("--sanity", action="store_true", help="compare with random weights: the picture must change")
    @line_magic
    def explain(self, line: str) -> None:
        """Explain what a model gives for an example: which features, pixels, tokens or steps speak for it.

        %explain net X_test[0]
        """
        args = parse(self.explain, line, "%explain")
        if args is None:
            return
        model = self.session.model(args.model, "%explain")
        data = self.session.data(args.data, 2, "%explain")
        values = self.session.values(given(args, EXPLAIN), "%explain")
        x, y = data if len(data) == 2 else (data[0], None)
        words = Words(*(values.pop(name, None) for name in WORDS))
        words = words if words.names is not None else Words(_columns(x), words.classes)
        values["target"] = _number(values.get("target"), words.classes)
        with presenting(dict(zip(args.data, data))):
            found = explain.explain(
                model,
                x,
                y,
                method=args.method,
                layer=args.layer,
                measure=args.measure,
                sanity=args.sanity,
                most=MOST,
                **values,
            )
        display(explanation_bundle(model, found, words), raw=True)


def _columns(x):
    """The names that a frame or a row of one brings along."""
    names = getattr(x, "columns", getattr(x, "index", None))
    return None if names is None or callable(names) else [str(name) for name in names]


def _number(target, classes):
    """A class given by its name, as a number."""
    if isinstance(target, str) and classes is not None and target in list(classes):
        return list(classes).index(target)
    return target
