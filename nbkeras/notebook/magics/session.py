"""What the magics of one shell share: the reader's variables, and the record of each model's trainings."""

from collections.abc import Mapping
from typing import Any
from weakref import WeakKeyDictionary

from IPython.core.error import UsageError
from IPython.core.magic import Magics

from nbkeras.models import Model
from nbkeras.notebook.magics.pictured import Pictured
from nbkeras.notebook.magics.reading import model_of, value_of
from nbkeras.notebook.training.record import Record
from nbkeras.notebook.training.runs import Runs
from nbkeras.notebook.training.watching import Watched

__all__ = ["Session", "SessionMagics"]


class Session:
    """The notebook that a shell runs.

    Attributes:
        shell: IPython's.
        records: of the trainings of each model.
        runs: the trainings themselves, each with a name.
        watches: by model, what `%watch` asked for.
        pictured: the view of what a magic returned last.
    """

    def __init__(self, shell: Any):
        self.shell = shell
        self.records: WeakKeyDictionary[Model, Record] = WeakKeyDictionary()
        self.runs = Runs()
        self.watches: WeakKeyDictionary[Model, Watched] = WeakKeyDictionary()
        self.pictured = Pictured(shell)

    def record(self, model: Model) -> Record:
        """The record of a model, a new one where there is none."""
        return self.records.setdefault(model, Record())

    def value(self, source: str, magic: str) -> Any:
        """The value of an expression; UsageError where it has none."""
        return value_of(source, self.shell.user_ns, magic)

    def values(self, sources: Mapping[str, str], magic: str) -> dict[str, Any]:
        """The values of options by name."""
        return {name: self.value(source, magic) for name, source in sources.items()}

    def model(self, source: str, magic: str) -> Model:
        """The model that an expression gives; UsageError for anything else."""
        return model_of(source, self.shell.user_ns, magic)

    def data(self, sources: list[str], most: int, magic: str) -> list[Any]:
        """The values of one to `most` expressions, which are inputs and targets; UsageError for another number."""
        if not 1 <= len(sources) <= most:
            wanted = "inputs and targets" if most == 2 else "inputs"
            got = f"got {', '.join(sources)}" if sources else "got none"
            raise UsageError(f"{magic} expects {wanted} after the model, {got}; several inputs go in one list [a, b]")
        return [self.value(source, magic) for source in sources]


class SessionMagics(Magics):
    """Magics that share a session."""

    shell: Any

    def __init__(self, session: Session):
        super().__init__(session.shell)
        self.session = session
