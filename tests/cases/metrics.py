"""Metrics over several uneven batches, with sample weights and every parameter; functions and names."""

from tests.cases.case import MetricCase as Case
from tests.cases.numbers import coins, given, integers, normal, one_hot, signs, simplex, uniform

ROWS = (4, 1, 3)  # the sizes of the batches


def batches(y_true, y_pred, weighted=False):
    """Uneven batches of the rows that `y_true(n)` and `y_pred(n)` describe."""
    plain = [(y_true(n), y_pred(n)) for n in ROWS]
    return [(*batch, uniform(n, low=0.2, high=2.0)) for batch, n in zip(plain, ROWS)] if weighted else plain


NUMBERS = (lambda n: normal(n, 3), lambda n: normal(n, 3))
POSITIVE = (lambda n: uniform(n, 3, low=0.1, high=2.0), lambda n: uniform(n, 3, low=0.1, high=2.0))
BINARY = (lambda n: coins(n, 1), lambda n: uniform(n, 1))
PROBABILITIES = (lambda n: coins(n, 3), lambda n: uniform(n, 3, low=0.02, high=0.98))
ONE_HOT = (lambda n: one_hot(n, 4), lambda n: simplex(n, 4))
SPARSE = (lambda n: integers(n, high=4), lambda n: simplex(n, 4))
SPARSE_COLUMN = (lambda n: integers(n, 1, high=4), lambda n: simplex(n, 4))
LABELS = (lambda n: integers(n, 1, high=3), lambda n: integers(n, 1, high=3))
SIGNS = (lambda n: signs(n, 3), lambda n: normal(n, 3))
LOGITS = (lambda n: coins(n, 3), lambda n: normal(n, 3, scale=3.0))
CLASS_LOGITS = (lambda n: one_hot(n, 4), lambda n: normal(n, 4, scale=3.0))
SPARSE_LOGITS = (lambda n: integers(n, high=4), lambda n: normal(n, 4, scale=3.0))

# Class, function (None: there is none), data.
MEANS = (
    ("MeanSquaredError", "mean_squared_error", NUMBERS),
    ("MeanAbsoluteError", "mean_absolute_error", NUMBERS),
    ("MeanAbsolutePercentageError", "mean_absolute_percentage_error", POSITIVE),
    ("MeanSquaredLogarithmicError", "mean_squared_logarithmic_error", POSITIVE),
    ("CosineSimilarity", None, NUMBERS),
    ("LogCoshError", None, NUMBERS),
    ("Hinge", "hinge", SIGNS),
    ("SquaredHinge", "squared_hinge", SIGNS),
    ("CategoricalHinge", "categorical_hinge", ONE_HOT),
    ("KLDivergence", "kl_divergence", ONE_HOT),
    ("Poisson", "poisson", POSITIVE),
    ("BinaryCrossentropy", "binary_crossentropy", PROBABILITIES),
    ("CategoricalCrossentropy", "categorical_crossentropy", ONE_HOT),
    ("SparseCategoricalCrossentropy", "sparse_categorical_crossentropy", SPARSE),
    ("Accuracy", None, LABELS),
    ("BinaryAccuracy", "binary_accuracy", PROBABILITIES),
    ("CategoricalAccuracy", "categorical_accuracy", ONE_HOT),
    ("SparseCategoricalAccuracy", "sparse_categorical_accuracy", SPARSE),
    ("TopKCategoricalAccuracy", "top_k_categorical_accuracy", (lambda n: one_hot(n, 9), lambda n: simplex(n, 9))),
    (
        "SparseTopKCategoricalAccuracy",
        "sparse_top_k_categorical_accuracy",
        (lambda n: integers(n, high=9), lambda n: simplex(n, 9)),
    ),
    ("RootMeanSquaredError", None, NUMBERS),
    ("R2Score", None, NUMBERS),
    ("PearsonCorrelation", "pearson_correlation", NUMBERS),
    ("ConcordanceCorrelation", "concordance_correlation", NUMBERS),
    ("F1Score", None, ONE_HOT),
    ("FBetaScore", None, ONE_HOT),
    ("AUC", None, PROBABILITIES),
    ("Precision", None, PROBABILITIES),
    ("Recall", None, PROBABILITIES),
    ("TruePositives", None, PROBABILITIES),
    ("TrueNegatives", None, PROBABILITIES),
    ("FalsePositives", None, PROBABILITIES),
    ("FalseNegatives", None, PROBABILITIES),
)
UNWEIGHTED = ("PearsonCorrelation", "ConcordanceCorrelation")


def build(class_name, **options):
    return lambda k: getattr(k.metrics, class_name)(**options)


def basics(name, function, data):
    yield Case(name, build(name), batches(*data))
    if name not in UNWEIGHTED:
        yield Case(f"{name} weights", build(name), batches(*data, weighted=True))
    if function:
        yield Case(f"{name} function", lambda k: getattr(k.metrics, function), batches(*data), function=True)


def option(class_name, label, data, weighted=False, **options):
    return Case(f"{class_name} {label}", build(class_name, **options), batches(*data, weighted=weighted))


