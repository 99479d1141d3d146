"""Data for training: arrays, frames, generators and datasets as batches."""

from nbkeras.data.adapter import adapter
from nbkeras.data.arrays import is_usual
from nbkeras.data.batches import Batches
from nbkeras.data.packing import pack_x_y_sample_weight, unpack_x_y_sample_weight
from nbkeras.data.py_dataset import PyDataset
from nbkeras.data.splitting import train_validation_split

__all__ = [
    "Batches",
    "PyDataset",
    "adapter",
    "is_usual",
    "pack_x_y_sample_weight",
    "train_validation_split",
    "unpack_x_y_sample_weight",
]
