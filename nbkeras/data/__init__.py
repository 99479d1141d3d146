"""Data for training: arrays, frames, generators and datasets as batches."""

import importlib
from typing import TYPE_CHECKING, Any

from nbkeras.data.adapter import adapter
from nbkeras.data.arrays import is_usual
from nbkeras.data.batches import Batches
from nbkeras.data.packing import pack_x_y_sample_weight, unpack_x_y_sample_weight
from nbkeras.data.py_dataset import PyDataset
from nbkeras.data.splitting import train_validation_split

if TYPE_CHECKING:
    from nbkeras.data.dataset import AUTOTUNE, Dataset

__all__ = [
    "AUTOTUNE",
    "Batches",
    "Dataset",
    "PyDataset",
    "adapter",
    "is_usual",
    "pack_x_y_sample_weight",
    "train_validation_split",
    "unpack_x_y_sample_weight",
]

_LATER = ("AUTOTUNE", "Dataset")  # imported when they are asked for


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'nbkeras.data' has no attribute {name!r}")
    found = globals()[name] = getattr(importlib.import_module("nbkeras.data.dataset"), name)
    return found
