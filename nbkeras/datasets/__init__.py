"""What `keras.datasets` offers: small data sets of teaching and testing, downloaded once into Keras' cache.

Every file is that of Keras: its address, its name in `~/.keras/datasets`, its hash, its format. Reading one never runs
code: arrays of lists, which NumPy can only store as pickles, are read by `nbkeras.datasets.pickles`, which makes
arrays, lists, dictionaries, numbers and text, and nothing else.
"""

from nbkeras.datasets import (
    boston_housing,
    california_housing,
    cifar10,
    cifar100,
    fashion_mnist,
    imdb,
    mnist,
    reuters,
)

__all__ = [
    "boston_housing",
    "california_housing",
    "cifar10",
    "cifar100",
    "fashion_mnist",
    "imdb",
    "mnist",
    "reuters",
]
