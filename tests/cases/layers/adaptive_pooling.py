"""Pooling to a given size."""

from tests.cases.case import LayerCase as Case


def both(rank, size, shape, **options):
    label = " ".join([f"{rank}d", str(size), *options.values()])
    return [
        Case(
            f"adaptive {family.lower()} pooling {label}",
            lambda k, family=family: getattr(k.layers, f"Adaptive{family}Pooling{rank}D")(size, **options),
            [shape],
        )
        for family in ("Average", "Max")
    ]


CASES = [
    *both(1, 3, (2, 7, 2)),
    *both(1, 4, (2, 8, 2)),
    *both(1, 2, (2, 2, 5), data_format="channels_first"),
    *both(2, 2, (2, 5, 4, 2)),
    *both(2, (3, 1), (2, 5, 4, 2)),
    *both(2, (2, 3), (2, 2, 5, 4), data_format="channels_first"),
    *both(3, 2, (1, 3, 4, 5, 2)),
    *both(3, (1, 2, 3), (1, 2, 3, 4, 5), data_format="channels_first"),
]
