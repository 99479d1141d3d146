"""Normalization with the statistics of the batch or of each example."""

from tests.cases.case import LayerCase as Case
from tests.cases.numbers import given

MASK = {"mask": given([[1, 1, 0, 0], [1, 0, 1, 1], [1, 1, 1, 1]], "bool")}

CASES = [
    Case("batch", lambda k: k.layers.BatchNormalization(), [(5, 3)]),
    Case("batch sequences", lambda k: k.layers.BatchNormalization(), [(3, 4, 2)], symbolic=[(None, None, 2)]),
    Case("batch images", lambda k: k.layers.BatchNormalization(), [(2, 3, 2, 3)]),
    Case("batch channels first", lambda k: k.layers.BatchNormalization(axis=1), [(2, 3, 2, 2)]),
    Case("batch momentum", lambda k: k.layers.BatchNormalization(momentum=0.5, epsilon=0.1), [(5, 3)]),
    Case("batch without center", lambda k: k.layers.BatchNormalization(center=False), [(5, 3)]),
    Case("batch without scale", lambda k: k.layers.BatchNormalization(scale=False), [(5, 3)]),
    Case("batch without either", lambda k: k.layers.BatchNormalization(center=False, scale=False), [(5, 3)]),
    Case("batch frozen", lambda k: k.layers.BatchNormalization(trainable=False), [(5, 3)]),
    Case("batch mask", lambda k: k.layers.BatchNormalization(), [(3, 4, 2)], keywords=MASK),
    Case(
        "batch options",
        lambda k: k.layers.BatchNormalization(
            beta_initializer="ones",
            gamma_initializer=k.initializers.Constant(2.0),
            moving_mean_initializer="ones",
            moving_variance_initializer="zeros",
            beta_regularizer="l2",
            gamma_regularizer="l1",
            beta_constraint="non_neg",
            gamma_constraint="unit_norm",
        ),
        [(5, 3)],
    ),
    Case("layer", lambda k: k.layers.LayerNormalization(), [(4, 5)]),
    Case("layer sequences", lambda k: k.layers.LayerNormalization(), [(2, 3, 4)], symbolic=[(None, None, 4)]),
    Case("layer axis", lambda k: k.layers.LayerNormalization(axis=1), [(2, 3, 4)]),
    Case("layer axes", lambda k: k.layers.LayerNormalization(axis=[1, 2]), [(2, 3, 4)]),
    Case("layer apart axes", lambda k: k.layers.LayerNormalization(axis=(1, 3)), [(2, 3, 2, 2)]),
    Case("layer epsilon", lambda k: k.layers.LayerNormalization(epsilon=0.5), [(4, 5)]),
    Case("layer without center", lambda k: k.layers.LayerNormalization(center=False), [(4, 5)]),
    Case("layer without scale", lambda k: k.layers.LayerNormalization(scale=False), [(4, 5)]),
    Case("layer without either", lambda k: k.layers.LayerNormalization(center=False, scale=False), [(4, 5)]),
    Case(
        "layer options",
        lambda k: k.layers.LayerNormalization(
            beta_initializer="ones",
            gamma_initializer="random_normal",
            beta_regularizer="l2",
            gamma_regularizer="l1",
            beta_constraint="non_neg",
        ),
        [(4, 5)],
    ),
    Case("group", lambda k: k.layers.GroupNormalization(groups=2), [(3, 4)]),
    Case("group images", lambda k: k.layers.GroupNormalization(groups=3), [(2, 3, 2, 6)]),
    Case("group of single channels", lambda k: k.layers.GroupNormalization(groups=-1), [(2, 4, 3)]),
    Case("group channels first", lambda k: k.layers.GroupNormalization(groups=2, axis=1, epsilon=0.1), [(2, 4, 3)]),
    Case("group without either", lambda k: k.layers.GroupNormalization(2, center=False, scale=False), [(2, 3, 4)]),
    Case(
        "group options",
        lambda k: k.layers.GroupNormalization(1, beta_regularizer="l2", gamma_constraint="non_neg"),
        [(2, 3, 4)],
    ),
    Case("root mean square", lambda k: k.layers.RMSNormalization(), [(3, 4)], symbolic=[(None, 4)]),
    Case("root mean square epsilon", lambda k: k.layers.RMSNormalization(epsilon=0.1), [(2, 3, 4)]),
    Case("unit", lambda k: k.layers.UnitNormalization(), [(3, 4)]),
    Case("unit axes", lambda k: k.layers.UnitNormalization(axis=(1, 2)), [(2, 3, 4)]),
]
