"""The columns of a `FeatureSpace`, and crosses of them."""

from nbkeras import layers, ops
from nbkeras.serialization import Configurable

__all__ = ["Cross", "Feature", "TFDConcat", "TFDIdentity", "cardinality_of"]

HOME = "keras.src.layers.preprocessing.feature_space"  # where Keras has them, who gives them no public name


class Cross(Configurable):
    """Columns that count as one category together.

    Args:
        feature_names: of the columns.
        crossing_dim: the number of bins.
        output_mode: `"int"` or `"one_hot"`.
    """

    keras_module = HOME

    def __init__(self, feature_names, crossing_dim, output_mode="one_hot"):
        self.feature_names = tuple(feature_names)
        self.crossing_dim = crossing_dim
        self.output_mode = _checked(output_mode, ("int", "one_hot"))

    @property
    def name(self):
        """The names of the columns, joined."""
        return "_X_".join(self.feature_names)


class Feature(Configurable):
    """A column: the dtype of its raw values, the layer that prepares them, and how they come out.

    Args:
        dtype: of the raw values, `"string"` for text.
        preprocessor: a layer.
        output_mode: `"int"`, `"one_hot"` or `"float"`.
    """

    keras_module = HOME

    def __init__(self, dtype, preprocessor, output_mode):
        self.dtype = dtype
        self.preprocessor = preprocessor
        self.output_mode = _checked(output_mode, ("int", "one_hot", "float"))


class TFDIdentity(layers.Layer):
    """What stays as it is, as floats."""

    keras_module = HOME

    def call(self, x):
        return ops.cast(x, self.compute_dtype)


class TFDConcat(layers.Layer):
    """Columns side by side."""

    keras_module = HOME

    def __init__(self, axis, **kwargs):
        super().__init__(**kwargs)
        self.axis = axis

    def call(self, xs):
        return ops.concatenate(xs, axis=self.axis)


def cardinality_of(name, layer):
    """How many categories come out of the layer of the column or cross `name`."""
    if isinstance(layer, (layers.IntegerLookup, layers.StringLookup)):
        return layer.vocabulary_size()
    if isinstance(layer, layers.Discretization):
        return layer.num_bins or len(layer.bin_boundaries) + 1
    if isinstance(layer, (layers.HashedCrossing, layers.Hashing)):
        return layer.num_bins
    if isinstance(layer, layers.CategoryEncoding):
        return layer.num_tokens
    raise ValueError(
        f"'{name}' cannot come out one-hot, since nobody knows how many categories {layer.title} gives; let its "
        "output_mode be 'int'"
    )


def _checked(output_mode, modes):
    if output_mode not in modes:
        raise ValueError(f"output_mode must be one of {', '.join(map(repr, modes))}, got {output_mode!r}")
    return output_mode
