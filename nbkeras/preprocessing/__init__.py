"""What `keras.preprocessing` offers, from where each of it lives."""

from nbkeras.preprocessing import sequence

__all__ = ["sequence"]
