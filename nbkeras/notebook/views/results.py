"""What `%evaluate` returns: the metrics as a dictionary that shows itself rounded."""

from collections.abc import Mapping

from nbkeras.notebook.training.record import in_order
from nbkeras.notebook.views.columns import columns
from nbkeras.notebook.views.formats import metric
from nbkeras.notebook.views.html import table, text, varying

__all__ = ["Results"]


class Results(dict[str, float]):
    """Metrics by name, the loss first, in full precision; shown in three significant digits."""

    def __init__(self, values: Mapping[str, float]):
        super().__init__((name, values[name]) for name in in_order(values))

    def __repr__(self) -> str:
        return columns([["", "value"], *([name, metric(value)] for name, value in self.items())], numeric=[1])

    def _repr_html_(self) -> str:
        return varying(table(list(self), [[text(metric(value)) for value in self.values()]], range(len(self))))
