"""The layer that `add_loss(tensor)` of a declaration puts at the end of the model."""

from nbkeras import metrics
from nbkeras.layers import Layer
from nbkeras.serialization import register_keras_serializable

__all__ = ["AddLoss"]


@register_keras_serializable("nbkeras")
class AddLoss(Layer):
    """Passes its first input on and adds the mean of its second one to the loss."""

    def __init__(self, name=None, **base):
        super().__init__(name=name, **base)
        self.tracker = metrics.Mean(name=self.name)

    def call(self, x, loss):
        self.add_loss(loss)
        self.tracker.update_state(loss)
        return x
