"""The methods by name, which of them fit a model, and the one that is taken where none is named."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from nbkeras.explain.attention import AttentionMaps, attention_layers, attention_maps
from nbkeras.explain.explanation import Explanation
from nbkeras.explain.grad_cam import grad_cam, last_convolution
from nbkeras.explain.gradient import gradient_x_input, smooth_grad
from nbkeras.explain.occlusion import occlusion
from nbkeras.explain.path import integrated_gradients
from nbkeras.explain.permutation import Importance, permutation_importance
from nbkeras.explain.randomization import randomization_test
from nbkeras.explain.shapley import shap_values
from nbkeras.explain.subject import Subject
from nbkeras.models import Model
from nbkeras.serialization import did_you_mean

__all__ = ["METHODS", "default_method", "explain", "methods_for"]


@dataclass(frozen=True)
class Method:
    """A method of this room.

    Attributes:
        options: what `explain` hands on, by the names that `explain` has for it and those that the function has.
        enough: options for where ranks are compared, which need not be as exact.
        needs_targets: whether it measures a model on inputs and targets, rather than explain single examples.
    """

    function: Callable[..., Any]
    options: Mapping[str, str]
    enough: Mapping[str, Any] = field(default_factory=dict)
    needs_targets: bool = False


METHODS = {
    "integrated_gradients": Method(
        integrated_gradients, {"target": "target", "baseline": "baseline", "steps": "steps"}, {"steps": 32}
    ),
    "gradient_x_input": Method(gradient_x_input, {"target": "target"}),
    "smooth_grad": Method(smooth_grad, {"target": "target", "steps": "samples", "seed": "seed"}),
    "occlusion": Method(occlusion, {"target": "target", "baseline": "baseline"}),
    "grad_cam": Method(grad_cam, {"target": "target", "layer": "layer"}),
    "attention": Method(attention_maps, {"layer": "layer"}),
    "permutation": Method(
        permutation_importance, {"measure": "measure", "steps": "repeats", "seed": "seed"}, needs_targets=True
    ),
    "shap": Method(shap_values, {"target": "target", "baseline": "background", "steps": "evaluations", "seed": "seed"}),
}


def explain(
    model: Model,
    x: Any,
    y: Any = None,
    method: str | None = None,
    sanity: bool = False,
    seed: int | None = None,
    most: int | None = None,
    **options: Any,
) -> Explanation | AttentionMaps | Importance:
    """Explains what `model` gives for `x` by a method that fits the model, or by the one that is named.

    Args:
        model: a model.
        x: examples, or one.
        y: targets; only for `permutation`, and it is the method where they are given.
        method: one of `METHODS`; default `default_method`.
        sanity: whether the explanation is compared with those of random weights, see `randomization_test`.
        seed: of what a method or the sanity check draws; default 0.
        most: how many examples there may be; default any number.
        options: `target`, `layer`, `baseline`, `steps` or `measure`, as the methods take them: `baseline` is also the
            background of `shap`, and `steps` the samples of `smooth_grad`, the repeats of `permutation` and the
            evaluations of `shap`. Those that are `None` are not given.

    Raises:
        ValueError: for an unknown method, an option that it does not take, and what the method raises.
    """
    name = method or ("permutation" if y is not None else default_method(model, x))
    chosen = _method(name)
    given = {key: value for key, value in options.items() if value is not None}
    _check(name, chosen, given, y, sanity)
    passed = {chosen.options[key]: value for key, value in given.items()}
    if seed is not None and "seed" in chosen.options:
        passed["seed"] = seed
    if most is not None and not chosen.needs_targets:
        _check_rows(model, x, most)
    if chosen.needs_targets:
        return chosen.function(model, x, y, **passed)
    found = chosen.function(model, x, **passed)
    if not sanity:
        return found
    fixed = {**chosen.enough, **passed}
    if "target" in chosen.options:
        fixed["target"] = found.targets
    stages = randomization_test(model, lambda: chosen.function(model, x, **fixed).attributions, seed=seed or 0)
    return replace(found, sanity=stages)


def default_method(model: Model, x: Any) -> str:
    """The method for a kind of model: of those that fit it, the first.

    Gradient × embedding for tokens, Grad-CAM for images, maps for other models with attention, and else integrated
    gradients.
    """
    return methods_for(model, x)[0]


def methods_for(model: Model, x: Any) -> list[str]:
    """The methods that fit a model and examples, the best suited first; `shap` needs its package."""
    subject = Subject(model, x)
    attention = ["attention"] if attention_layers(model) else []
    if subject.table is not None:
        return ["gradient_x_input", "occlusion", *attention]
    if len(subject.leaves) > 1:
        return ["integrated_gradients", "gradient_x_input", "smooth_grad", *attention]
    gradients = ["integrated_gradients", "gradient_x_input", "smooth_grad"]
    if subject.leaves[0].ndim == 4 and last_convolution(subject) is not None:
        return ["grad_cam", "smooth_grad", "occlusion", "integrated_gradients", "gradient_x_input", *attention]
    tabular = ["permutation", "shap"] if subject.leaves[0].ndim == 2 else []
    return [*attention, *gradients, "occlusion", *tabular]


def _check_rows(model, x, most):
    rows = Subject(model, x).rows
    if rows > most:
        raise ValueError(
            f"at most {most} examples are explained at once, got {rows}; choose some, as X[:1], or give inputs and "
            "targets, which permutation importance takes all"
        )


def _method(name):
    key = name.lower().replace("-", "_")
    if key not in METHODS:
        cure = did_you_mean(key, METHODS) or f"; choose one of {', '.join(METHODS)}"
        raise ValueError(f"there is no method '{name}'{cure}")
    return METHODS[key]


def _check(name, method, given, y, sanity):
    """Raises ValueError for what the method does not take, and for targets that lack or are not wanted."""
    for option in given:
        if option not in method.options:
            takers = ", ".join(key for key, other in METHODS.items() if option in other.options)
            raise ValueError(f"{name} takes no {option}, which is for {takers or 'no method'}")
    if method.needs_targets and y is None:
        raise ValueError(f"{name} expects inputs and targets, X y, got no targets")
    if not method.needs_targets and y is not None:
        raise ValueError(f"{name} explains examples without their targets, got X y; leave out y")
    if method.needs_targets and sanity:
        raise ValueError(f"the sanity check is for methods that explain examples; {name} measures on data")
