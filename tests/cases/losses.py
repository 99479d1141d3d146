"""Losses: classes with every reduction, weights and option, functions, names."""

from tests.cases.case import LossCase as Case
from tests.cases.numbers import coins, given, integers, normal, one_hot, signs, simplex, uniform

# For each class: the name of its function and what it compares.
PROBABILITIES = (coins(4, 3), uniform(4, 3, low=0.05, high=0.95))
CLASSES = (one_hot(4, 3), simplex(4, 3))
LABELS = (integers(4, high=3), simplex(4, 3))
NUMBERS = ((4, 3), (4, 3))
POSITIVE = (uniform(4, 3, low=0.1, high=2.0), uniform(4, 3, low=0.1, high=2.0))
SIGNS = (signs(4, 3), (4, 3))
FAMILIES = {
    "MeanSquaredError": ("mean_squared_error", NUMBERS),
    "MeanAbsoluteError": ("mean_absolute_error", NUMBERS),
    "MeanAbsolutePercentageError": ("mean_absolute_percentage_error", POSITIVE),
    "MeanSquaredLogarithmicError": ("mean_squared_logarithmic_error", POSITIVE),
    "CosineSimilarity": ("cosine_similarity", NUMBERS),
    "Huber": ("huber", NUMBERS),
    "LogCosh": ("log_cosh", NUMBERS),
    "Hinge": ("hinge", SIGNS),
    "SquaredHinge": ("squared_hinge", SIGNS),
    "CategoricalHinge": ("categorical_hinge", (one_hot(4, 3), (4, 3))),
    "KLDivergence": ("kl_divergence", (simplex(4, 3), simplex(4, 3))),
    "Poisson": ("poisson", POSITIVE),
    "BinaryCrossentropy": ("binary_crossentropy", PROBABILITIES),
    "BinaryFocalCrossentropy": ("binary_focal_crossentropy", PROBABILITIES),
    "CategoricalCrossentropy": ("categorical_crossentropy", CLASSES),
    "CategoricalFocalCrossentropy": ("categorical_focal_crossentropy", CLASSES),
    "CategoricalGeneralizedCrossEntropy": ("categorical_generalized_cross_entropy", LABELS),
    "SparseCategoricalCrossentropy": ("sparse_categorical_crossentropy", LABELS),
    "Dice": ("dice", PROBABILITIES),
    "Tversky": ("tversky", PROBABILITIES),
    "Circle": ("circle", (given([0, 1, 0, 1], "int32"), (4, 3))),
    "CTC": ("ctc", (given([[1, 2, 1], [2, 1, 3]], "int32"), (2, 6, 4))),
}
WHOLE = ("Dice", "Tversky")  # one number for the batch: weights per example have nothing to weigh
NEEDS_OPTION = ("CategoricalGeneralizedCrossEntropy",)  # its function has no default for q
REDUCTIONS = ("sum", "mean", "none", None, "mean_with_sample_weight")
WEIGHT = given([0.0, 0.5, 1.0, 2.0])


def short(name):
    return FAMILIES[name][0].replace("_", " ")


def build(name, **options):
    return lambda k: getattr(k.losses, name)(**options)


def plain(name, **options):
    """The function of the class `name`, with options."""
    return lambda k: lambda y_true, y_pred: getattr(k.losses, FAMILIES[name][0])(y_true, y_pred, **options)


def option(name, label, data=None, **options):
    """Two rows: the class and the function with the same options."""
    y_true, y_pred = data or FAMILIES[name][1]
    return [
        Case(f"{short(name)} {label}", build(name, **options), y_true, y_pred),
        Case(f"{short(name)} function {label}", plain(name, **options), y_true, y_pred, config=False),
    ]


def basics(name):
    y_true, y_pred = FAMILIES[name][1]
    yield Case(short(name), build(name), y_true, y_pred)
    if name not in NEEDS_OPTION:
        yield Case(f"{short(name)} function", plain(name), y_true, y_pred, config=False)
    for reduction in REDUCTIONS:
        weight = None if name in (*WHOLE, "CTC") else WEIGHT
        yield Case(f"{short(name)} reduction {reduction}", build(name, reduction=reduction), y_true, y_pred, weight)
    if name not in (*WHOLE, "CTC"):
        yield Case(f"{short(name)} weights", build(name), y_true, y_pred, WEIGHT)


