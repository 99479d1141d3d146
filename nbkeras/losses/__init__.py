"""Losses: what training makes small, as classes and as functions, by Keras' names.

The classes weigh and reduce to one number; the functions return one value per sample.
"""

import inspect

from nbkeras.losses.circle import Circle, circle
from nbkeras.losses.crossentropy import (
    CTC,
    BinaryCrossentropy,
    BinaryFocalCrossentropy,
    CategoricalCrossentropy,
    CategoricalFocalCrossentropy,
    CategoricalGeneralizedCrossEntropy,
    SparseCategoricalCrossentropy,
    binary_crossentropy,
    binary_focal_crossentropy,
    categorical_crossentropy,
    categorical_focal_crossentropy,
    categorical_generalized_cross_entropy,
    ctc,
    sparse_categorical_crossentropy,
)
from nbkeras.losses.hinge import CategoricalHinge, Hinge, SquaredHinge, categorical_hinge, hinge, squared_hinge
from nbkeras.losses.loss import Loss, LossFunctionWrapper
from nbkeras.losses.overlap import Dice, Tversky, dice, tversky
from nbkeras.losses.probabilistic import KLDivergence, Poisson, kl_divergence, poisson
from nbkeras.losses.regression import (
    CosineSimilarity,
    Huber,
    LogCosh,
    MeanAbsoluteError,
    MeanAbsolutePercentageError,
    MeanSquaredError,
    MeanSquaredLogarithmicError,
    cosine_similarity,
    huber,
    log_cosh,
    mean_absolute_error,
    mean_absolute_percentage_error,
    mean_squared_error,
    mean_squared_logarithmic_error,
)
from nbkeras.serialization import deserialize_keras_object, register, serialize_keras_object
from nbkeras.serialization import resolve as resolve_identifier

__all__ = [
    "CTC",
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalGeneralizedCrossEntropy",
    "CategoricalHinge",
    "Circle",
    "CosineSimilarity",
    "Dice",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Loss",
    "LossFunctionWrapper",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "Tversky",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_generalized_cross_entropy",
    "categorical_hinge",
    "circle",
    "cosine_similarity",
    "ctc",
    "deserialize",
    "dice",
    "get",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "poisson",
    "serialize",
    "sparse_categorical_crossentropy",
    "squared_hinge",
    "tversky",
]

_SHORT = {
    "bce": binary_crossentropy,
    "kld": kl_divergence,
    "mae": mean_absolute_error,
    "mape": mean_absolute_percentage_error,
    "mse": mean_squared_error,
    "msle": mean_squared_logarithmic_error,
}
LOSSES = {name: globals()[name] for name in __all__ if name not in ("deserialize", "get", "serialize")}
for _made in LOSSES.values():
    if not inspect.isclass(_made):
        register(_made)
LOSSES |= {name: function for short, function in _SHORT.items() for name in (short, short.upper())}


def get(identifier):
    """The loss that `identifier` stands for.

    Args:
        identifier: a name (`"mse"`, `"MeanSquaredError"`), a configuration, a class, a loss, a function of `y_true` and
            `y_pred`, or `None`, which stays `None`.

    Raises:
        ValueError: for an unknown name.
    """
    return None if identifier is None else resolve_identifier("loss", identifier, LOSSES)


def serialize(loss):
    """`loss` as a configuration that JSON can hold."""
    return serialize_keras_object(loss)


def deserialize(name, custom_objects=None):
    """The loss of a configuration or of a name."""
    return deserialize_keras_object(name, custom_objects, module_objects=LOSSES)
