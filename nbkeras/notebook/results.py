"""What `%evaluate` returns: the metrics as a dictionary that shows itself rounded."""

from nbkeras.notebook.columns import columns
from nbkeras.notebook.formats import metric
from nbkeras.notebook.html import table, text

__all__ = ["Results"]


class Results(dict[str, float]):
    """Metrics by name, in full precision; shown in three significant digits."""

    def __repr__(self) -> str:
        return columns([[name, metric(value)] for name, value in self.items()], numeric=[1])

    def _repr_html_(self) -> str:
        return table(list(self), [[text(metric(value)) for value in self.values()]], range(len(self)))
