"""What `keras.backend` offers: settings, and the reset of automatic names."""

from nbkeras.config import backend as backend
from nbkeras.config import (
    epsilon,
    floatx,
    image_data_format,
    set_epsilon,
    set_floatx,
    set_image_data_format,
)
from nbkeras.naming import reset_names
from nbkeras.symbolic import KerasTensor
from nbkeras.variables import standardize_dtype

__all__ = [
    "backend",
    "clear_session",
    "epsilon",
    "floatx",
    "image_data_format",
    "is_keras_tensor",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "standardize_dtype",
]


def clear_session(free_memory=True) -> None:
    """Starts the automatic names of layers again."""
    reset_names()


def is_keras_tensor(x) -> bool:
    """Whether `x` is a symbolic tensor."""
    return isinstance(x, KerasTensor)
