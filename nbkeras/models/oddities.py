"""What is odd about a model as it stands: it can be trained, and probably was not meant so."""

from collections.abc import Iterator
from typing import Any

from nbkeras.layers import Dense, Flatten, Layer
from nbkeras.symbolic import Node

__all__ = ["oddities"]

HUGE = 1_000_000  # parameters; 4 MB, and four times that while Adam trains them
MOST = 0.5  # of all parameters of the model


def oddities(model: Any) -> list[str]:
    """Remarks on a model, each with the cure: weights of which none is trained, and a wide layer behind a Flatten."""
    return [*_frozen(model), *_wide(model)]


def _frozen(model: Any) -> Iterator[str]:
    if model.weights and not model.trainable_variables and any(not one.trainable for one in model._flatten_layers()):
        yield (
            "no weight is trained, because all layers are frozen; set trainable = True on the layers that shall learn, "
            "and call compile() again"
        )


def _wide(model: Any) -> Iterator[str]:
    """Dense layers that read all places of an image at once, and hold most of the parameters for it."""
    nodes = model.graph.nodes if model.graph is not None else []
    for node in nodes:
        layer = node.operation
        if not isinstance(layer, Dense) or not _reads_flattened(node):
            continue
        inputs, units = layer.kernel.shape
        parameters = inputs * units
        if parameters >= HUGE and parameters >= MOST * model.count_params():
            share = 100 * parameters / model.count_params()
            yield (
                f"{layer.title} holds {share:.0f} % of the parameters, because Flatten hands it {inputs:,} numbers; "
                "GlobalAveragePooling, or more pooling before Flatten, hands it fewer"
            )


def _reads_flattened(node: Node) -> bool:
    """Whether a node reads a Flatten, at once or through layers such as Dropout, which have no weights to choose by."""
    before = node.input_tensors[0].node
    while not isinstance(before.operation, Flatten) and _passes_on(before):
        before = before.input_tensors[0].node
    return isinstance(before.operation, Flatten)


def _passes_on(node: Node) -> bool:
    is_plain = isinstance(node.operation, Layer) and not node.operation.weights and bool(node.input_tensors)
    return is_plain and node.input_tensors[0].shape == node.output_tensors[0].shape
