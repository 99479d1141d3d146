"""`%nbkeras`: what is at work, and settings of the notebook."""

from IPython.core.magic import line_magic, magics_class
from IPython.core.magic_arguments import argument, magic_arguments

import nbkeras
from nbkeras.notebook.magics.options import parse
from nbkeras.notebook.magics.session import SessionMagics

__all__ = ["SetupMagics"]


@magics_class
class SetupMagics(SessionMagics):
    """`%nbkeras`."""

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
            print(f"{self._others()}: a ? after a name shows its manual")

    def _others(self):
        """The other magics, as they are written."""
        known = self.shell.magics_manager.magics
        ours = {kind: [name for name, magic in known[kind].items() if _is_ours(magic)] for kind in ("cell", "line")}
        written = [f"%%{name}" for name in ours["cell"]] + [f"%{name}" for name in ours["line"] if name != "nbkeras"]
        return ", ".join(written)


def _is_ours(magic):
    return isinstance(getattr(magic, "__self__", None), SessionMagics)
