"""What a layer requires of its inputs, checked before `call`."""

from nbkeras.symbolic import shown

__all__ = ["InputSpec", "check_inputs"]


_REQUIREMENTS = ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes", "optional")


class InputSpec:
    """The rank, sizes and dtype that a layer's input must have; what is `None` may be anything.

    Args:
        dtype, shape, ndim, max_ndim, min_ndim: requirements on the whole input; `shape` may hold `None`.
        axes: sizes of single axes, `{-1: 64}`.
        allow_last_axis_squeeze: also accept an input without a last axis of size 1.
        name: of the input, for messages.
        layout: the names of the axes, `"(batch, height, width, channels)"`, for messages.
    """

    def __init__(
        self,
        dtype=None,
        shape=None,
        ndim=None,
        max_ndim=None,
        min_ndim=None,
        axes=None,
        allow_last_axis_squeeze=False,
        name=None,
        optional=False,
        *,
        layout=None,
    ):
        self.dtype = dtype
        self.shape = tuple(shape) if shape is not None else None
        self.ndim = len(self.shape) if shape is not None else ndim
        self.max_ndim = max_ndim
        self.min_ndim = min_ndim
        self.axes = {int(k): v for k, v in axes.items()} if axes else {}
        self.allow_last_axis_squeeze = allow_last_axis_squeeze
        self.name = name
        self.optional = optional
        self.layout = layout

    def get_config(self):
        """What makes an equal specification."""
        return {name: getattr(self, name) for name in _REQUIREMENTS}

    @classmethod
    def from_config(cls, config):
        """The specification that `get_config` describes."""
        return cls(**config)

    def accepts(self, shape):
        """Whether an input of `shape` (with `None` for unknown sizes) fits."""
        rank = len(shape)
        if self.ndim is not None and rank != self.ndim:
            return False
        if self.max_ndim is not None and rank > self.max_ndim or self.min_ndim is not None and rank < self.min_ndim:
            return False
        required = list(self.axes.items()) + list(enumerate(self.shape or ()))
        return all(size is None or -rank <= axis < rank and shape[axis] in (None, size) for axis, size in required)

    def describe(self):
        """What is required, for a message: `shape (batch, height, width, 3)`."""
        names = self._axis_names()
        if names is None:
            return self._describe_rank()
        for axis, size in self.axes.items():
            if size is not None and -len(names) <= axis < len(names):
                names[axis] = str(size)
        return f"shape ({', '.join(names)})"

    def _axis_names(self):
        if self.layout:
            return self.layout.strip("()").split(", ")
        if self.shape is not None:
            return ["any" if d is None else str(d) for d in self.shape]
        if self.ndim is not None:
            return ["batch"] + ["any"] * (self.ndim - 1)
        if self.axes and self.min_ndim is not None:
            return ["batch"] + ["…"] * (self.min_ndim > 1) + ["any"]
        return None

    def _describe_rank(self):
        if self.min_ndim is not None and self.max_ndim is not None:
            return f"{self.min_ndim} to {self.max_ndim} axes"
        if self.min_ndim is not None:
            return f"at least {self.min_ndim} axes"
        return f"at most {self.max_ndim} axes"


def check_inputs(layer, spec, inputs):
    """Raises ValueError if `inputs` (a tensor or a list of them) do not fit `spec` (one or a list)."""
    specs = spec if isinstance(spec, (list, tuple)) else [spec]
    if isinstance(inputs, dict):
        inputs = [inputs[s.name] for s in specs] if all(s.name in inputs for s in specs) else list(inputs.values())
    inputs = inputs if isinstance(inputs, (list, tuple)) else [inputs]
    if len(inputs) != len(specs):
        raise ValueError(
            f"{layer.title} expects {len(specs)} input{'s' * (len(specs) != 1)}, got {len(inputs)}: "
            f"shapes {[shown(x.shape) for x in inputs if hasattr(x, 'shape')]}"
        )
    for spec, x in zip(specs, inputs):
        if spec is not None and hasattr(x, "shape") and not spec.accepts(x.shape):
            told = f"{layer.title} expects inputs of {spec.describe()}, got {shown(x.shape)}"
            raise ValueError(told + _cure(layer, spec, len(x.shape)))


def _cure(layer, spec, rank):
    """What to do about an input of `rank` axes that does not fit, as the end of a sentence."""
    if spec.ndim is not None and rank > spec.ndim:
        return "; put Flatten() or a pooling layer before it" if spec.ndim > 1 else ""
    if spec.layout and rank == spec.ndim - 1:
        if "steps" in spec.layout:
            return (
                "; give the recurrent layer before it return_sequences=True, or add an axis of features: x[..., None]"
            )
        return "; add the axis of channels: x[..., None]"
    if layer.built and spec.accepts((None,) * rank):
        return "; it was built for that size, so use another layer for this one"
    return ""
