"""Training: pure steps, and the loops around them."""

from nbkeras.training.trainer import Trainer

__all__ = ["Trainer"]
