"""`DTypePolicy`, and the one that layers have unless they are given another."""

from nbkeras import config, ops
from nbkeras.dtype_policies.quantized import refuse_quantized
from nbkeras.serialization import Configurable, unknown
from nbkeras.variables import standardize_dtype

__all__ = ["DTypePolicy", "FloatDTypePolicy", "dtype_policy", "set_dtype_policy"]

MIXED = {"mixed_float16": ("float16", "float32"), "mixed_bfloat16": ("bfloat16", "float32")}
NAMES = (*MIXED, "float16", "bfloat16", "float32", "float64")
_settings = {"policy": None}


class DTypePolicy(Configurable):
    """The dtypes of a layer, by one name.

    With `"mixed_float16"` or `"mixed_bfloat16"` a layer computes in 16 bits and keeps its weights in float32. On the
    JAX backend that is the machine's own arithmetic. NumPy has none of 16 bits on most machines: float16 is computed by
    way of float32 and rounded, with the results of Keras and slower than float32; bfloat16 it does not have at all, and
    layers compute in float32 in its place, which loses nothing.

    Args:
        name: a dtype, `"mixed_float16"` or `"mixed_bfloat16"`; default that of `config.dtype_policy()`.

    Attributes:
        name: as given.
        compute_dtype: of what `call` works on.
        variable_dtype: of the weights.
        quantization_mode: `None`, as nothing is quantized.

    Raises:
        TypeError: if `name` is no string.
        ValueError: if no policy is called so.

    Example:
        >>> policy = DTypePolicy("mixed_float16")
        >>> policy.compute_dtype, policy.variable_dtype
        ('float16', 'float32')
    """

    keras_module = "keras"
    quantization_mode = None

    def __init__(self, name=None):
        name = dtype_policy().name if name is None else name
        if not isinstance(name, str):
            raise TypeError(f"a dtype policy expects a name, such as 'mixed_float16', got {name!r}")
        refuse_quantized(name)
        self.name = name
        self.compute_dtype, self.variable_dtype = MIXED[name] if name in MIXED else _same(name)

    @classmethod
    def of(cls, dtype):
        """The policy that a `dtype` argument means: a policy, a name, a dtype, or `None` for `config.floatx()`."""
        if dtype is None:
            return DTypePolicy(config.floatx())
        if isinstance(dtype, DTypePolicy):
            return dtype
        return DTypePolicy(dtype if isinstance(dtype, str) else standardize_dtype(dtype))

    def convert_input(self, x, autocast, dtype):
        """`x`, cast to `dtype` if it is of floats and `autocast` holds; what is no array stays as it is."""
        if not (hasattr(x, "dtype") and hasattr(x, "shape")) and not hasattr(x, "__array__"):
            return x
        x = ops.convert_to_tensor(x)
        dtype, own = standardize_dtype(dtype), standardize_dtype(x.dtype)
        return ops.cast(x, dtype) if autocast and "float" in own and own != dtype else x

    def __eq__(self, other):
        plain = (DTypePolicy, FloatDTypePolicy)
        alike = type(other) in plain if type(self) in plain else type(other) is type(self)
        return alike and self.name == other.name

    def __hash__(self):
        return hash(self.name)

    def __repr__(self):
        return f'<DTypePolicy "{self.name}">'


class FloatDTypePolicy(DTypePolicy):
    """Another name of `DTypePolicy`."""


def _same(name):
    try:
        dtype = standardize_dtype(name)
    except ValueError:
        raise unknown("dtype", name, NAMES) from None
    return dtype, dtype


def dtype_policy():
    """The policy of layers that are given no `dtype`: the one that was set, else that of `config.floatx()`."""
    return _settings["policy"] or DTypePolicy(config.floatx())


def set_dtype_policy(policy):
    """Sets the policy of the layers that are made from now on and are given no `dtype`.

    Args:
        policy: a `DTypePolicy` or its name.
    """
    _settings["policy"] = DTypePolicy.of(policy)
