"""Tables with columns of many kinds as numbers: each column prepared, some crossed, all joined to one vector."""

import numpy as np

from nbkeras import layers, ops, tree
from nbkeras.naming import unique_name
from nbkeras.serialization import deserialize_keras_object, serialize_keras_object
from nbkeras.utils.feature_data import as_array, as_dataset, column_of, standing
from nbkeras.utils.features import Cross, Feature, TFDConcat, TFDIdentity, cardinality_of

__all__ = ["FeatureSpace"]


class FeatureSpace(layers.Layer):
    """Prepares the columns of a table, each by its kind, and joins them to one vector for each row.

    Args:
        features: a dictionary from a column's name to its kind: a name of one, or what a method below returns.
        output_mode: `"concat"`: one vector for each row; `"dict"`: a dictionary of columns.
        crosses: columns to count as one category together, as tuples of names, or as `FeatureSpace.cross` returns.
        crossing_dim: the number of bins of a cross.
        hashing_dim: that of hashed columns.
        num_discretization_bins: that of discretized columns.

    Kinds: `"float"`, `"float_rescaled"`, `"float_normalized"`, `"float_discretized"`, `"integer_categorical"`,
    `"string_categorical"`, `"integer_hashed"`, `"string_hashed"`, and `feature(dtype, preprocessor, output_mode)` with
    a layer of your own. Categories come out one-hot, or with `output_mode="int"` as integers.

    Attributes:
        preprocessors, crossers: the layers, by the names of columns and of crosses (`"a_X_b"`).

    Example:
        >>> space = FeatureSpace({"age": "float_normalized", "job": "string_categorical"})
        >>> table = {"age": [20.0, 40.0, 60.0], "job": ["cook", "cook", "poet"]}
        >>> space.adapt(table)
        >>> space(table).shape
        (3, 4)
    """

    keras_module = "keras.utils"

    def __init__(
        self,
        features,
        output_mode="concat",
        crosses=None,
        crossing_dim=32,
        hashing_dim=32,
        num_discretization_bins=32,
        name=None,
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        if not features:
            raise ValueError("FeatureSpace expects features as a dictionary from columns to kinds, got none")
        if output_mode not in ("concat", "dict"):
            raise ValueError(f"output_mode must be 'concat' or 'dict', got {output_mode!r}")
        self.output_mode = output_mode
        self.crossing_dim = crossing_dim
        self.hashing_dim = hashing_dim
        self.num_discretization_bins = num_discretization_bins
        self.features = {column: self._feature(column, kind) for column, kind in features.items()}
        self.crosses = [self._cross(cross) for cross in crosses or []]
        self.inputs = {
            column: layers.Input((1,), dtype=feature.dtype, name=column) for column, feature in self.features.items()
        }
        self.preprocessors = {column: feature.preprocessor for column, feature in self.features.items()}
        self.crossers = {
            cross.name: layers.HashedCrossing(cross.crossing_dim, name=cross.name) for cross in self.crosses
        }
        self.one_hot_encoders = {}
        self.concat = TFDConcat(axis=-1)
        self.encoded_features = None
        self._is_adapted = False

    # --- kinds of columns ---------------------------------------------------------------------------------------

    @classmethod
    def cross(cls, feature_names, crossing_dim, output_mode="one_hot"):
        """Columns that count as one category together, in `crossing_dim` bins."""
        return Cross(feature_names, crossing_dim, output_mode=output_mode)

    @classmethod
    def feature(cls, dtype, preprocessor, output_mode):
        """A column that a layer of your own prepares; `output_mode` is `"int"`, `"one_hot"` or `"float"`."""
        return Feature(dtype, preprocessor, output_mode)

    @classmethod
    def float(cls, name=None):
        """Numbers that stay as they are."""
        return Feature("float32", TFDIdentity(dtype="float32", name=_name("float", name)), "float")

    @classmethod
    def float_rescaled(cls, scale=1.0, offset=0.0, name=None):
        """Numbers times `scale` plus `offset`."""
        return Feature("float32", layers.Rescaling(scale, offset, name=_name("float_rescaled", name)), "float")

    @classmethod
    def float_normalized(cls, name=None):
        """Numbers with mean 0 and variance 1 in the data that is adapted to."""
        return Feature("float32", layers.Normalization(axis=-1, name=_name("float_normalized", name)), "float")

    @classmethod
    def float_discretized(cls, num_bins, bin_boundaries=None, output_mode="one_hot", name=None):
        """Numbers as the bins that they fall into."""
        name = _name("float_discretized", name)
        preprocessor = layers.Discretization(
            num_bins=num_bins if bin_boundaries is None else None, bin_boundaries=bin_boundaries, name=name
        )
        return Feature("float32", preprocessor, output_mode)

    @classmethod
    def integer_categorical(cls, max_tokens=None, num_oov_indices=1, output_mode="one_hot", name=None):
        """Integers that are categories."""
        name = _name("integer_categorical", name)
        preprocessor = layers.IntegerLookup(name=name, max_tokens=max_tokens, num_oov_indices=num_oov_indices)
        return Feature("int32", preprocessor, output_mode)

    @classmethod
    def string_categorical(cls, max_tokens=None, num_oov_indices=1, output_mode="one_hot", name=None):
        """Texts that are categories."""
        name = _name("string_categorical", name)
        preprocessor = layers.StringLookup(name=name, max_tokens=max_tokens, num_oov_indices=num_oov_indices)
        return Feature("string", preprocessor, output_mode)

    @classmethod
    def string_hashed(cls, num_bins, output_mode="one_hot", name=None):
        """Texts that are categories, in bins by a hash."""
        return Feature("string", layers.Hashing(num_bins, name=_name("string_hashed", name)), output_mode)

    @classmethod
    def integer_hashed(cls, num_bins, output_mode="one_hot", name=None):
        """Integers that are categories, in bins by a hash."""
        return Feature("int32", layers.Hashing(num_bins, name=_name("integer_hashed", name)), output_mode)

    def _feature(self, column, kind):
        if isinstance(kind, Feature):
            return kind
        if isinstance(kind, dict):
            return deserialize_keras_object(kind)
        if kind not in KINDS:
            raise ValueError(f"column {column!r} expects one of the kinds {', '.join(KINDS)}, got {kind!r}")
        size = {"float_discretized": self.num_discretization_bins}.get(kind, self.hashing_dim)
        sized = kind in ("float_discretized", "integer_hashed", "string_hashed")
        return getattr(self, kind)(*([size] if sized else []), name=column)

    def _cross(self, cross):
        cross = deserialize_keras_object(cross) if isinstance(cross, dict) else cross
        cross = cross if isinstance(cross, Cross) else Cross(cross, self.crossing_dim)
        unknown = [column for column in cross.feature_names if column not in self.features]
        if unknown:
            raise ValueError(f"crosses name the columns {unknown}, which are not among features {list(self.features)}")
        return cross

    # --- adapting -----------------------------------------------------------------------------------------------

    def adapt(self, dataset):
        """Lets each column's layer learn what it needs of the data.

        Args:
            dataset: a dictionary of columns; or a `Dataset`, or another iterable that begins anew each time, of such
                dictionaries, of single rows or of batches.
        """
        dataset = as_dataset(dataset, self.title)
        for column in self._adaptable():
            self.preprocessors[column].adapt(column_of(dataset, column))
        self._is_adapted = True
        self.get_encoded_features()
        self.built = True

    def _adaptable(self):
        """The columns whose layers learn something of the data."""
        return [
            column for column, layer in self.preprocessors.items() if hasattr(layer, "adapt") and not _is_set(layer)
        ]

    def _check_adapted(self):
        if not self._is_adapted and self._adaptable():
            raise ValueError(f"{self.title} must see data first: call adapt(dataset)")

    def get_inputs(self):
        """The symbolic inputs for the columns, by name: those of a model that begins with raw data."""
        self._check_adapted()
        return self.inputs

    def get_encoded_features(self):
        """The symbolic outputs: inputs of a model on data that this object has prepared."""
        self._check_adapted()
        if self.encoded_features is None:
            self.encoded_features = self._encoded(self.inputs)
        return self.encoded_features

    # --- calling ------------------------------------------------------------------------------------------------

    def __call__(self, data):
        """The columns of a table, or of one row, as numbers.

        Args:
            data: a dictionary of columns, of shape `(rows,)` or `(rows, 1)`, or of single values.
        """
        if not isinstance(data, dict):
            raise ValueError(f"{self.title} expects a dictionary of columns, got {type(data).__name__}")
        self.get_encoded_features()
        missing = [column for column in self.features if column not in data]
        if missing:
            raise ValueError(f"{self.title} expects the columns {list(self.features)}, got {list(data)}")
        arrays = {column: as_array(data[column]) for column in self.features}
        is_row = any(np.ndim(array) == 0 for array in arrays.values())
        outputs = self._encoded({column: standing(array) for column, array in arrays.items()})
        return tree.map_structure(lambda y: y[0], outputs) if is_row else outputs

    def _encoded(self, columns):
        """Symbolic or real columns of shape (rows, 1), prepared, crossed and joined."""
        prepared = {column: self.preprocessors[column](x) for column, x in columns.items()}
        crossed = {
            cross.name: self.crossers[cross.name]([prepared[column] for column in cross.feature_names])
            for cross in self.crosses
        }
        specs = {**self.features, **{cross.name: cross for cross in self.crosses}}
        outputs = {
            name: self._one_hot(name, x) if specs[name].output_mode == "one_hot" else x
            for part in (prepared, crossed)
            for name, x in sorted(part.items())
        }
        if self.output_mode == "dict":
            return outputs
        for name, x in outputs.items():
            if "float" not in ops.dtype(x):
                raise ValueError(
                    f"{self.title} joins numbers, and '{name}' comes out as {ops.dtype(x)}; let it be one-hot, or give "
                    "output_mode='dict'"
                )
        return self.concat(list(outputs.values()))

    def _one_hot(self, name, x):
        if name not in self.one_hot_encoders:
            if "int" not in ops.dtype(x):
                raise ValueError(f"'{name}' with output_mode='one_hot' must come out as integers, got {ops.dtype(x)}")
            layer = self.preprocessors.get(name) or self.crossers[name]
            size = cardinality_of(name, layer)
            self.one_hot_encoders[name] = layers.CategoryEncoding(num_tokens=size, output_mode="multi_hot")
        return self.one_hot_encoders[name](x)

    # --- files --------------------------------------------------------------------------------------------------

    def get_config(self):
        return {
            "features": serialize_keras_object(self.features),
            "output_mode": self.output_mode,
            "crosses": serialize_keras_object(self.crosses),
            "crossing_dim": self.crossing_dim,
            "hashing_dim": self.hashing_dim,
            "num_discretization_bins": self.num_discretization_bins,
        }

    def get_build_config(self):
        """What the columns' layers were built for, by column."""
        return {column: layer.get_build_config() for column, layer in self.preprocessors.items()}

    def build_from_config(self, config):
        """Builds the columns' layers as `get_build_config` says."""
        for column, built in config.items():
            if built and not self.preprocessors[column].built:
                self.preprocessors[column].build_from_config(built)
        self._is_adapted = True

    def save(self, filepath):
        """Writes this object to a `.keras` file, which `load_model` reads."""
        from nbkeras.saving import save_model

        save_model(self, filepath)


KINDS = (
    *("float", "float_rescaled", "float_normalized", "float_discretized", "integer_categorical"),
    *("string_categorical", "integer_hashed", "string_hashed"),
)


def _name(kind, name):
    return f"{name or unique_name(kind)}_preprocessor"


def _is_set(layer):
    """Whether a layer was given what it would learn."""
    given = getattr(layer, "_given", None) is not None  # a Normalization's mean
    return given or getattr(layer, "_is_given", False) or getattr(layer, "num_bins", 0) is None
