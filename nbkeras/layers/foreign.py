"""Keras' layers around models of other frameworks: there is no such framework below this one."""

from nbkeras.layers.layer import Layer

__all__ = ["FlaxLayer", "JaxLayer", "TFSMLayer", "TorchModuleWrapper"]


class ForeignLayer(Layer):
    """Raises at construction; `framework` and `cure` say why and what to do instead."""

    framework: str
    cure: str

    def _refuse(self):
        raise NotImplementedError(
            f"{type(self).__name__} runs a model of {self.framework}, which nbkeras does not bring; {self.cure}"
        )


class TFSMLayer(ForeignLayer):
    """A TensorFlow SavedModel as a layer, which needs TensorFlow: raises NotImplementedError."""

    framework = "TensorFlow"
    cure = "load the SavedModel with keras.layers.TFSMLayer of keras[tensorflow], or save the model as .keras"

    def __init__(
        self, filepath, call_endpoint="serve", call_training_endpoint=None, trainable=True, name=None, dtype=None
    ):
        self._refuse()


class TorchModuleWrapper(ForeignLayer):
    """A PyTorch module as a layer, which needs the PyTorch backend: raises NotImplementedError."""

    framework = "PyTorch"
    cure = "run the module by itself, or write it with nbkeras.layers and copy its weights by set_weights"

    def __init__(self, module, name=None, output_shape=None, **kwargs):
        self._refuse()


class JaxLayer(ForeignLayer):
    """A JAX function as a layer, which needs Keras on JAX: raises NotImplementedError."""

    framework = "JAX"
    cure = "write call_fn with nbkeras.ops as the call of a Layer, which the backends numpy and jax both run"

    def __init__(
        self,
        call_fn,
        init_fn=None,
        params=None,
        state=None,
        seed=None,
        native_serialization_platforms=None,
        **kwargs,
    ):
        self._refuse()


class FlaxLayer(ForeignLayer):
    """A Flax module as a layer, which needs Flax: raises NotImplementedError."""

    framework = "Flax"
    cure = "use keras.layers.FlaxLayer of keras[jax], or write the module with nbkeras.layers"

    def __init__(self, module, method=None, variables=None, **kwargs):
        self._refuse()
