"""`%runs`: the trainings of this notebook, and of earlier ones."""

from contextlib import contextmanager

from IPython.core.error import UsageError
from IPython.core.magic import line_magic, magics_class, no_var_expand
from IPython.core.magic_arguments import argument, kwds, magic_arguments
from IPython.display import display

from nbkeras.notebook.magics.options import parse
from nbkeras.notebook.magics.presenting import presenting
from nbkeras.notebook.magics.session import SessionMagics
from nbkeras.notebook.training.facts import Facts
from nbkeras.notebook.training.run_store import DEFAULT, RunStore, StoreError
from nbkeras.notebook.training.runs import Run
from nbkeras.notebook.training.screen import has_kernel, is_static
from nbkeras.notebook.views.formats import plural
from nbkeras.notebook.views.runs import details_bundle, list_bundle, overlay_bundle

__all__ = ["RunsMagics"]

SUFFIXES = (".sqlite", ".sqlite3", ".db")


@magics_class
class RunsMagics(SessionMagics):
    """`%runs`."""

    @no_var_expand
    @magic_arguments()
    @kwds(usage="runs [name ...] [options]")
    @argument("names", nargs="*", metavar="name", help="runs, as %%runs lists them (default: all)")
    @argument("--plot", action="store_true", help="show the curves of several runs in the same panels")
    @argument("--stop", action="store_true", help="end runs in the background after the batch in progress")
    @argument("--wait", action="store_true", help="wait for the end of runs in the background")
    @argument(
        "--store",
        nargs="?",
        const=DEFAULT,
        metavar="FILE",
        help=f"keep all runs of this notebook in a file (default {DEFAULT}), and show those of earlier ones, too",
    )
    @line_magic
    def runs(self, line: str) -> None:
        """List the trainings of this notebook, show one, compare several, and end those in the background.

        %runs net-1 net-2 --plot
        """
        args = parse(self.runs, line, "%runs")
        if args is None:
            return
        if args.store:
            self._keep_in(args.store.strip("'\""))
        if args.stop or args.wait:
            self._end(args.names, args.stop, args.wait)
        elif len(args.names) == 1 and not args.plot and "@" not in args.names[0]:
            self.session.runs.find(args.names[0]).show()
        else:
            self._show(self._found(args.names, args.store), args.names, args.plot)

    def _keep_in(self, path):
        if not path.endswith(SUFFIXES):
            raise UsageError(
                f"%runs --store expects a file that ends in .sqlite or .db, got {path}; names of runs go before --store"
            )
        with _refusing():
            self.session.runs.keep_in(RunStore(path))

    def _end(self, names, stop, wait):
        """Stops runs that are in progress, or waits for them; those that are named, or all."""
        runs = [self.session.runs.find(name) for name in names] or [*self.session.runs]
        running = [run for run in runs if not run.ended.is_set()]
        if stop:
            for run in running:
                run.stop()
            asked = ", ".join(run.name for run in running)
            print(f"ends after the batch in progress: {asked}" if running else "nothing is running")
        for run in runs if wait and (names or running) else ():
            _wait_for(run)
        if wait and not stop and not (names or running):
            print("nothing is running")

    def _found(self, names: list[str], stored: str | None) -> list[Facts]:
        """What is known of the runs called `names`, or of all."""
        facts = [run.facts for run in self.session.runs]
        store = self.session.runs.store
        if store is not None and (stored or any("@" in name for name in names)):
            with _refusing():
                kept = store.all()
            here = {known.run: known for known in facts}
            facts = [here.pop(known.run, known) for known in kept] + [*here.values()]
        if not names:
            return facts
        by_name = {known.run: known for known in facts}
        return [by_name[name] if name in by_name else self.session.runs.find(name).facts for name in names]

    def _show(self, facts, names, is_plot):
        timed, in_text = not is_static(), not has_kernel(self.shell)
        if not facts:
            print("no runs yet; %fit makes one")
        elif is_plot:
            display(overlay_bundle(facts), raw=True)
        elif len(names) == 1:
            display(details_bundle(facts[0], timed, in_text), raw=True)
        else:
            display(list_bundle(plural(len(facts), "run"), facts, timed, in_text), raw=True)


def _wait_for(run: Run) -> None:
    """Waits for the end of a run and shows it; raises what ended it."""
    try:
        with presenting():
            run.wait()
    except KeyboardInterrupt as error:
        goes_on = f"KeyboardInterrupt: {run.name} goes on; %runs {run.name} --stop ends it"
        setattr(error, "_render_traceback_", lambda: [goes_on])  # noqa: B010  (IPython looks for it)
        raise
    finally:
        if run.ended.is_set():
            run.show()


@contextmanager
def _refusing():
    """Turns what is wrong with a file into a mistake of the line."""
    try:
        yield
    except StoreError as error:
        raise UsageError(f"%runs --store: {error}") from None
