"""The base of all losses."""

from nbkeras import masks, ops, tree
from nbkeras.dtype_policies import DTypePolicy
from nbkeras.losses.reduction import align_ranks, as_dtype, check_reduction, reduce_weighted
from nbkeras.naming import unique_name
from nbkeras.serialization import Configurable, serialize_keras_object

__all__ = ["Loss", "LossFunctionWrapper"]


class Loss(Configurable):
    """What training makes small: a number from targets and predictions.

    A subclass writes `call(y_true, y_pred)`, with `ops`, and returns one value per sample; the base weighs and reduces.

    Args:
        name: for logs; default from the class name.
        reduction: `"sum_over_batch_size"` (the mean over all values), `"mean"` (the same), `"sum"`,
            `"mean_with_sample_weight"` (the weighted mean), or `"none"` / `None` for the values themselves.
        dtype: in which it is computed; default `floatx()`.

    Example:
        >>> from nbkeras import ops
        >>> class Cubic(Loss):
        ...     def call(self, y_true, y_pred):
        ...         return ops.mean(ops.abs(y_true - y_pred) ** 3, axis=-1)
        >>> float(Cubic()([[0.0], [1.0]], [[1.0], [3.0]]))
        4.5
    """

    base_parameters = ("name", "reduction")

    def __init__(self, name=None, reduction="sum_over_batch_size", dtype=None):
        self.name = name or unique_name(type(self).__name__)
        self.reduction = check_reduction(reduction)
        self._dtype = DTypePolicy.of(dtype).compute_dtype

    @property
    def dtype(self):
        return self._dtype

    def __call__(self, y_true, y_pred, sample_weight=None):
        """The loss, weighted by `sample_weight` (one per sample, or of the shape of what `call` returns)."""
        with masks.scope():
            mask = None if tree.is_nested(y_pred) else masks.get(y_pred)
            values = self.call(self._converted(y_true), self._converted(y_pred))
            mask = _both(mask, masks.get(values))
            return reduce_weighted(values, sample_weight, mask, self.reduction, self.dtype)

    def call(self, y_true, y_pred):
        """One value per sample; subclasses write it."""
        raise NotImplementedError(f"{type(self).__name__} needs a method call(self, y_true, y_pred)")

    def get_config(self):
        """The arguments that make an equal loss; as in Keras, the dtype is not among them."""
        return {name: value for name, value in super().get_config().items() if name != "dtype"}

    def _converted(self, y):
        if not tree.is_nested(y) or _is_list_of_numbers(y):
            return as_dtype(y, self.dtype)
        return tree.map_structure(lambda leaf: as_dtype(leaf, self.dtype), y)


class LossFunctionWrapper(Loss):
    """A loss from a function `fn(y_true, y_pred, **options)` that returns one value per sample.

    The options can be read as attributes: `BinaryCrossentropy(from_logits=True).from_logits`.
    """

    def __init__(self, fn, reduction="sum_over_batch_size", name=None, dtype=None, **kwargs):
        super().__init__(name=name, reduction=reduction, dtype=dtype)
        self.fn = fn
        self._options = kwargs
        vars(self).update(kwargs)

    def call(self, y_true, y_pred):
        if not tree.is_nested(y_pred) and not tree.is_nested(y_true):
            y_true, y_pred = align_ranks(y_true, y_pred)
        return self.fn(y_true, y_pred, **self._options)

    def get_config(self):
        return {**super().get_config(), **serialize_keras_object(self._options)}

    def __repr__(self):
        return f"<{type(self).__name__} '{self.name}'>"


def _is_list_of_numbers(y):
    if isinstance(y, dict):
        return False
    leaves = tree.flatten(y)
    return not leaves or not getattr(leaves[0], "shape", ())


def _both(a, b):
    if a is None or b is None:
        return a if b is None else b
    return ops.logical_and(a, b)
