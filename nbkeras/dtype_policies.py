"""Which dtype a layer computes in and which its weights have."""

from nbkeras import config
from nbkeras.serialization import Configurable
from nbkeras.variables import standardize_dtype

__all__ = ["DTypePolicy"]


class DTypePolicy(Configurable):
    """The dtypes of a layer, by the name of one dtype: `DTypePolicy("float32")`.

    Attributes:
        compute_dtype: of what `call` works on.
        variable_dtype: of the weights.
    """

    keras_module = "keras"

    def __init__(self, name=None):
        name = name or config.floatx()
        if name.startswith("mixed_"):
            raise ValueError(f"mixed precision ({name!r}) is not there yet; use 'float32' or 'float16'")
        self.name = standardize_dtype(name)
        self.compute_dtype = self.variable_dtype = self.name

    @classmethod
    def of(cls, dtype):
        """The policy that a layer's `dtype` argument means: a policy, its config, a dtype or `None`."""
        if isinstance(dtype, DTypePolicy):
            return dtype
        if isinstance(dtype, dict):
            return cls(dtype["config"]["name"] if "config" in dtype else dtype["name"])
        return cls(dtype if dtype is None or isinstance(dtype, str) else standardize_dtype(dtype))

    def __eq__(self, other):
        return isinstance(other, DTypePolicy) and self.name == other.name

    def __hash__(self):
        return hash(self.name)

    def __repr__(self):
        return f"<DTypePolicy {self.name!r}>"
