"""What `compile` is given, for one and for several outputs: log names, values, and errors before the first step.

The names in logs are those of real Keras 3.15 for the same arguments.
"""

import re
import warnings
from types import SimpleNamespace

import numpy as np
import pytest

from nbkeras import layers, losses, metrics, models, ops, tree
from nbkeras.losses.checks import check_targets
from nbkeras.metrics.compile import CompileMetrics
from nbkeras.metrics.compile_loss import CompileLoss

RNG = np.random.default_rng(0)
A = RNG.integers(0, 2, (6, 1)).astype("float32")  # labels of the output "left"
B = RNG.normal(size=(6, 3)).astype("float32")  # targets of the output "right"
P = RNG.uniform(0.1, 0.9, (6, 1)).astype("float32")
Q = RNG.normal(size=(6, 3)).astype("float32")
W = RNG.uniform(0.0, 2.0, 6).astype("float32")
NAMES = ["left", "right"]

MSE = {"left": np.mean((A - P) ** 2), "right": np.mean((B - Q) ** 2)}
MAE = {"left": np.mean(np.abs(A - P)), "right": np.mean(np.abs(B - Q))}
WEIGHTED_MSE = {"left": np.mean((A - P)[:, 0] ** 2 * W), "right": np.mean(np.mean((B - Q) ** 2, axis=-1) * W)}
ACCURACY = np.mean((P > 0.5) == A)


def logs(y_true, y_pred, names=None, sample_weight=None, **compiled):
    """The loss and all logs after two batches."""
    loss = CompileLoss(compiled.get("loss"), compiled.get("loss_weights"), output_names=names)
    measured = CompileMetrics(compiled.get("metrics"), compiled.get("weighted_metrics"), output_names=names)
    total = metrics.Mean()
    for rows in (slice(0, 4), slice(4, 6)):
        part = [
            tree.map_structure(lambda a: None if a is None else a[rows], nest)  # noqa: B023
            for nest in (y_true, y_pred, sample_weight)
        ]
        value = loss(*part)
        if value is not None:
            total.update_state(value, sample_weight=len(range(6)[rows]))
        measured.update_state(*part)
    results = {metric.name: metric.result() for metric in loss.metrics} | measured.result()
    return {"loss": float(total.result())} | {name: float(value) for name, value in results.items()}


LIST, DICT = [P, Q], {"left": P, "right": Q}
TARGETS, BY_NAME = [A, B], {"left": A, "right": B}
TWO_LOSSES = {"loss": MSE["left"] + MSE["right"], "left_loss": MSE["left"], "right_loss": MSE["right"]}

