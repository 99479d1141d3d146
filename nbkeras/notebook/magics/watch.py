"""`%watch`: histograms of layers while they learn."""

from IPython.core.error import UsageError
from IPython.core.magic import line_magic, magics_class, no_var_expand
from IPython.core.magic_arguments import argument, kwds, magic_arguments

from nbkeras.inspection import names_of_layers
from nbkeras.models import Model
from nbkeras.notebook.magics.options import parse
from nbkeras.notebook.magics.session import SessionMagics
from nbkeras.notebook.training.watching import Watched
from nbkeras.notebook.views.formats import plural
from nbkeras.serialization import did_you_mean

__all__ = ["WatchMagics"]


@magics_class
class WatchMagics(SessionMagics):
    """`%watch`."""

    @no_var_expand
    @magic_arguments()
    @kwds(usage="watch model layer [layer ...] [options]")
    @argument("model", help="the model")
    @argument("layers", nargs="*", metavar="layer", help="names of layers; inside/dense for one in a model inside")
    @argument("--every", metavar="EXPR", help="epochs between two looks (default 1)")
    @argument("--off", action="store_true", help="watch these layers no more; without names, none")
    @line_magic
    def watch(self, line: str) -> None:
        """Let each %fit of a model show histograms of the weights, outputs and gradients of layers over its epochs.

        %watch net dense head
        """
        args = parse(self.watch, line, "%watch")
        if args is None:
            return
        model = self.session.model(args.model, "%watch")
        known = list(names_of_layers(model))
        for name in args.layers:
            if name not in known:
                cure = did_you_mean(name, known) or f"; it has {', '.join(known)}"
                raise UsageError(f"%watch expects names of layers of {args.model}, got '{name}'{cure}")
        if not args.layers and not args.off:
            raise UsageError(f"%watch expects names of layers of {args.model}, got none; it has {', '.join(known)}")
        if args.off:
            self._stop(model, args.layers)
        else:
            self._start(model, args.layers, args.every)
        print(self._told(args.model, model))

    def _start(self, model: Model, layers: list[str], every: str | None) -> None:
        """Adds layers to those that are watched."""
        before = self.session.watches.get(model, Watched([]))
        epochs = self.session.value(every, "%watch") if every else before.every
        if isinstance(epochs, bool) or not isinstance(epochs, int) or epochs < 1:
            raise UsageError(f"%watch --every expects a number of epochs, 1 or more, got {epochs!r}")
        self.session.watches[model] = Watched(list(dict.fromkeys([*before.layers, *layers])), epochs)

    def _stop(self, model: Model, layers: list[str]) -> None:
        """Takes layers, or all, from those that are watched."""
        before = self.session.watches.pop(model, Watched([]))
        left = [name for name in before.layers if layers and name not in layers]
        if left:
            self.session.watches[model] = Watched(left, before.every)

    def _told(self, name: str, model: Model) -> str:
        watched = self.session.watches.get(model)
        if watched is None:
            return f"{name}: no layer is watched"
        often = "each epoch" if watched.every == 1 else f"every {plural(watched.every, 'epoch')}"
        return (
            f"{name}: %fit shows histograms of {', '.join(watched.layers)} after {often}; %watch {name} --off ends it"
        )
