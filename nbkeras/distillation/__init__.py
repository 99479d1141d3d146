"""Knowledge distillation: a small model learns from what a large one says, besides the targets."""

from nbkeras.distillation.distiller import Distiller
from nbkeras.distillation.losses import DistillationLoss, FeatureDistillation, LogitsDistillation

__all__ = ["DistillationLoss", "Distiller", "FeatureDistillation", "LogitsDistillation"]
