"""Feature spaces over one table: columns of all kinds, crosses, and both forms of the result."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

RANDOM = np.random.RandomState(8)
TABLE = {
    "age": RANDOM.uniform(18, 80, 50).astype("float32"),
    "height": RANDOM.standard_normal(50).astype("float32"),
    "job": np.array(["cook", "poet", "smith", "cook", "tailor"] * 10),
    "rooms": RANDOM.randint(1, 6, 50),
    "text": np.array(["a rose is", "a rose", "is a", "none of these", "rose"] * 10),
}


@dataclass(frozen=True)
class FeatureSpaceCase:
    """A feature space of a package `k`, which is adapted to some columns of the table."""

    name: str
    build: Callable
    columns: tuple


def of(name, *columns, **options):
    """A case of columns by the names of their kinds."""
    kinds = dict(columns)
    return FeatureSpaceCase(name, lambda k: k.utils.FeatureSpace(features=kinds, **options), tuple(kinds))


def made(name, build, *columns):
    return FeatureSpaceCase(name, lambda k: build(k, k.utils.FeatureSpace), columns)


CASES = [
    of("floats", ("age", "float"), ("height", "float_rescaled")),
    of("normalized", ("age", "float_normalized")),
    of("discretized", ("age", "float_discretized"), num_discretization_bins=4),
    of("categories", ("job", "string_categorical"), ("rooms", "integer_categorical")),
    of("hashed", ("job", "string_hashed"), ("rooms", "integer_hashed"), hashing_dim=5),
    of(
        "crossed",
        ("job", "string_categorical"),
        ("rooms", "integer_categorical"),
        ("age", "float_discretized"),
        crosses=[("job", "rooms"), ("age", "job")],
        crossing_dim=9,
    ),
    of(
        "dictionary",
        ("height", "float"),
        ("job", "string_categorical"),
        ("age", "float_normalized"),
        output_mode="dict",
    ),
    made(
        "options",
        lambda k, f: f(
            {
                "age": f.float_rescaled(scale=0.1, offset=-3.0),
                "height": f.float_discretized(num_bins=5, output_mode="one_hot"),
                "job": f.string_categorical(max_tokens=3, num_oov_indices=2),
                "rooms": f.integer_categorical(max_tokens=4),
            }
        ),
        *("age", "height", "job", "rooms"),
    ),
    made(
        "integers",
        lambda k, f: f(
            {"job": f.string_categorical(output_mode="int"), "rooms": f.integer_hashed(7, output_mode="int")},
            crosses=[f.cross(("job", "rooms"), crossing_dim=11, output_mode="int")],
            output_mode="dict",
        ),
        *("job", "rooms"),
    ),
    made(
        "own layer",
        lambda k, f: f(
            {
                "rooms": f.feature("int32", k.layers.CategoryEncoding(num_tokens=6), "float"),
                "age": f.feature("float32", k.layers.Normalization(mean=40.0, variance=100.0), "float"),
            }
        ),
        *("rooms", "age"),
    ),
]
