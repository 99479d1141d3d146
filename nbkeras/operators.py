"""Python's operators for values that are not arrays: each calls the op of its name.

`Tensor`, `Variable`, `KerasTensor` and `AbstractArray` inherit from `Operators`. The ops room fills `OPS` when it is
imported, so that nothing down here needs to know it.
"""

from collections.abc import Callable
from typing import Any

OPS: dict[str, Callable[..., Any]] = {}

BINARY = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "truediv": "true_divide",
    "floordiv": "floor_divide",
    "mod": "mod",
    "pow": "power",
    "matmul": "matmul",
    "and": "logical_and",
    "or": "logical_or",
    "xor": "logical_xor",
}
COMPARISONS = {
    "eq": "equal",
    "ne": "not_equal",
    "lt": "less",
    "le": "less_equal",
    "gt": "greater",
    "ge": "greater_equal",
}
UNARY = {"neg": "negative", "abs": "absolute", "invert": "logical_not"}


class Operators:
    """A mixin: `a + b`, `a @ b`, `a[i]`, `-a`, `a > b` … as ops."""

    __slots__ = ()
    __array_ufunc__ = None  # NumPy then leaves `ndarray + self` to `__radd__`
    __hash__ = object.__hash__  # `==` is elementwise; identity is what hashes

    def __getitem__(self, key):
        return OPS["getitem"](self, key)

    @property
    def ndim(self):
        return len(self.shape)

    def __len__(self):
        if not self.shape:
            raise TypeError("a scalar has no length")
        return self.shape[0]

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __round__(self, decimals=0):
        return OPS["round"](self, decimals=decimals)

    def __bool__(self):
        raise TypeError(
            f"the truth of a {type(self).__name__} is not known while a graph or a trace is built; "
            "use ops.where or ops.cond instead of `if`"
        )


def _binary(op):
    def forward(self, other):
        return OPS[op](self, other)

    def reflected(self, other):
        return OPS[op](other, self)

    return forward, reflected


def _unary(op):
    return lambda self: OPS[op](self)


for _name, _op in BINARY.items():
    _forward, _reflected = _binary(_op)
    setattr(Operators, f"__{_name}__", _forward)
    setattr(Operators, f"__r{_name}__", _reflected)
for _name, _op in COMPARISONS.items():
    setattr(Operators, f"__{_name}__", _binary(_op)[0])
for _name, _op in UNARY.items():
    setattr(Operators, f"__{_name}__", _unary(_op))
