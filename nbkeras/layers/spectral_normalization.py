"""A layer whose kernel is kept at spectral norm 1."""

from nbkeras import initializers, ops
from nbkeras.layers.arguments import positive_integer
from nbkeras.layers.layer import InputSpec
from nbkeras.layers.wrappers import Wrapper
from nbkeras.variables import Scope

__all__ = ["SpectralNormalization"]


class SpectralNormalization(Wrapper):
    """Divides the kernel of a layer by its largest singular value: Miyato et al. (2018), arXiv:1802.05957.

    Each call in training does so with the singular value that `power_iterations` steps of the power method find,
    beginning where the call before it ended, and stores the quotient. Inference takes the kernel as it is. As in Keras
    on JAX, a step of `fit` computes with the quotient, and updates and keeps the kernel itself.

    Args:
        layer: one with a `kernel`, or an `Embedding`.
        power_iterations: steps for each call.

    Raises:
        ValueError: for a layer with neither `kernel` nor `embeddings`.

    Example:
        >>> SpectralNormalization(nbkeras.layers.Dense(3))(np.ones((2, 4), "float32")).shape
        (2, 3)
    """

    def __init__(self, layer, power_iterations=1, **kwargs):
        super().__init__(layer, **kwargs)
        self.power_iterations = positive_integer("power_iterations", power_iterations)

    def build(self, input_shape):
        super().build(input_shape)
        self.input_spec = InputSpec(min_ndim=1, axes={-1: input_shape[-1]})
        name = next((name for name in ("kernel", "embeddings") if hasattr(self.layer, name)), None)
        if name is None:
            raise ValueError(f"{self.title} expects a layer with kernel or embeddings, {self.layer.title} has neither")
        self.kernel = getattr(self.layer, name)
        self.vector_u = self.add_weight(
            name="vector_u",
            shape=(1, self.kernel.shape[-1]),
            initializer=initializers.TruncatedNormal(stddev=0.02),
            dtype=self.kernel.dtype,
            trainable=False,
        )

    def call(self, inputs, training=False):
        if training:
            vector_u, kernel = self.normalized_weights()
            self.vector_u.assign(vector_u)
            self.kernel.assign(kernel)
            with Scope([(self.kernel, kernel)], watch=lambda value: value):  # what is assigned has no gradient
                return ops.cast(self.layer(inputs), inputs.dtype)
        return ops.cast(self.layer(inputs), inputs.dtype)

    def normalized_weights(self):
        """The vector that the power method has come to, and the kernel divided by its spectral norm."""
        matrix = ops.reshape(self.kernel, (-1, self.kernel.shape[-1]))
        vector_u = self.vector_u.value
        for _ in range(self.power_iterations):
            vector_v = ops.normalize(ops.matmul(vector_u, ops.transpose(matrix)), axis=None)
            vector_u = ops.normalize(ops.matmul(vector_v, matrix), axis=None)
        vector_u, vector_v = ops.stop_gradient(vector_u), ops.stop_gradient(vector_v)
        norm = ops.matmul(ops.matmul(vector_v, matrix), ops.transpose(vector_u))
        zero = ops.all(ops.equal(matrix, 0))  # it has no direction, and stays
        kernel = ops.reshape(matrix / ops.where(zero, 1.0, norm), self.kernel.shape)
        return ops.where(zero, self.vector_u, vector_u), kernel