def plain(function, label, data, **options):
    def bound(k):
        return lambda y_true, y_pred: getattr(k.metrics, function)(y_true, y_pred, **options)

    return Case(f"{function} {label}", bound, batches(*data), function=True)


def auc():
    for curve in ("ROC", "PR", "PRGAIN"):
        for method in ("interpolation", "minoring", "majoring"):
            options = {"curve": curve, "summation_method": method, "num_thresholds": 20}
            yield option("AUC", f"{curve} {method}", PROBABILITIES, **options)
            yield option("AUC", f"{curve} {method} weights", PROBABILITIES, weighted=True, **options)
    yield option("AUC", "thresholds", PROBABILITIES, thresholds=[0.1, 0.35, 0.4, 0.8])
    yield option("AUC", "multi label", PROBABILITIES, multi_label=True, num_labels=3, num_thresholds=15)
    yield option("AUC", "multi label unsized", PROBABILITIES, multi_label=True)
    yield option("AUC", "multi label weights", PROBABILITIES, weighted=True, multi_label=True, num_thresholds=15)
    yield Case(
        "AUC label weights",
        build("AUC", multi_label=True, label_weights=[0.2, 0.3, 0.5]),
        batches(*PROBABILITIES),
        config=False,  # Keras leaves an array in it
    )
    yield option("AUC", "multi label pr", PROBABILITIES, multi_label=True, curve="PR", num_thresholds=15)
    yield option("AUC", "logits", LOGITS, from_logits=True)


def confusion():
    for name in ("TruePositives", "TrueNegatives", "FalsePositives", "FalseNegatives"):
        yield option(name, "threshold", PROBABILITIES, thresholds=0.3)
        yield option(name, "thresholds", PROBABILITIES, weighted=True, thresholds=[0.2, 0.5, 0.8])
    for name in ("Precision", "Recall"):
        yield option(name, "threshold", PROBABILITIES, thresholds=0.3)
        yield option(name, "thresholds", PROBABILITIES, thresholds=[0.2, 0.5, 0.8])
        yield option(name, "top k", ONE_HOT, top_k=2)
        yield option(name, "top k thresholds", ONE_HOT, top_k=2, thresholds=[0.1, 0.3])
        yield option(name, "class", ONE_HOT, class_id=1)
        yield option(name, "class and threshold", ONE_HOT, class_id=1, thresholds=0.2)
        yield option(name, "top k of a class", ONE_HOT, class_id=2, top_k=2)
        yield option(name, "column", BINARY)
    yield Case("Precision of nothing", build("Precision"), [(given([[0.0]]), given([[0.1]]))])
    yield Case("Recall of nothing", build("Recall"), [(given([[0.0]]), given([[0.1]]))])
    for name, value in (
        ("PrecisionAtRecall", "recall"),
        ("RecallAtPrecision", "precision"),
        ("SensitivityAtSpecificity", "specificity"),
        ("SpecificityAtSensitivity", "sensitivity"),
    ):
        for number in (0.4, 0.8):
            yield option(name, f"{number}", PROBABILITIES, num_thresholds=25, **{value: number})
        yield option(name, "weights", PROBABILITIES, weighted=True, num_thresholds=25, **{value: 0.5})
        yield option(name, "class", ONE_HOT, class_id=1, **{value: 0.5})


def scores():
    for name, options in (("F1Score", {}), ("FBetaScore", {"beta": 2.0})):
        for average in ("micro", "macro", "weighted", None):
            yield option(name, f"{average}", ONE_HOT, average=average, **options)
        yield option(name, "threshold", PROBABILITIES, threshold=0.4, **options)
        yield option(name, "threshold weights", PROBABILITIES, weighted=True, threshold=0.4, average="macro", **options)
    for aggregation in ("uniform_average", "variance_weighted_average", None):
        yield option("R2Score", f"{aggregation}", NUMBERS, class_aggregation=aggregation)
    yield option("R2Score", "adjusted", NUMBERS, num_regressors=2)


def overlaps():
    """Intersection over union, of classes and of one-hot rows."""
    for weighted in (False, True):
        tail = " weights" if weighted else ""
        yield option("IoU", f"of some classes{tail}", LABELS, weighted, num_classes=3, target_class_ids=[0, 2])
        yield option("MeanIoU", f"of all classes{tail}", LABELS, weighted, num_classes=3)
        yield option("BinaryIoU", f"of both{tail}", BINARY, weighted, threshold=0.4)
        yield option("OneHotIoU", f"of one class{tail}", ONE_HOT, weighted, num_classes=4, target_class_ids=[1])
        yield option("OneHotMeanIoU", f"of all{tail}", ONE_HOT, weighted, num_classes=4)
    yield option("MeanIoU", "ignored class", LABELS, num_classes=3, ignore_class=1)
    yield option("IoU", "of probabilities", SPARSE, num_classes=4, target_class_ids=[0], sparse_y_pred=False)
    yield option("MeanIoU", "of one-hot targets", ONE_HOT, num_classes=4, sparse_y_true=False, sparse_y_pred=False)
    yield option("BinaryIoU", "of the first", PROBABILITIES, target_class_ids=[0])


