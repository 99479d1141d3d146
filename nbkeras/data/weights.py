"""Weights of rows from weights of classes."""

from numbers import Integral

import numpy as np

from nbkeras import config, tree

__all__ = ["weights_of_rows"]


def weights_of_rows(y, class_weight):
    """A weight for each row of `y`, that of its class; 1 for classes without one.

    Args:
        y: class numbers of shape (rows,) or (rows, 1), or one-hot rows.
        class_weight: a dictionary from class number to weight.
    """
    if not isinstance(class_weight, dict):
        raise ValueError(f"class_weight expects a dictionary such as {{0: 1.0, 1: 5.0}}, got {class_weight!r}")
    for key in class_weight:
        if not isinstance(key, Integral):
            raise ValueError(
                f"class_weight expects the numbers of classes as keys, got {key!r}; write {{0: 1.0, 1: 5.0}}"
            )
    if y is None:
        raise ValueError("class_weight needs targets y, whose classes it weighs")
    if tree.is_nested(y):
        raise ValueError("class_weight is for models with one output; for several give sample_weight for each")
    classes = np.asarray(y)
    if classes.ndim > 1:
        classes = classes[..., 0] if classes.shape[-1] == 1 else classes.argmax(-1)
    found, place = np.unique(np.round(classes).astype("int32"), return_inverse=True)
    weights = np.array([class_weight.get(int(label), 1.0) for label in found], config.floatx())
    return weights[place.reshape(classes.shape)]
