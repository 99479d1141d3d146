"""Layers one after the other."""

from nbkeras.layers.layer import Layer

__all__ = ["Pipeline"]


class Pipeline(Layer):
    """Applies layers one after the other, to arrays or to dictionaries of them: a plan for preparing data.

    Unlike a `Sequential`, it is no model; outside of a model its layers augment, as `training` is True by default.

    Args:
        layers: a list.

    Example:
        >>> pipeline = Pipeline([AutoContrast(), CenterCrop(2, 2)])
        >>> pipeline(np.zeros((1, 4, 4, 3), "float32")).shape
        (1, 2, 2, 3)
    """

    def __init__(self, layers, name=None):
        super().__init__(name=name)
        self._pipeline_layers = list(layers)

    @property
    def layers(self):
        """The layers, in order."""
        return self._pipeline_layers

    def call(self, inputs, training=True, mask=None):
        for layer in self._pipeline_layers:
            inputs = layer(inputs, training=training)
        return inputs

    def compute_output_spec(self, inputs, training=None, mask=None):
        """As in inference: shapes do not depend on chance, and there is nothing to draw."""
        return super().compute_output_spec(inputs, training=False)

    def _converted(self, value):
        return value  # each layer converts what it gets
