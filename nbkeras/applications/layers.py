"""The layers that only architectures have."""

from nbkeras import initializers
from nbkeras.layers import Layer

__all__ = ["CustomScaleLayer", "LayerScale"]


class CustomScaleLayer(Layer):
    """`a + scale * b` of two inputs: how Inception-ResNet adds a residual.

    Args:
        scale: a number; small ones keep training stable, by section 3.3 of arXiv:1602.07261.
    """

    keras_module = "keras.src.applications.inception_resnet_v2"

    def __init__(self, scale, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, inputs):
        shortcut, change = inputs
        return shortcut + change * self.scale


class LayerScale(Layer):
    """Each channel times a learned factor: Touvron et al. (2021), arXiv:2103.17239.

    Args:
        init_values: what the factors begin with.
        projection_dim: the number of channels.
    """

    keras_module = "keras.src.applications.convnext"

    def __init__(self, init_values, projection_dim, **kwargs):
        super().__init__(**kwargs)
        self.init_values = init_values
        self.projection_dim = projection_dim

    def build(self, input_shape):
        self.gamma = self.add_weight((self.projection_dim,), initializers.Constant(self.init_values), name="gamma")

    def call(self, x):
        return x * self.gamma
