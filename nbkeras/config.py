"""Library-wide settings: default float type, epsilon, image layout, backend."""

import os
from typing import Any

from nbkeras import backends
from nbkeras.warning import warn

__all__ = [
    "backend", "disable_flash_attention", "disable_interactive_logging", "disable_traceback_filtering", "dtype_policy",
    "enable_flash_attention", "enable_interactive_logging", "enable_traceback_filtering",
    "enable_unsafe_deserialization", "epsilon", "floatx", "image_data_format", "is_flash_attention_enabled",
    "is_interactive_logging_enabled", "is_nnx_enabled", "is_traceback_filtering_enabled", "max_epochs",
    "max_steps_per_epoch", "set_backend", "set_dtype_policy", "set_epsilon", "set_floatx", "set_image_data_format",
    "set_max_epochs", "set_max_steps_per_epoch", "show_config", "standardize_data_format",
]  # fmt: skip

_settings: dict[str, Any] = {
    "floatx": "float32",
    "epsilon": 1e-7,
    "image_data_format": "channels_last",
    "max_epochs": None,
    "max_steps_per_epoch": None,
    "interactive_logging": True,
    "traceback_filtering": True,
    "flash_attention": None,
}


def backend() -> str:
    """The name of the backend in use: `"numpy"` unless `set_backend` chose another."""
    return backends.backend().name


def set_backend(backend: str) -> None:
    """Computes with the array library `backend` (`"numpy"` or `"jax"`) from now on."""
    backends.set_backend(backend)


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


def set_image_data_format(data_format: str) -> None:
    """Sets the default layout of images."""
    _choose("image_data_format", data_format, ("channels_last", "channels_first"))


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


def dtype_policy() -> Any:
    """The policy of layers that are given no `dtype`: the one that was set, else that of `floatx()`."""
    from nbkeras.dtype_policies import policy

    return policy.dtype_policy()


def set_dtype_policy(policy: Any) -> None:
    """Sets the policy of the layers that are made from now on and are given no `dtype`.

    Args:
        policy: a `DTypePolicy` or its name, such as `"mixed_float16"`.
    """
    from nbkeras.dtype_policies import policy as policies

    policies.set_dtype_policy(policy)


def max_epochs() -> int | None:
    """The most epochs that a `fit` runs, whatever it is told; `None`: no limit. For trying a script out."""
    return _limit("max_epochs", "KERAS_MAX_EPOCHS")


def set_max_epochs(max_epochs: int | None) -> None:
    """Sets `max_epochs()`; without it, the environment variable `KERAS_MAX_EPOCHS` counts."""
    _settings["max_epochs"] = max_epochs


def max_steps_per_epoch() -> int | None:
    """The most batches that an epoch, an `evaluate` or a `predict` takes, whatever it is told; `None`: no limit."""
    return _limit("max_steps_per_epoch", "KERAS_MAX_STEPS_PER_EPOCH")


def set_max_steps_per_epoch(max_steps_per_epoch: int | None) -> None:
    """Sets `max_steps_per_epoch()`; without it, the environment variable `KERAS_MAX_STEPS_PER_EPOCH` counts."""
    _settings["max_steps_per_epoch"] = max_steps_per_epoch


def _limit(name: str, variable: str) -> int | None:
    if _settings[name] is not None:
        return _settings[name]
    return int(os.environ[variable]) if os.environ.get(variable) else None


def enable_interactive_logging() -> None:
    """Lets progress and messages be printed, as they are from the start."""
    _settings["interactive_logging"] = True


def disable_interactive_logging() -> None:
    """Sends progress and messages to the logger "nbkeras", at level INFO, in the place of the screen."""
    _settings["interactive_logging"] = False


def is_interactive_logging_enabled() -> bool:
    """Whether progress and messages are printed."""
    return _settings["interactive_logging"]


def enable_traceback_filtering() -> None:
    """Leaves the library's own frames out of the errors that a notebook shows, as from the start."""
    _settings["traceback_filtering"] = True


def disable_traceback_filtering() -> None:
    """Shows the errors in a notebook with all frames. (A script always shows all of them.)"""
    _settings["traceback_filtering"] = False


def is_traceback_filtering_enabled() -> bool:
    """Whether a notebook shows errors without the library's own frames."""
    return _settings["traceback_filtering"]


def enable_flash_attention() -> None:
    """Notes that attention may be computed in blocks.

    The backends choose by themselves, since results agree: NumPy's native kernel does so, XLA where it sees fit.
    """
    _settings["flash_attention"] = True


def disable_flash_attention() -> None:
    """Takes `enable_flash_attention` back, to the same effect: the backends choose."""
    _settings["flash_attention"] = False


def is_flash_attention_enabled() -> bool | None:
    """What was chosen; `None` from the start."""
    return _settings["flash_attention"]


def is_nnx_enabled() -> bool:
    """Whether variables are those of Flax NNX: never."""
    return False


def enable_unsafe_deserialization() -> None:
    """Does nothing but say so: code in a file is never run here, by no setting."""
    warn("nbkeras never runs code from a file; give functions a name and @register_keras_serializable() to load them")