# name -> y_true, y_pred, names of the outputs, arguments of compile (or sample_weight), expected logs
ONE = {
    "a name": (A, P, ["left"], {"loss": "mse"}, {"loss": MSE["left"]}),
    "a loss": (A, P, ["left"], {"loss": losses.MeanSquaredError()}, {"loss": MSE["left"]}),
    "a function": (A, P, None, {"loss": lambda t, p: ops.mean(ops.square(t - p), -1)}, {"loss": MSE["left"]}),
    "a list of one": (A, P, ["left"], {"loss": ["mse"]}, {"loss": MSE["left"]}),
    "by name": (A, P, ["left"], {"loss": {"left": "mse"}}, {"loss": MSE["left"]}),
    "weight": (A, P, ["left"], {"loss": "mse", "loss_weights": 0.5}, {"loss": 0.5 * MSE["left"]}),
    "list of one weight": (A, P, ["left"], {"loss": "mse", "loss_weights": [0.5]}, {"loss": 0.5 * MSE["left"]}),
    "no loss": (A, P, ["left"], {"metrics": ["mae"]}, {"loss": 0.0, "mae": MAE["left"]}),
    "metrics by name": (A, P, ["left"], {"metrics": {"left": ["mae"]}}, {"loss": 0.0, "mae": MAE["left"]}),
    "metrics in a list": (A, P, None, {"metrics": [["mae"]]}, {"loss": 0.0, "mae": MAE["left"]}),
    "names as written": (
        A,
        P,
        None,
        {"metrics": ["acc", "Accuracy", "MSE", metrics.MeanSquaredError(), losses.mean_squared_error]},
        {
            "loss": 0.0,
            "acc": ACCURACY,
            "Accuracy": ACCURACY,
            "MSE": MSE["left"],
            "mean_squared_error": MSE["left"],
            "mean_squared_error_1": MSE["left"],
        },
    ),
    "twice and weighted": (
        A,
        P,
        None,
        {"metrics": ["mse", "mse", "mae"], "weighted_metrics": ["mse", "mae", "accuracy"]},
        {
            "loss": 0.0,
            "mse": MSE["left"],
            "mse_1": MSE["left"],
            "mae": MAE["left"],
            "weighted_mse": MSE["left"],
            "weighted_mae": MAE["left"],
            "accuracy": ACCURACY,
        },
    ),
    "list of one output": (
        [A],
        [P],
        None,
        {"loss": ["mse"], "metrics": [["mae"]]},
        {"loss": MSE["left"], "mae": MAE["left"]},
    ),
    "dictionary of one output": (
        {"k": A},
        {"k": P},
        None,
        {"loss": {"k": "mse"}, "metrics": {"k": ["mae"]}},
        {"loss": MSE["left"], "mae": MAE["left"]},
    ),
}
SEVERAL = {
    "one loss for all": (TARGETS, LIST, NAMES, {"loss": "mse"}, TWO_LOSSES),
    "a list": (TARGETS, LIST, NAMES, {"loss": ["mse", "mse"]}, TWO_LOSSES),
    "by name": (TARGETS, LIST, NAMES, {"loss": {"right": "mse", "left": "mse"}}, TWO_LOSSES),
    "targets by name": (BY_NAME, LIST, NAMES, {"loss": "mse"}, TWO_LOSSES),
    "a tuple": (tuple(TARGETS), tuple(LIST), NAMES, {"loss": ["mse", "mse"]}, TWO_LOSSES),
    "a dictionary": (BY_NAME, DICT, None, {"loss": "mse"}, TWO_LOSSES),
    "a dictionary, losses in a list": (BY_NAME, DICT, None, {"loss": ["mse", "mse"]}, TWO_LOSSES),
    "a dictionary, targets in a list": (TARGETS, DICT, None, {"loss": "mse"}, TWO_LOSSES),
    "a dictionary, one loss": (BY_NAME, DICT, None, {"loss": {"right": "mse"}}, {"loss": MSE["right"]}),
    "a dictionary, one target": ({"right": B}, DICT, None, {"loss": {"right": "mse"}}, {"loss": MSE["right"]}),
    "a list without one loss": (TARGETS, LIST, NAMES, {"loss": ["mse", None]}, {"loss": MSE["left"]}),
    "only the targets needed": ([B], LIST, NAMES, {"loss": [None, "mse"]}, {"loss": MSE["right"]}),
    "weights in a list": (
        TARGETS,
        LIST,
        NAMES,
        {"loss": "mse", "loss_weights": [1.0, 0.5]},
        {**TWO_LOSSES, "loss": MSE["left"] + 0.5 * MSE["right"]},
    ),
    "weights by name": (
        TARGETS,
        LIST,
        NAMES,
        {"loss": ["mse", "mse"], "loss_weights": {"right": 0.5, "left": 1.0}},
        {**TWO_LOSSES, "loss": MSE["left"] + 0.5 * MSE["right"]},
    ),
    "no names": (
        TARGETS,
        LIST,
        None,
        {"loss": ["mse", "mae"], "metrics": [["mae"], ["mae", "mse"]]},
        {
            "loss": MSE["left"] + MAE["right"],
            "mse_loss": MSE["left"],
            "mae_loss": MAE["right"],
            "mae": MAE["left"],
            "mae_1": MAE["right"],
            "mse": MSE["right"],
        },
    ),
    "metrics in a list": (
        TARGETS,
        LIST,
        NAMES,
        {"metrics": [["mae", "accuracy"], "mse"]},
        {"loss": 0.0, "left_mae": MAE["left"], "left_accuracy": ACCURACY, "right_mse": MSE["right"]},
    ),
    "metrics by name": (
        TARGETS,
        LIST,
        NAMES,
        {"metrics": {"right": ["mae"], "left": "mse"}, "weighted_metrics": {"right": ["mae"]}},
        {"loss": 0.0, "left_mse": MSE["left"], "right_mae": MAE["right"], "right_weighted_mae": MAE["right"]},
    ),
    "metrics of a dictionary": (
        BY_NAME,
        DICT,
        None,
        {"metrics": {"right": ["mae"]}},
        {"loss": 0.0, "right_mae": MAE["right"]},
    ),
    "a nest": (
        {"x": [A, B], "y": A},
        {"x": [P, Q], "y": P},
        ["left", "right", "left"],
        {"loss": {"x": ["mse", "mae"], "y": "mae"}, "metrics": {"x": [["mae"], ["mse"]], "y": ["mse"]}},
        {
            "loss": MSE["left"] + MAE["right"] + MAE["left"],
            "x/left_loss": MSE["left"],
            "x/right_loss": MAE["right"],
            "y_loss": MAE["left"],
            "left_mae": MAE["left"],
            "right_mse": MSE["right"],
            "left_mse": MSE["left"],
        },
    ),
    "weights of rows": (
        TARGETS,
        LIST,
        NAMES,
        {"loss": "mse", "sample_weight": W},
        {
            "loss": WEIGHTED_MSE["left"] + WEIGHTED_MSE["right"],
            "left_loss": WEIGHTED_MSE["left"],
            "right_loss": WEIGHTED_MSE["right"],
        },
    ),
    "weights of rows by name": (
        BY_NAME,
        DICT,
        None,
        {"loss": "mse", "sample_weight": {"left": W, "right": None}},
        {
            "loss": WEIGHTED_MSE["left"] + MSE["right"],
            "left_loss": WEIGHTED_MSE["left"],
            "right_loss": MSE["right"],
        },
    ),
    "weighted metrics": (
        TARGETS,
        LIST,
        NAMES,
        {"metrics": [["mse"], []], "weighted_metrics": [["mse"], ["mse"]], "sample_weight": [W, W]},
        {
            "loss": 0.0,
            "left_mse": MSE["left"],
            "left_weighted_mse": WEIGHTED_MSE["left"] * 6 / W.sum(),
            "right_mse": WEIGHTED_MSE["right"] * 6 / W.sum(),
        },
    ),
}


