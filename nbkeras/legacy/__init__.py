"""What `keras.legacy` offers: configurations in the form of Keras 2, in `legacy.saving`."""

from nbkeras.legacy import saving as saving

__all__ = ["saving"]
