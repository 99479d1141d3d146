"""The names of Keras 2's optimizers, which Keras 3 refuses too."""

from nbkeras.unavailable import unavailable

__all__ = ["SGD", "Adagrad", "Adam", "Ftrl", "Optimizer", "RMSprop"]


def _removed(name):
    return unavailable(
        f"optimizers.legacy.{name}", f"Keras 3 has no legacy optimizers; use optimizers.{name}", ImportError
    )


Adagrad = _removed("Adagrad")
Adam = _removed("Adam")
Ftrl = _removed("Ftrl")
Optimizer = _removed("Optimizer")
RMSprop = _removed("RMSprop")
SGD = _removed("SGD")
