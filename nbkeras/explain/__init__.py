"""Why a model gives what it gives: attributions of inputs, pixels and tokens, maps of attention, and tests of these.

Every method computes in inference mode with the engine's own gradients and leaves weights, random states and metrics
as they are.
"""

from nbkeras.explain.attention import AttentionMap, AttentionMaps, attention_maps
from nbkeras.explain.explanation import Explanation
from nbkeras.explain.grad_cam import grad_cam
from nbkeras.explain.gradient import gradient_x_input, smooth_grad
from nbkeras.explain.methods import METHODS, default_method, explain, methods_for
from nbkeras.explain.occlusion import occlusion
from nbkeras.explain.path import integrated_gradients
from nbkeras.explain.permutation import Importance, permutation_importance
from nbkeras.explain.randomization import Stage, is_alike, randomization_test, rank_correlation
from nbkeras.explain.shapley import shap_values

__all__ = [
    "METHODS",
    "AttentionMap",
    "AttentionMaps",
    "Explanation",
    "Importance",
    "Stage",
    "attention_maps",
    "default_method",
    "explain",
    "grad_cam",
    "gradient_x_input",
    "integrated_gradients",
    "is_alike",
    "methods_for",
    "occlusion",
    "permutation_importance",
    "randomization_test",
    "rank_correlation",
    "shap_values",
    "smooth_grad",
]
