"""What `keras.preprocessing` offers, from where each of it lives."""

import importlib
from typing import TYPE_CHECKING, Any

from nbkeras.preprocessing import sequence

if TYPE_CHECKING:
    from nbkeras.data.image_folders import image_dataset_from_directory
    from nbkeras.data.text_folders import text_dataset_from_directory
    from nbkeras.data.windows import timeseries_dataset_from_array
    from nbkeras.preprocessing import image

__all__ = [
    "image",
    "image_dataset_from_directory",
    "sequence",
    "text_dataset_from_directory",
    "timeseries_dataset_from_array",
]

# What is imported when it is asked for.
_LATER = {
    "image_dataset_from_directory": "nbkeras.data.image_folders",
    "text_dataset_from_directory": "nbkeras.data.text_folders",
    "timeseries_dataset_from_array": "nbkeras.data.windows",
}


def __getattr__(name: str) -> Any:
    if name == "image":
        return importlib.import_module("nbkeras.preprocessing.image")
    if name not in _LATER:
        raise AttributeError(f"module 'nbkeras.preprocessing' has no attribute {name!r}")
    found = globals()[name] = getattr(importlib.import_module(_LATER[name]), name)
    return found
