"""The tables by name: `tests/cases/<name>.py`, each with a list `CASES`."""

import importlib

LAYERS = (
    "core",
    "activation_layers",
    "convolution",
    "pooling",
    "reshaping",
    "normalization",
    "dropout",
    "recurrent",
    "wrappers",
    "attention",
    "merging",
    "models",
    "conv_lstm",
    "adaptive_pooling",
    "audio",
    "adapted",
    "renormalization",
    "image_preprocessing",
)
NAMES = (
    *(f"layers/{family}" for family in LAYERS),
    "ops",
    "ops_transforms",
    "ops_core",
    "ops_image",
    "image_transforms",
    "activations",
    "initializers",
    "regularizers",
    "constraints",
    "losses",
    "metrics",
    "optimizers",
    "schedules",
    "training",
    "guides/networks",
    "guides/classes",
    "guides/programs",
    "quantizers",
)


def rows(name):
    """The cases of the table `name`; their names are unique."""
    cases = importlib.import_module(f"tests.cases.{name.replace('/', '.')}").CASES
    seen = [case.name for case in cases]
    twice = {name for name in seen if seen.count(name) > 1}
    if twice:
        raise ValueError(f"case names must be unique, these are not: {sorted(twice)}")
    return cases