@pytest.mark.parametrize("name", [*(f"one output: {name}" for name in ONE), *(f"several: {name}" for name in SEVERAL)])
def test_logs(name):
    kind, case = name.split(": ", 1)
    y_true, y_pred, names, options, expected = {"one output": ONE, "several": SEVERAL}[kind][case]
    found = logs(y_true, y_pred, names, **options)
    assert set(found) == set(expected)
    assert found == pytest.approx(expected, rel=1e-5)


SPARSE, ONE_HOT, SOFT = np.array([0, 2, 1]), np.eye(3, dtype="float32"), np.full((3, 3), 1 / 3, "float32")


@pytest.mark.parametrize(
    ("y_true", "y_pred", "kind"),
    [
        (A, P, "Binary"),
        (A[:, 0], P, "Binary"),
        (A[:, 0], P[:, 0], "Binary"),
        (SPARSE, SOFT, "SparseCategorical"),
        (SPARSE[:, None], SOFT, "SparseCategorical"),
        (ONE_HOT, SOFT, "Categorical"),
    ],
)
def test_names_that_fit_the_shapes(y_true, y_pred, kind):
    given = ["accuracy", "acc", "crossentropy", "ce"]
    measured = CompileMetrics(given)
    measured.build(y_true, y_pred)
    assert [metric.name for metric in measured.metrics] == given
    kinds = [type(metric).__name__ for metric in measured.metrics]
    assert kinds == [f"{kind}Accuracy"] * 2 + [f"{kind}Crossentropy"] * 2
    for name in ("crossentropy", "CE"):
        loss = CompileLoss(name)
        value = float(loss(y_true, y_pred))
        assert value == pytest.approx(float(getattr(losses, f"{kind}Crossentropy")()(y_true, y_pred)))


def test_states_exist_after_build():
    """The pure step needs to know every variable before it runs."""
    shapes = SimpleNamespace(shape=(None, 3)), SimpleNamespace(shape=(None, 3))
    measured = CompileMetrics(["f1_score", "r2_score", metrics.AUC(multi_label=True)], ["mse"])
    measured.build(*shapes)
    assert [variable.shape for variable in measured.variables] == [(3,)] * 4 + [()] + [(3,)] * 4 + [(200, 3)] * 4 + [
        ()
    ] * 2
    before = measured.variables
    measured.build(*shapes)
    assert all(a is b for a, b in zip(before, measured.variables, strict=True))