def options():
    yield option("BinaryAccuracy", "threshold", PROBABILITIES, threshold=0.8)
    yield option("BinaryAccuracy", "column", BINARY)
    yield option("BinaryAccuracy", "vector", (lambda n: coins(n), lambda n: uniform(n)))
    yield option("BinaryAccuracy", "vector against column", (lambda n: coins(n), lambda n: uniform(n, 1)))
    yield option("BinaryCrossentropy", "logits", LOGITS, from_logits=True)
    yield option("BinaryCrossentropy", "smoothing", PROBABILITIES, label_smoothing=0.2)
    yield option("CategoricalCrossentropy", "logits", CLASS_LOGITS, from_logits=True, label_smoothing=0.1)
    yield option("SparseCategoricalCrossentropy", "logits", SPARSE_LOGITS, from_logits=True)
    yield option("SparseCategoricalCrossentropy", "ignored class", SPARSE, ignore_class=1)
    yield option("SparseCategoricalAccuracy", "column", SPARSE_COLUMN)
    yield option(
        "SparseCategoricalAccuracy", "sequences", (lambda n: integers(n, 2, high=3), lambda n: simplex(n, 2, 3))
    )
    yield option("CategoricalAccuracy", "sequences", (lambda n: one_hot(n, 2, 3), lambda n: simplex(n, 2, 3)))
    yield option("TopKCategoricalAccuracy", "two", ONE_HOT, k=2)
    yield option("SparseTopKCategoricalAccuracy", "two", SPARSE, k=2)
    yield option("SparseTopKCategoricalAccuracy", "column", SPARSE_COLUMN, k=2)
    yield option("CosineSimilarity", "axis", (lambda n: normal(n, 2, 3), lambda n: normal(n, 2, 3)), axis=1)
    yield option("PearsonCorrelation", "axis", (lambda n: normal(n, 2, 3), lambda n: normal(n, 2, 3)), axis=1)
    yield option("ConcordanceCorrelation", "axis", (lambda n: normal(n, 2, 3), lambda n: normal(n, 2, 3)), axis=1)
    yield option("MeanSquaredError", "named", NUMBERS, name="mine")
    yield Case(
        "MeanSquaredError weights per step",
        build("MeanSquaredError"),
        [(normal(n, 2, 3), normal(n, 2, 3), uniform(n, 2)) for n in ROWS],
    )
    yield Case(
        "MeanSquaredError scalar weight",
        build("MeanSquaredError"),
        [(normal(n, 2), normal(n, 2), given(0.5 * n)) for n in ROWS],
    )
    yield Case("Mean", build("Mean"), [(normal(n),) for n in ROWS])
    yield Case("Mean weights", build("Mean"), [(normal(n), uniform(n)) for n in ROWS])
    yield Case("Mean of blocks", build("Mean"), [(normal(n, 3), uniform(n)) for n in ROWS])
    yield Case("Mean of numbers", build("Mean"), [(given(1.5),), (given(2.5),)])
    yield Case("Sum", build("Sum"), [(normal(n),) for n in ROWS])
    yield Case("Sum weights", build("Sum"), [(normal(n), uniform(n)) for n in ROWS])
    yield Case(
        "MeanMetricWrapper",
        lambda k: k.metrics.MeanMetricWrapper(k.losses.huber, name="huber", delta=0.5),
        batches(*NUMBERS, weighted=True),
        config=False,
    )
    yield plain("binary_accuracy", "threshold", PROBABILITIES, threshold=0.7)
    yield plain("top_k_categorical_accuracy", "two", ONE_HOT, k=2)
    yield plain("sparse_top_k_categorical_accuracy", "two", SPARSE, k=2)
    yield plain("binary_crossentropy", "logits", LOGITS, from_logits=True)


ALIASES = {
    **dict.fromkeys(("mse", "MSE", "mae", "MAE", "mean_squared_error", "MeanSquaredError"), NUMBERS),
    **dict.fromkeys(("mape", "MAPE", "msle", "MSLE", "poisson"), POSITIVE),
    **dict.fromkeys(("bce", "BCE", "binary_crossentropy", "binary_accuracy", "AUC", "auc", "Precision"), PROBABILITIES),
    **dict.fromkeys(("categorical_crossentropy", "categorical_accuracy", "kl_divergence", "F1Score"), ONE_HOT),
    **dict.fromkeys(("sparse_categorical_crossentropy", "sparse_categorical_accuracy"), SPARSE),
    **dict.fromkeys(("hinge", "squared_hinge"), SIGNS),
    **dict.fromkeys(("cosine_similarity", "RootMeanSquaredError", "r2_score"), NUMBERS),
}

CASES = [
    *(case for row in MEANS for case in basics(*row)),
    *options(),
    *scores(),
    *confusion(),
    *overlaps(),
    *auc(),
    *(Case(f"name {name}", lambda k, name=name: k.metrics.get(name), batches(*data)) for name, data in ALIASES.items()),
]
