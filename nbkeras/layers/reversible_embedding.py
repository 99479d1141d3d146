"""An embedding that also goes back, from vectors to scores of the integers."""

from nbkeras import masks, ops
from nbkeras.layers.core import Embedding

__all__ = ["ReversibleEmbedding"]


class ReversibleEmbedding(Embedding):
    """Integers to vectors, and with `reverse=True` vectors to logits: Press & Wolf (2016), arXiv:1608.05859.

    (batch, …) → (batch, …, output_dim), and (batch, …, output_dim) → (batch, …, input_dim).

    Args:
        input_dim, output_dim, embeddings_initializer, embeddings_regularizer, embeddings_constraint, mask_zero: as of
            `Embedding`.
        tie_weights: whether the way back takes the same weights, transposed, or weights of its own.
        reverse_dtype: of the way back; default that of its input.
        logit_soft_cap: logits `z` become `cap * tanh(z / cap)`; default as they are.

    Example:
        >>> layer = ReversibleEmbedding(10, 4)
        >>> layer(layer(np.array([[1, 2]])), reverse=True).shape
        (1, 2, 10)
    """

    base_parameters = ("activity_regularizer", "quantization_config")

    def __init__(
        self,
        input_dim,
        output_dim,
        tie_weights=True,
        embeddings_initializer="uniform",
        embeddings_regularizer=None,
        embeddings_constraint=None,
        mask_zero=False,
        reverse_dtype=None,
        logit_soft_cap=None,
        **kwargs,
    ):
        super().__init__(
            input_dim,
            output_dim,
            embeddings_initializer,
            embeddings_regularizer,
            embeddings_constraint,
            mask_zero,
            **kwargs,
        )
        self.tie_weights = tie_weights
        self.reverse_dtype = reverse_dtype
        self.logit_soft_cap = logit_soft_cap

    def build(self, input_shape=None):
        super().build(input_shape)
        if not self.tie_weights:
            self.reverse_embeddings = self.add_weight(
                name="reverse_embeddings",
                shape=(self.output_dim, self.input_dim),
                initializer=self.embeddings_initializer,
            )

    def call(self, inputs, reverse=False):
        if reverse:
            return self._reversed(inputs)
        vectors = super().call(inputs)
        if self.mask_zero:
            masks.set(vectors, super().compute_mask(inputs))
        return vectors

    def _reversed(self, vectors):
        kernel = ops.transpose(self.embeddings) if self.tie_weights else self.reverse_embeddings
        if self.reverse_dtype is not None:
            vectors, kernel = ops.cast(vectors, self.reverse_dtype), ops.cast(kernel, self.reverse_dtype)
        logits = ops.matmul(vectors, kernel)
        cap = self.logit_soft_cap
        return logits if cap is None else ops.tanh(logits / cap) * cap

    def compute_mask(self, inputs, mask=None):
        return None  # logits have none, and vectors get theirs in `call`