ARGUMENTS = {
    "unknown loss": ((A, P, None, {"loss": "mze"}), "unknown loss 'mze'; did you mean"),
    "unknown metric": ((A, P, None, {"metrics": ["acuracy"]}), "unknown metric 'acuracy'; did you mean 'accuracy'?"),
    "metrics as text": ((A, P, None, {"metrics": "accuracy"}), "write metrics=['accuracy']"),
    "no metric": ((A, P, None, {"metrics": [None]}), "must be a name, a metric or a function, got None"),
    "too many losses": ((A, P, None, {"loss": ["mse", "mae"]}), "loss has length 2, but the model has one output"),
    "too few losses": (
        (TARGETS, LIST, NAMES, {"loss": ["mse"]}),
        "length 1 for 2 outputs; give loss for the outputs 'left'",
    ),
    "unknown output": ((TARGETS, LIST, NAMES, {"loss": {"left": "mse", "rihgt": "mse"}}), "did you mean 'right'?"),
    "unknown only output": ((A, P, ["left"], {"loss": {"lefd": "mse"}}), "did you mean 'left'?"),
    "unknown output of metrics": ((TARGETS, LIST, NAMES, {"metrics": {"lfet": ["mse"]}}), "metrics names 'lfet'"),
    "metrics for one of two": ((TARGETS, LIST, NAMES, {"metrics": ["mse"]}), "metrics has length 1 for 2 outputs"),
    "too few weights": ((TARGETS, LIST, NAMES, {"loss": "mse", "loss_weights": [1.0]}), "loss_weights has length 1"),
    "a weight is missing": (
        (TARGETS, LIST, NAMES, {"loss": "mse", "loss_weights": {"left": 1.0}}),
        "loss_weights has 1 numbers for 2 losses",
    ),
    "weights as text": ((TARGETS, LIST, NAMES, {"loss": "mse", "loss_weights": "1, 2"}), "loss_weights must be"),
    "targets of one output": ((A, LIST, NAMES, {"loss": "mse"}), "y is for one output and the model has 2"),
    "targets are missing": (({"left": A}, DICT, None, {"loss": "mse"}), "y has nothing for the output right"),
    "targets of a metric are missing": (
        ({"left": A}, DICT, None, {"loss": {"left": "mse"}, "metrics": {"right": ["mse"]}}),
        "the output 'right', for which y has no targets",
    ),
    "no targets": ((None, P, None, {"loss": "mse"}), "y is None; call fit(x, y)"),
}


@pytest.mark.parametrize("name", ARGUMENTS)
def test_wrong_arguments(name):
    arguments, message = ARGUMENTS[name]
    with pytest.raises(ValueError) as caught:
        logs(*arguments[:3], **arguments[3])
    assert message in str(caught.value)


LOGITS = np.array([[-1.0, 2.0, 0.5]] * 3, "float32")
TARGET_ERRORS = {  # loss, targets, predictions -> part of the message
    "not one-hot": (
        "categorical_crossentropy",
        SPARSE,
        SOFT,
        "use loss='sparse_categorical_crossentropy', or y = to_cat",
    ),
    "not one-hot, a column": ("categorical_crossentropy", SPARSE[:, None], SOFT, "got integers of shape (batch, 1)"),
    "one unit": ("categorical_crossentropy", SPARSE, SOFT[:, :1], "use a sigmoid and loss='binary_crossentropy'"),
    "other number of classes": (
        "categorical_crossentropy",
        np.eye(4)[:3],
        SOFT,
        "the last layer has 3 units, the labels have 4 classes",
    ),
    "one-hot after all": (
        "sparse_categorical_crossentropy",
        ONE_HOT,
        SOFT,
        "use loss='categorical_crossentropy', or y = y.",
    ),
    "label too large": (
        "sparse_categorical_crossentropy",
        np.array([0, 3, 1]),
        SOFT,
        "from 0 to 2, got 3 (row 1); give the la",
    ),
    "numbered from 1": (
        "sparse_categorical_crossentropy",
        np.array([1, 3, 2]),
        SOFT,
        "number the classes from 0: y - 1",
    ),
    "label below 0": (
        "sparse_categorical_crossentropy",
        np.array([0, -1, 1]),
        SOFT,
        "got -1 (row 1); number the classes",
    ),
    "label between": (
        "sparse_categorical_crossentropy",
        np.array([0.5, 1, 2]),
        SOFT,
        "expects integer labels, got 0.5",
    ),
    "sparse with one unit": (
        "sparse_categorical_crossentropy",
        np.array([0, 1, 1]),
        SOFT[:, :1],
        "the last layer has 1 unit",
    ),
    "sparse of another rank": (
        "sparse_categorical_crossentropy",
        np.zeros((3, 4)),
        SOFT,
        "shape (batch,), got (batch, 4)",
    ),
    "binary beyond 1": ("binary_crossentropy", np.array([0, 2, 1]), P[:3], "from 0 to 1, got 2 (row 1)"),
    "signs": ("binary_crossentropy", np.array([-1, 1, 1]), P[:3], "write labels -1 and 1 as (y + 1) / 2"),
    "binary of another shape": (
        "binary_crossentropy",
        SPARSE,
        SOFT,
        "shape (batch, 3), got (batch,); for more than two",
    ),
    "numbers of another shape": (
        "mse",
        np.zeros((3, 4)),
        SOFT,
        "shape (batch, 3), got (batch, 4); change the last layer",
    ),
    "numbers of another rank": (
        "mae",
        np.zeros(3),
        SOFT,
        "expects targets of the predictions' shape (batch, 3), got (batch,)",
    ),
    "logits, sparse": (
        "sparse_categorical_crossentropy",
        SPARSE,
        LOGITS,
        "SparseCategoricalCrossentropy(from_logits=True)",
    ),
    "logits, categorical": (
        "categorical_crossentropy",
        ONE_HOT,
        LOGITS,
        "from -1 to 2, which are logits; end the model",
    ),
    "logits, binary": ("binary_crossentropy", ONE_HOT, LOGITS, "activation='sigmoid', or use loss=BinaryCrossentropy("),
}