def by_name(name):
    y_true, y_pred = DATA_BY_NAME.get(name, NUMBERS)
    return Case(f"name {name}", lambda k: k.losses.get(name), y_true, y_pred, config=False)


DATA_BY_NAME = {
    **dict(FAMILIES.values()),
    **{name: data for name, (_, data) in FAMILIES.items()},
    **dict.fromkeys(("bce", "BCE"), PROBABILITIES),
    **dict.fromkeys(("kld", "KLD"), (simplex(4, 3), simplex(4, 3))),
    **dict.fromkeys(("mape", "MAPE", "msle", "MSLE"), POSITIVE),
}
ALIASES = ("mse", "MSE", "mae", "MAE", "mape", "MAPE", "msle", "MSLE", "bce", "BCE", "kld", "KLD")
SEQUENCES = ((2, 3, 4), (2, 3, 4))
LOGITS = normal(4, 3, scale=3.0)

CASES = [
    *(case for name in FAMILIES for case in basics(name)),
    *option("Huber", "delta", delta=0.4),
    *option("CosineSimilarity", "axis", SEQUENCES, axis=1),
    *option("BinaryCrossentropy", "logits", (coins(4, 3), LOGITS), from_logits=True),
    *option("BinaryCrossentropy", "smoothing", label_smoothing=0.2),
    *option("BinaryCrossentropy", "logits and smoothing", (coins(4, 3), LOGITS), from_logits=True, label_smoothing=0.2),
    *option("BinaryCrossentropy", "axis", (coins(2, 3, 4), uniform(2, 3, 4, low=0.1, high=0.9)), axis=1),
    *option("BinaryFocalCrossentropy", "logits", (coins(4, 3), LOGITS), from_logits=True),
    *option("BinaryFocalCrossentropy", "balance", apply_class_balancing=True, alpha=0.7, gamma=1.5),
    *option("BinaryFocalCrossentropy", "smoothing", label_smoothing=0.1),
    *option("CategoricalCrossentropy", "logits", (one_hot(4, 3), LOGITS), from_logits=True),
    *option("CategoricalCrossentropy", "smoothing", label_smoothing=0.2),
    *option(
        "CategoricalCrossentropy",
        "logits and smoothing",
        (one_hot(4, 3), LOGITS),
        from_logits=True,
        label_smoothing=0.2,
    ),
    *option("CategoricalCrossentropy", "of unscaled probabilities", (one_hot(4, 3), uniform(4, 3, low=0.1, high=2.0))),
    *option("CategoricalCrossentropy", "axis", (one_hot(2, 3, 3), uniform(2, 3, 3, low=0.1)), axis=1),
    *option("CategoricalCrossentropy", "soft labels", (simplex(4, 3), simplex(4, 3))),
    *option("CategoricalFocalCrossentropy", "logits", (one_hot(4, 3), LOGITS), from_logits=True),
    *option("CategoricalFocalCrossentropy", "parameters", alpha=0.6, gamma=1.3),
    *option("CategoricalFocalCrossentropy", "smoothing", label_smoothing=0.1),
    *option("CategoricalGeneralizedCrossEntropy", "q", q=0.8),
    *option("SparseCategoricalCrossentropy", "logits", (integers(4, high=3), LOGITS), from_logits=True),
    *option(
        "SparseCategoricalCrossentropy", "ignored class", (given([0, 2, 1, 2], "int32"), simplex(4, 3)), ignore_class=2
    ),
    *option(
        "SparseCategoricalCrossentropy",
        "ignored negative class",
        (given([0, -1, 1, 2], "int32"), LOGITS),
        from_logits=True,
        ignore_class=-1,
    ),
    *option("SparseCategoricalCrossentropy", "axis", (integers(2, 3, high=3), uniform(2, 3, 3, low=0.1)), axis=1),
    *option("Dice", "axis", (coins(2, 3, 4), uniform(2, 3, 4)), axis=(1, 2)),
    *option("Tversky", "parameters", alpha=0.3, beta=0.7),
    *option("Tversky", "axis", (coins(2, 3, 4), uniform(2, 3, 4)), axis=(1, 2), alpha=0.3, beta=0.7),
    Case("circle parameters", build("Circle", gamma=4.0, margin=0.2), *FAMILIES["Circle"][1]),
    Case("circle keeps the diagonal", build("Circle", remove_diagonal=False), *FAMILIES["Circle"][1]),
    Case("ctc padded labels", build("CTC"), given([[1, 2, 0], [3, 0, 0]], "int32"), (2, 6, 4)),
    # Shapes: a missing last axis, labels as columns, sequences, weights of each shape, integer targets.
    Case("shapes column against vector", build("MeanSquaredError"), (4, 1), (4,)),
    Case("shapes vector against column", build("MeanSquaredError"), (4,), (4, 1)),
    Case(
        "shapes binary vector against column", build("BinaryCrossentropy"), coins(4), uniform(4, 1, low=0.1, high=0.9)
    ),
    Case("shapes sparse column", build("SparseCategoricalCrossentropy"), integers(4, 1, high=3), simplex(4, 3)),
    Case(
        "shapes sparse column of floats",
        build("SparseCategoricalCrossentropy"),
        given([[0.0], [2.0], [1.0]]),
        simplex(3, 3),
    ),
    Case("shapes sparse sequence", build("SparseCategoricalCrossentropy"), integers(2, 3, high=4), simplex(2, 3, 4)),
    Case("shapes sequence", build("MeanSquaredError"), *SEQUENCES),
    Case("shapes sequence weights per step", build("MeanSquaredError"), *SEQUENCES, given([[1, 0, 2], [0.5, 1, 0]])),
    Case("shapes sequence weights as column", build("MeanSquaredError"), *SEQUENCES, given([[0.5], [2.0]])),
    Case("shapes weights as column", build("MeanSquaredError"), *NUMBERS, given([[0.0], [0.5], [1.0], [2.0]])),
    Case("shapes scalar weight", build("MeanSquaredError"), *NUMBERS, given(0.5)),
    Case("integer targets", build("MeanSquaredError"), integers(4, 3, high=5), (4, 3)),
    Case("integer binary targets", build("BinaryCrossentropy"), coins(4, 3, dtype="int32"), PROBABILITIES[1]),
    Case("boolean targets", build("BinaryCrossentropy"), coins(4, 3, dtype="bool"), PROBABILITIES[1]),
    Case("hinge of zeros and ones", build("Hinge"), coins(4, 3), (4, 3)),
    Case("squared hinge of zeros and ones", build("SquaredHinge"), coins(4, 3), (4, 3)),
    # Where logarithms meet zero: Keras clips by epsilon.
    Case("binary certain", build("BinaryCrossentropy"), given([[1, 0, 1, 0]]), given([[1, 0, 0, 1]]), smooth=False),
    Case(
        "categorical certain",
        build("CategoricalCrossentropy"),
        given([[1, 0], [0, 1]]),
        given([[1, 0], [1, 0]]),
        smooth=False,
    ),
    Case(
        "sparse certain",
        build("SparseCategoricalCrossentropy"),
        given([0, 1], "int32"),
        given([[1, 0], [1, 0]]),
        smooth=False,
    ),
    Case("divergence of zeros", build("KLDivergence"), given([[0, 1.0]]), given([[0.5, 0.5]]), smooth=False),
    Case(
        "percentage of zeros",
        build("MeanAbsolutePercentageError"),
        given([[0, 1.0]]),
        given([[0.5, 0.5]]),
        smooth=False,
    ),
    Case(
        "logarithmic of negatives",
        build("MeanSquaredLogarithmicError"),
        given([[1.0, 2.0]]),
        given([[-0.5, 0.5]]),
        smooth=False,
    ),
    Case(
        "cosine of zeros",
        build("CosineSimilarity"),
        given([[0.0, 0.0], [1, 2]]),
        given([[1.0, 2.0], [2, 1]]),
        smooth=False,
    ),
    Case(
        "binary large logits",
        build("BinaryCrossentropy", from_logits=True),
        given([[1, 0, 1]]),
        given([[80.0, -80, -80]]),
    ),
    Case(
        "sparse large logits",
        build("SparseCategoricalCrossentropy", from_logits=True),
        given([2], "int32"),
        given([[500.0, 0, -500]]),
    ),
    Case("log cosh large", build("LogCosh"), given([[0.0, 0.0]]), given([[200.0, -200.0]])),
    *(by_name(name) for name in (*ALIASES, *(FAMILIES[name][0] for name in FAMILIES if name not in NEEDS_OPTION))),
    *(by_name(name) for name in ("MeanSquaredError", "SparseCategoricalCrossentropy", "CategoricalHinge")),
]
