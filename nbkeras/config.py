"""Library-wide settings: default float type, epsilon, image layout, backend."""

from typing import Any

from nbkeras import backends

__all__ = [
    "backend",
    "epsilon",
    "floatx",
    "image_data_format",
    "set_backend",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "show_config",
    "standardize_data_format",
]

_settings: dict[str, Any] = {"floatx": "float32", "epsilon": 1e-7, "image_data_format": "channels_last"}


def backend() -> str:
    """The name of the backend in use: `"numpy"` unless `set_backend` chose another."""
    return backends.backend().name


def set_backend(name: str) -> None:
    """Computes with the array library `name` (`"numpy"` or `"jax"`) from now on."""
    backends.set_backend(name)


def show_config() -> None:
    """Prints what computes: the backend, its libraries, threads and instruction set, as a report of a bug needs them.

    `NBKERAS_NUM_THREADS` bounds the threads, `NBKERAS_NATIVE=0` switches the compiled kernels off; both are read when
    nbkeras is imported.
    """
    facts = {"backend": backend(), **backends.backend().description()}
    width = max(map(len, facts))
    print("\n".join(f"{name:<{width}}  {fact}" for name, fact in facts.items()))


def floatx() -> str:
    """The default float type, `"float32"`."""
    return _settings["floatx"]


def set_floatx(value: str) -> None:
    """Sets the default float type: one of `"float16"`, `"bfloat16"`, `"float32"`, `"float64"`."""
    _choose("floatx", value, ("float16", "bfloat16", "float32", "float64"))


def epsilon() -> float:
    """The small number that keeps divisions and logarithms finite, 1e-7."""
    return _settings["epsilon"]


def set_epsilon(value: float) -> None:
    """Sets `epsilon()`."""
    _settings["epsilon"] = float(value)


def image_data_format() -> str:
    """The default layout of images: `"channels_last"` or `"channels_first"`."""
    return _settings["image_data_format"]


def set_image_data_format(value: str) -> None:
    """Sets the default layout of images."""
    _choose("image_data_format", value, ("channels_last", "channels_first"))


def standardize_data_format(data_format: str | None) -> str:
    """`data_format`, or the default for `None`; raises ValueError for an unknown one."""
    if data_format is None:
        return image_data_format()
    value = str(data_format).lower()
    if value not in ("channels_last", "channels_first"):
        raise ValueError(f"data_format must be 'channels_last' or 'channels_first', got {data_format!r}")
    return value


def _choose(name: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(choices)}, got {value!r}")
    _settings[name] = value
