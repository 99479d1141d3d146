"""What a model is called on: names, shapes and dtypes of its inputs."""

from dataclasses import dataclass
from typing import Any

from nbkeras import tree
from nbkeras.variables import standardize_dtype

__all__ = ["Input", "signature_of"]


@dataclass(frozen=True)
class Input:
    """An input of an exported graph; `None` is a size that is open."""

    name: str
    shape: tuple[int | None, ...]
    dtype: str

    def symbols(self, apart: bool) -> list[Any]:
        """The sizes, with names for the open ones: of its own each, or one name for an axis of all inputs."""
        own = self.name if apart else "axis"
        names = ["batch" if axis == 0 else f"{own}_{axis}" for axis in range(len(self.shape))]
        return [name if size is None else size for name, size in zip(names, self.shape)]


def signature_of(model: Any, given: Any = None) -> Any:
    """The inputs of `model`, nested as it takes them: as given, as its graph says, or as it was built.

    Raises:
        ValueError: for a model that has no graph and has not been called.
    """
    if model.graph is not None:
        specs = tree.flatten(model.input if given is None else given)
        names = model.input_names
        nested = model.input
    else:
        nested = _built_with(model) if given is None else given
        nested = nested[0] if isinstance(nested, (list, tuple)) and len(nested) == 1 else nested
        specs = tree.flatten(nested)
        names = ["input"] if len(specs) == 1 else [f"input_{place}" for place in range(len(specs))]
    if len(specs) != len(names):
        raise ValueError(f"{model.title} expects an input_signature of {len(names)} inputs, got {len(specs)}")
    return tree.pack_sequence_as(nested, [_input(*pair) for pair in zip(names, specs)])


def _input(name: str, spec: Any) -> Input:
    if getattr(spec, "shape", None) is None:
        raise ValueError(f"input_signature expects an InputSpec with a shape for '{name}', got {spec!r}")
    return Input(name, tuple(spec.shape), standardize_dtype(spec.dtype))


@dataclass(frozen=True)
class _Spec:
    shape: tuple[int | None, ...]
    dtype: str


def _built_with(model: Any) -> Any:
    """What a model that its `call` defines was built with."""
    config = model.get_build_config()
    if not config:
        raise ValueError(
            f"{model.title} has not been called yet, so its input is not known; call it on data, or pass "
            "input_signature=[InputSpec(shape=…)]"
        )
    if "shapes_dict" in config:
        raise ValueError(f"{model.title} takes several arguments; export a model that takes one list of tensors")
    return _specs_of(config["input_shape"], model.compute_dtype)


def _specs_of(shapes: Any, dtype: str) -> Any:
    """A spec in place of each shape of a nest."""
    if isinstance(shapes, dict):
        return {key: _specs_of(shape, dtype) for key, shape in shapes.items()}
    if shapes and isinstance(shapes[0], (list, tuple, dict)):
        return [_specs_of(shape, dtype) for shape in shapes]
    return _Spec(tuple(shapes), dtype)
