"""What `keras.preprocessing.sequence` offers, from where each of it lives."""

from nbkeras.data.preprocessing import pad_sequences

__all__ = ["pad_sequences"]
