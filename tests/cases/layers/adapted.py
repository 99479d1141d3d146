"""Layers whose weights are changed on the way: low-rank adaptation, spectral normalisation, weights used twice."""

from tests.cases.case import LayerCase as Case
from tests.cases.numbers import integers, normal


def there_and_back(layer, inputs, **keywords):
    return layer(layer(inputs[0]), reverse=True)


def back(layer, inputs, **keywords):
    return layer(inputs[0], reverse=True)


def lora(name, build, inputs, **more):
    return Case(f"low rank {name}", build, inputs, **more)


CASES = [
    lora("dense", lambda k: k.layers.Dense(4, "tanh", lora_rank=2), [(3, 5)]),
    lora("dense regularized", lambda k: k.layers.Dense(4, kernel_regularizer="l2", lora_rank=1), [(3, 5)]),
    lora(
        "einsum dense",
        lambda k: k.layers.EinsumDense("abc,cde->abde", (None, 2, 3), bias_axes="e", lora_rank=2, lora_alpha=1.5),
        [(2, 3, 4)],
        symbolic=[(None, None, 4)],
    ),
    lora("embedding", lambda k: k.layers.Embedding(6, 4, lora_rank=2), [integers(2, 3, high=6)]),
    lora("conv 1d", lambda k: k.layers.Conv1D(4, 2, padding="causal", lora_rank=2), [(2, 6, 3)]),
    lora("conv 2d", lambda k: k.layers.Conv2D(4, 3, lora_rank=2, lora_alpha=4), [(2, 5, 4, 3)]),
    lora("conv 3d", lambda k: k.layers.Conv3D(2, 2, use_bias=False, lora_rank=1), [(1, 3, 3, 3, 2)]),
    *[
        Case(
            f"spectral normalization {name}",
            lambda k, make=make: k.layers.SpectralNormalization(make(k), 2),
            inputs,
            smooth=False,  # to the gradient the vectors are constants
        )
        for name, make, inputs in (
            ("of dense", lambda k: k.layers.Dense(3), [(4, 5)]),
            ("of convolution", lambda k: k.layers.Conv2D(3, 2), [(2, 4, 4, 2)]),
        )
    ],
    Case("reversible embedding", lambda k: k.layers.ReversibleEmbedding(6, 4), [integers(2, 3, high=6)]),
    Case(
        "reversible embedding back",
        lambda k: k.layers.ReversibleEmbedding(6, 4, logit_soft_cap=2.0),
        [normal(2, 3, 4)],
        call=back,
    ),
    Case(
        "reversible embedding there and back",
        lambda k: k.layers.ReversibleEmbedding(6, 4, tie_weights=False),
        [integers(2, 3, high=6)],
        call=there_and_back,
    ),
]
