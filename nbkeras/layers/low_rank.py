"""Low-rank adaptation: a trained weight stays as it is, and training moves a product of two thin matrices beside it."""

from nbkeras import initializers, ops
from nbkeras.layers.arguments import positive_integer
from nbkeras.layers.layer import Layer

__all__ = ["LowRankAdaptable", "adaptable_weight"]


def adaptable_weight(name):
    """A property for the attribute `name`: the variable `_name`, or what it and its low-rank change add up to."""

    def get(self):
        variable = self.__dict__.get(f"_{name}")
        if variable is None:
            raise AttributeError(f"{self.title} has no {name} yet; call build(input_shape) or call it on data first")
        return self.merged_weight() if self.lora_enabled else variable

    return property(get, doc=f"The weight `{name}`, with the low-rank change where there is one.")


class LowRankAdaptable(Layer):
    """A layer one weight of which can be adapted by `enable_lora`: Hu et al. (2021), arXiv:2106.09685.

    A subclass names the weight, keeps its variable in `_<name>`, and calls `begin_lora` at the end of `build`.

    Args:
        lora_rank: the rank of the change, which is then enabled when the layer is built; default none.
        lora_alpha: the change is multiplied by `lora_alpha / lora_rank`; default `lora_rank`.
    """

    adapted = "kernel"
    lora_enabled = False

    def __init__(self, *args, lora_rank=None, lora_alpha=None, **kwargs):
        super().__init__(*args, **kwargs)
        self.lora_rank = None if lora_rank is None else positive_integer("lora_rank", lora_rank)
        self.lora_alpha = lora_rank if lora_alpha is None else lora_alpha

    def begin_lora(self):
        """Enables the change that the constructor was asked for."""
        if self.lora_rank is not None:
            self.built = True
            self.enable_lora(self.lora_rank, self.lora_alpha)

    def enable_lora(self, rank, lora_alpha=None, a_initializer="he_uniform", b_initializer="zeros"):
        """Freezes the layer's weight and adds `lora_alpha / rank · A · B`, whose two factors training moves.

        Args:
            rank: the columns of A and rows of B.
            lora_alpha: default `rank`, which makes the factor 1.
            a_initializer, b_initializer: what A and B start with; with zeros in one the layer first gives what it gave.

        Saved weights are the sum; loading them sets A and B to 0.

        Raises:
            ValueError: for a layer that has not been built, that has a constraint on the weight, or has a change.
        """
        name = self.adapted
        if getattr(self, f"{name}_constraint") is not None:
            raise ValueError(f"{self.title}: enable_lora expects no {name}_constraint, got one; leave it out")
        if not self.built:
            raise ValueError(f"{self.title}: enable_lora expects a layer that is built; call it on data first")
        if self.lora_enabled:
            raise ValueError(f"{self.title}: enable_lora expects a layer without a low-rank change, this one has one")
        rank = positive_integer("rank", rank)
        *rows, columns = self._adapted_variable.shape
        self.lora_a = self._add_factor("a", (*rows, rank), a_initializer)
        self.lora_b = self._add_factor("b", (rank, columns), b_initializer)
        self._adapted_variable.trainable = False
        self.lora_rank = rank
        self.lora_alpha = rank if lora_alpha is None else lora_alpha
        self.lora_enabled = True

    @property
    def _adapted_variable(self):
        return getattr(self, f"_{self.adapted}")

    def _add_factor(self, letter, shape, initializer):
        name = f"lora_{self.adapted}_{letter}"
        factor = self.add_weight(
            name=name,
            shape=shape,
            dtype="float64" if self.variable_dtype == "float64" else "float32",  # never less, for small changes
            initializer=initializers.get(initializer),
            regularizer=getattr(self, f"{self.adapted}_regularizer"),
        )
        setattr(self, name, factor)
        return factor

    def merged_weight(self, dtype=None):
        """The frozen weight with the low-rank change added, in `dtype` (default that of computation)."""
        change = (self.lora_alpha / self.lora_rank) * ops.matmul(self.lora_a, self.lora_b)
        return ops.cast(self._adapted_variable + change, dtype or self.compute_dtype)

    def _own_variables(self):
        own = super()._own_variables()
        if not self.lora_enabled:
            return own
        order = {id(v): place for place, v in enumerate(self._weights)}
        return sorted(own, key=lambda v: order.get(id(v), len(order)))  # freezing a weight does not move it

    def save_own_variables(self, store):
        """Stores the layer's variables, the low-rank change merged into its weight."""
        if not self.lora_enabled:
            return super().save_own_variables(store)
        for index, variable in enumerate(self._stored_variables()):
            merged = variable is self._adapted_variable
            store[str(index)] = self._merged_array() if merged else variable
        return None

    def _merged_array(self):
        return ops.convert_to_numpy(self.merged_weight(self._adapted_variable.dtype))

    def load_own_variables(self, store):
        """Assigns what `save_own_variables` stored; a low-rank change becomes 0."""
        if not self.lora_enabled:
            return super().load_own_variables(store)
        stored = self._stored_variables()
        if len(store.keys()) != len(stored):
            raise ValueError(f"{self.title} expects {len(stored)} stored variables, got {len(store.keys())}")
        for index, variable in enumerate(stored):
            variable.assign(store[str(index)])
        for factor in (self.lora_a, self.lora_b):
            factor.assign(ops.zeros(factor.shape, factor.dtype))
        return None

    def _stored_variables(self):
        return [v for v in self._own_variables() if v is not self.lora_a and v is not self.lora_b]

    def get_config(self):
        config = super().get_config()
        for name in ("lora_rank", "lora_alpha"):
            config.pop(name, None)
            if self.lora_rank is not None:
                config[name] = getattr(self, name)
        return config
