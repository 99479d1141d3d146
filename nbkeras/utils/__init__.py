"""What `keras.utils` offers."""

from nbkeras.random import set_seed as set_random_seed

__all__ = ["set_random_seed"]
