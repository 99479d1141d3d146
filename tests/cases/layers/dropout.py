"""Layers that draw random numbers in training: here what else they do; tests/test_layers.py has their statistics."""

from tests.cases.case import LayerCase as Case

CASES = [
    Case("dropout", lambda k: k.layers.Dropout(0.5), [(3, 4)], random=True),
    Case("dropout of nothing", lambda k: k.layers.Dropout(0.0), [(3, 4)]),
    Case("dropout seed", lambda k: k.layers.Dropout(0.2, seed=7), [(3, 4)], random=True),
    Case("dropout noise shape", lambda k: k.layers.Dropout(0.2, noise_shape=(None, 1, 4)), [(3, 2, 4)], random=True),
    Case("spatial dropout 1d", lambda k: k.layers.SpatialDropout1D(0.3), [(3, 4, 2)], random=True),
    Case("spatial dropout 2d", lambda k: k.layers.SpatialDropout2D(0.3), [(2, 3, 4, 2)], random=True),
    Case(
        "spatial dropout 2d channels first",
        lambda k: k.layers.SpatialDropout2D(0.3, data_format="channels_first"),
        [(2, 3, 4, 2)],
        random=True,
    ),
    Case("spatial dropout 3d", lambda k: k.layers.SpatialDropout3D(0.3, seed=1), [(2, 2, 3, 2, 2)], random=True),
    Case("gaussian dropout", lambda k: k.layers.GaussianDropout(0.3), [(3, 4)], random=True),
    Case("gaussian noise", lambda k: k.layers.GaussianNoise(0.3), [(3, 4)], random=True),
    Case("alpha dropout", lambda k: k.layers.AlphaDropout(0.3), [(3, 4)], random=True),
    Case("alpha dropout noise shape", lambda k: k.layers.AlphaDropout(0.3, noise_shape=(3, 1)), [(3, 4)], random=True),
]
