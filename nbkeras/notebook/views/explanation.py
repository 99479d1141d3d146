"""An explanation as the notebook shows it: what is predicted and explained, the picture of the method, its checks."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nbkeras import tree
from nbkeras.explain import AttentionMaps, Explanation, Importance
from nbkeras.explain.prediction import predictions
from nbkeras.models import Model
from nbkeras.notebook.views.attention import attention_block
from nbkeras.notebook.views.explained import Words, facts
from nbkeras.notebook.views.features import features_block
from nbkeras.notebook.views.fitted import resized
from nbkeras.notebook.views.formats import plural
from nbkeras.notebook.views.html import bundle, text, varying
from nbkeras.notebook.views.importance import importance_block
from nbkeras.notebook.views.pixels import pixels_block
from nbkeras.notebook.views.sanity import sanity_block
from nbkeras.notebook.views.tokens import tokens_block

__all__ = ["explanation_bundle"]

TITLES = {
    "integrated_gradients": "integrated gradients (Sundararajan et al., 2017)",
    "gradient_x_input": "gradient × input (Shrikumar et al., 2016)",
    "smooth_grad": "SmoothGrad (Smilkov et al., 2017)",
    "occlusion": "occlusion (Zeiler & Fergus, 2014)",
    "grad_cam": "Grad-CAM (Selvaraju et al., 2017)",
    "shap_values": "Shapley values by the package shap (Lundberg & Lee, 2017)",
}

PIXELS = 36_000  # bytes of all pictures of pixels, which are a third more as text

Block = tuple[list[str], str]  # lines of text, and HTML


def explanation_bundle(model: Model, found: Explanation | AttentionMaps | Importance, words: Words) -> dict[str, str]:
    """What `explain` returned, as data by mime type.

    All but the first line varies from machine to machine with the weights, and stands inside marks for nbval.
    """
    if isinstance(found, Importance):
        head = f"{model.name} explained by permutation importance (Breiman, 2001): {plural(found.rows, 'row')}"
        blocks = [importance_block(found, words)]
    else:
        head = f"{model.name} explained by {_title(found)}: {_examples(found.inputs)}"
        blocks = [block for row in range(len(found.outputs)) for block in _example(model, found, row, words)]
        blocks += [sanity_block(found.sanity)] if found.sanity else []
    lines = "\n\n".join("\n".join(f"  {line}".rstrip() for line in part) for part, _ in blocks)
    html = "".join(part for _, part in blocks)
    return bundle(f"{head}\n{lines}", f"<p>{text(head)}</p>{varying(html)}")


def _title(found):
    if isinstance(found, AttentionMaps):
        return "the weights of its attention layers"
    is_embedding = found.method == "gradient_x_input" and found.tokens
    return "gradient × embedding (Shrikumar et al., 2016)" if is_embedding else TITLES[found.method]


def _examples(inputs):
    leaves = tree.flatten(inputs)
    shapes = " and ".join(str(leaf.shape[1:]) for leaf in leaves)
    return f"{plural(len(leaves[0]), 'example')} of shape {shapes}"


def _example(model: Model, found: Any, row: int, words: Words) -> Sequence[Block]:
    """What is said of one example: the facts, and the picture."""
    prediction = predictions(model, found.outputs)[row]
    said = facts(found, row, prediction, words)
    blocks = [(said, f"<p>{'<br>'.join(map(text, said))}</p>")]
    if isinstance(found, AttentionMaps):
        return [*blocks, *(attention_block(found, index, row, words) for index in range(len(found.maps)))]
    return [*blocks, _picture(model, found, row, words)]


def _picture(model, found, row, words):
    inputs = [leaf[row] for leaf in tree.flatten(found.inputs)]
    values = [np.asarray(one[row]) for one in tree.flatten(found.attributions)]
    if len(inputs) > 1:
        return features_block(inputs, values, getattr(model, "input_names", [""] * len(inputs)), words)
    x, one = inputs[0], values[0]
    if x.ndim == 3 and one.ndim >= 2:
        return pixels_block(found, x, one, most=PIXELS // (2 * len(found.outputs)))
    if one.ndim == 1 and len(one) != len(x):  # Grad-CAM over the steps of a convolution that has fewer of them
        one = resized(one[:, None], len(x), 1)[:, 0]
    if found.tokens:
        return tokens_block(x, one, words, len(found.outputs))
    return features_block([x], [one], [""], words)
