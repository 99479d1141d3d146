"""Batch normalisation with corrections towards its averages."""

from tests.cases.case import LayerCase as Case
from tests.cases.numbers import given

CLIPPING = {"rmin": 0.8, "rmax": 1.5, "dmax": 0.5}
MASK = {"mask": given([[1, 1, 0, 1], [1, 0, 0, 1], [1, 1, 1, 0]], "bool")}


def renorm(name, inputs, **options):
    more = {"keywords": options.pop("keywords")} if "keywords" in options else {}
    # The corrections are no part of the gradient, but they are of the finite difference.
    return Case(
        f"renormalization {name}",
        lambda k: k.layers.BatchNormalization(renorm=True, **options),
        inputs,
        smooth=False,
        **more,
    )


CASES = [
    renorm("of rows", [(6, 3)]),
    renorm("of images", [(2, 3, 4, 3)], renorm_momentum=0.8),
    renorm("clipped", [(6, 3)], renorm_clipping=CLIPPING),
    renorm("channels first", [(3, 4, 5)], axis=1, center=False),
    renorm("without scale", [(6, 3)], scale=False, epsilon=0.01),
    renorm("masked", [(3, 4, 2)], keywords=MASK),
]