@pytest.mark.parametrize("name", TARGET_ERRORS)
def test_targets_that_do_not_fit(name):
    loss, y_true, y_pred, message = TARGET_ERRORS[name]
    compiled = CompileLoss(loss, output_names=["head"])
    compiled.build(y_true, y_pred)
    with pytest.raises(ValueError) as caught:
        compiled.check(y_true, y_pred)
    assert re.search(r"^\w+ of output 'head' expects", str(caught.value))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("loss", "y_true", "y_pred"),
    [
        (losses.SparseCategoricalCrossentropy(ignore_class=-1), np.array([0, -1, 2]), SOFT),
        (losses.SparseCategoricalCrossentropy(from_logits=True), SPARSE, LOGITS),
        (losses.SparseCategoricalCrossentropy(), SPARSE[:, None], SOFT),
        (losses.BinaryCrossentropy(from_logits=True), A[:3], LOGITS[:, :1]),
        (losses.BinaryCrossentropy(), A[:3, 0], P[:3]),
        (losses.BinaryCrossentropy(), A[:3], P[:3, 0]),
        (losses.CategoricalCrossentropy(from_logits=True), ONE_HOT, LOGITS),
        (losses.CategoricalCrossentropy(), SOFT, SOFT),
        (losses.CategoricalHinge(), ONE_HOT, LOGITS),
        (losses.MeanSquaredError(), A[:3, 0], P[:3]),
        (losses.Hinge(), A[:3], LOGITS[:, :1]),
        (losses.Circle(), SPARSE, SOFT),
        (lambda y_true, y_pred: 0.0, SPARSE, LOGITS),
    ],
)
def test_targets_that_fit(loss, y_true, y_pred):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_targets(loss, y_true, y_pred)
        check_targets(loss, y_true, y_pred.shape)


def test_several_classes_in_a_row_is_a_warning():
    with pytest.warns(UserWarning, match="use a sigmoid and loss='binary_crossentropy'"):
        check_targets(losses.CategoricalCrossentropy(), np.ones((2, 3)), SOFT[:2])


def test_every_label_is_looked_at():
    """A wrong label in the last batch is told before the first step."""
    model = models.Sequential([layers.Dense(3, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(ValueError, match=r"got 3 \(row 49\)"):
        model.fit(np.zeros((50, 2)), np.array([0] * 49 + [3]), batch_size=4, verbose=0)


def test_evaluate_lists_metrics_as_they_were_given():
    model = models.Sequential([layers.Dense(1, activation="sigmoid")])
    model.compile("sgd", "mse", metrics=["mse", "accuracy", "mae"])
    x = RNG.normal(size=(6, 2))
    values = model.evaluate(x, A, verbose=0)
    by_name = model.evaluate(x, A, verbose=0, return_dict=True)
    assert values == [by_name[name] for name in ("loss", "mse", "accuracy", "mae")]
    assert model.test_on_batch(x, A) == pytest.approx(values)
