"""Looking at a model at work: a training step under the microscope, layers over epochs, predictions and targets."""

from nbkeras.inspection.classification import ClassificationReport, MultiLabelReport
from nbkeras.inspection.evaluation import assess
from nbkeras.inspection.examples import Example
from nbkeras.inspection.findings import Finding
from nbkeras.inspection.observation import names_of_layers
from nbkeras.inspection.regression import RegressionReport
from nbkeras.inspection.sequences import reads_sequences
from nbkeras.inspection.statistics import Statistics, statistics
from nbkeras.inspection.step import LayerStep, StepReport, WeightStep, inspect_step
from nbkeras.inspection.watching import QUANTITIES, Snapshot, Watch

__all__ = [
    "QUANTITIES",
    "ClassificationReport",
    "Example",
    "Finding",
    "LayerStep",
    "MultiLabelReport",
    "RegressionReport",
    "Snapshot",
    "Statistics",
    "StepReport",
    "Watch",
    "WeightStep",
    "assess",
    "inspect_step",
    "names_of_layers",
    "reads_sequences",
    "statistics",
]
