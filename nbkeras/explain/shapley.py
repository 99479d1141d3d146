"""Shapley values by the package shap."""

from typing import Any

import numpy as np

from nbkeras.explain.explanation import Explanation
from nbkeras.explain.subject import Subject
from nbkeras.models import Model

__all__ = ["shap_values"]


def shap_values(
    model: Model, x: Any, target: Any = None, background: Any = None, evaluations: int | None = None, seed: int = 0
) -> Explanation:
    """Shapley values of the features, estimated by the package `shap` over permutations of them.

    Lundberg & Lee (2017), *A unified approach to interpreting model predictions*, arXiv:1705.07874; Štrumbelj &
    Kononenko (2014), *Explaining prediction models and individual predictions with feature contributions*.

    Args:
        model: with one input and one output.
        x: examples (rows, …), or one.
        target: which output; default the largest of each row.
        background: examples from which absent features take their values; default one of zeros.
        evaluations: of the model for each example, at least twice the features and one; default ten such rounds.
        seed: of the permutations.

    Returns:
        An `Explanation`; the attributions add up to the output less its mean over the background.

    Raises:
        ImportError: without the package.

    Example:
        >>> shap_values(net, X_test[:1], background=X_train[:50]).attributions.shape
        (1, 4)
    """
    shap = _package()
    subject = Subject(model, x)
    x = subject.only("shap_values")
    targets = subject.targets(target)
    absent = _background(x, background)
    found, gap = np.zeros(x.shape), np.zeros(len(x))
    for row, chosen in enumerate(targets):

        def output(rows, chosen=chosen):
            batch = rows.reshape(-1, *x.shape[1:]).astype(x.dtype)
            return subject.values([batch], np.full(len(batch), chosen))

        flat = absent.reshape(len(absent), -1)
        masker = shap.maskers.Independent(flat, max_samples=len(flat))
        explainer = shap.PermutationExplainer(output, masker, seed=seed)
        most = evaluations or 10 * (2 * flat.shape[1] + 1)
        values = explainer(x[row].reshape(1, -1), max_evals=most, silent=True).values
        found[row] = values.reshape(x.shape[1:])
        gap[row] = output(x[row : row + 1])[0] - output(absent).mean()
    missed = np.abs(found.reshape(len(x), -1).sum(1) - gap)
    return subject.explanation(
        "shap_values",
        [found],
        targets,
        baseline=absent,
        settings={"background": len(absent), "evaluations": most},
        residual=missed / np.maximum(np.abs(gap), np.finfo("float32").tiny),
        gap=gap,
    )


def _package():
    try:
        import shap
    except ModuleNotFoundError as error:
        if error.name != "shap":
            raise
        raise ImportError("shap_values needs the package shap: pip install 'nbkeras[shap]'") from None
    return shap


def _background(x, background):
    if background is None:
        return np.zeros((1, *x.shape[1:]), x.dtype)
    background = np.asarray(background, x.dtype)
    if background.ndim < x.ndim:
        background = np.broadcast_to(background, x.shape[1:])[None]
    if background.shape[1:] != x.shape[1:]:
        raise ValueError(f"background expects examples of shape {x.shape[1:]}, got {background.shape}")
    return background
