"""Numbers as the bins that they fall into."""

import numpy as np

from nbkeras import ops
from nbkeras.layers.arguments import not_supported
from nbkeras.layers.layer import Layer
from nbkeras.layers.preprocessing.batches import batches_of
from nbkeras.layers.preprocessing.encoding import encoded, encoded_shape, output_mode_of
from nbkeras.layers.preprocessing.quantiles import boundaries_of, merged, summary_of
from nbkeras.symbolic import KerasTensor

__all__ = ["Discretization"]


class Discretization(Layer):
    """The number of the bin that each value falls into, from 0; bin `i` ends before `bin_boundaries[i]`.

    Args:
        bin_boundaries: in ascending order; `[0, 1]` makes the bins below 0, from 0 to below 1, and from 1.
        num_bins: how many bins of about as many values each `adapt` shall make, in place of `bin_boundaries`.
        epsilon: how far a boundary may be from the true quantile, as a share of the values.
        output_mode: `"int"`, or `"one_hot"`, `"multi_hot"`, `"count"` as in `CategoryEncoding`.
        sparse: must be False.

    Example:
        >>> Discretization(bin_boundaries=[0.0, 1.0, 2.0])(np.array([[-1.5, 1.0], [0.5, 4.0]]))
        array([[0, 2],
               [1, 3]], dtype=int32)
    """

    def __init__(
        self,
        bin_boundaries=None,
        num_bins=None,
        epsilon=0.01,
        output_mode="int",
        sparse=False,
        dtype=None,
        name=None,
        **kwargs,
    ):
        super().__init__(name=name, dtype=dtype, **kwargs)
        not_supported(sparse=sparse)
        if num_bins is not None and num_bins < 0:
            raise ValueError(f"num_bins must be 0 or more, got {num_bins!r}")
        if (num_bins is None) == (bin_boundaries is None):
            got = f"got num_bins={num_bins!r} and bin_boundaries={bin_boundaries!r}"
            raise ValueError(f"Discretization needs either num_bins, for adapt, or bin_boundaries, {got}")
        self.bin_boundaries = bin_boundaries
        self.num_bins = num_bins
        self.epsilon = epsilon
        self.output_mode = output_mode_of(output_mode, ("int", "one_hot", "multi_hot", "count"))
        self.sparse = sparse
        self.reset_state()

    @property
    def output_dtype(self):
        """The dtype of the outputs: int32 for numbers of bins, else that of the layer."""
        return "int32" if self.output_mode == "int" else self.compute_dtype

    def adapt(self, data, steps=None):
        """Makes the bins of the quantiles of `data`, forgetting earlier ones.

        Args:
            data: an array, or an iterable of batches, a dataset say.
            steps: how many batches of an iterable to read; default all.

        Raises:
            ValueError: if `bin_boundaries` were given.
        """
        self.reset_state()
        for batch in batches_of(data, steps):
            self.update_state(batch)
        self.finalize_state()

    def update_state(self, data):
        """Adds a batch to what is known of the quantiles."""
        if self.num_bins is None:
            raise ValueError(f"{self.title} was given its bin_boundaries, so there is nothing to adapt; give num_bins")
        self.summary = merged(summary_of(np.asarray(data, "float32"), self.epsilon), self.summary, self.epsilon)

    def finalize_state(self):
        """Makes the bins of what is known of the quantiles."""
        if self.num_bins is not None:
            if not self.summary.size:
                raise ValueError(f"{self.title} expects data to adapt to, got none")
            self.bin_boundaries = boundaries_of(self.summary, self.num_bins).tolist()

    def reset_state(self):
        """Forgets what is known of the quantiles."""
        self.summary = np.zeros((2, 0), "float32")

    def call(self, inputs):
        if self.bin_boundaries is None:
            raise ValueError(f"{self.title} has no bins yet; call adapt(data), or give bin_boundaries")
        bins = ops.digitize(inputs, np.asarray(self.bin_boundaries, "float32"))
        return encoded(bins, self.output_mode, len(self.bin_boundaries) + 1, self.output_dtype)

    def compute_output_spec(self, inputs):
        depth = self.num_bins if self.bin_boundaries is None else len(self.bin_boundaries) + 1
        return KerasTensor(encoded_shape(inputs.shape, self.output_mode, depth), self.output_dtype)

    def load_own_variables(self, store):
        """Takes the summary of quantiles that older versions of Keras stored; the bins are in the configuration."""
        if "0" in store:
            self.summary = np.asarray(store["0"])

    def get_config(self):
        boundaries = None if self.bin_boundaries is None else np.asarray(self.bin_boundaries).tolist()
        config = {**super().get_config(), "bin_boundaries": boundaries, "dtype": self.dtype}
        config.pop("trainable")  # Keras' constructor does not take it
        return config

    @classmethod
    def from_config(cls, config):
        """A new layer from what `get_config` returned; of one that was adapted, with its bins."""
        boundaries = config.get("bin_boundaries")
        if boundaries is None or config.get("num_bins") is None:
            return super().from_config(config)
        layer = super().from_config({**config, "bin_boundaries": None})
        layer.bin_boundaries = boundaries
        return layer
