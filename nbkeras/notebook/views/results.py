"""What `%evaluate` returns: the metrics as a dictionary that shows itself rounded, with what else it found."""

from collections.abc import Mapping

from nbkeras.notebook.training.record import in_order
from nbkeras.notebook.views.columns import columns
from nbkeras.notebook.views.formats import metric
from nbkeras.notebook.views.html import table, text, varying

__all__ = ["Results"]


class Results(dict[str, float]):
    """Metrics by name, the loss first, in full precision; shown in three significant digits.

    Args:
        values: by name.
        details: what is shown below them, as data by mime type.
    """

    def __init__(self, values: Mapping[str, float], details: Mapping[str, str] | None = None):
        super().__init__((name, values[name]) for name in in_order(values))
        self.details = dict(details or {})

    def __repr__(self) -> str:
        metrics = columns([["", "value"], *([name, metric(value)] for name, value in self.items())], numeric=[1])
        return f"{metrics}\n\n{self.details['text/plain']}" if self.details else metrics

    def _repr_html_(self) -> str:
        metrics = table(list(self), [[text(metric(value)) for value in self.values()]], range(len(self)))
        return varying(metrics) + (self.details["text/html"] if self.details else "")
