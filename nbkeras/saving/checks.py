"""What a configuration may say, apart from what each class accepts: looked through before anything is made of it."""

from math import prod
from typing import Any

from nbkeras.saving.errors import FileError

__all__ = ["check_config"]

# The largest integers of arguments that decide how much memory, or time, an object takes when it is made.
LARGEST = {
    "num_thresholds": 100_000,
    "num_classes": 2_000,
    "size": 1_000,
    "output_size": 1_000,
    "fft_length": 2**14,
    "num_mel_bins": 512,
    "n": 10**8,
}
# Ops that call a function given to them, for as long as it says.
CALLING = {
    "associative_scan", "cond", "custom_gradient", "fori_loop", "map", "scan", "switch", "vectorized_map", "while_loop",
}  # fmt: skip
LONGEST_NAME = 1_000
LONGEST_AXIS = 2**23  # of an input: three minutes of sound
LARGEST_INPUT = 2**28  # numbers: a volume of 640 cells each way


def check_config(config: Any) -> None:
    """Raises FileError for code, for names that hide something, and for sizes that no model has."""
    if not isinstance(config, dict) or not isinstance(config.get("class_name"), str):
        raise FileError("is no configuration of a model: it has no class_name")
    waiting = [config]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            _check_object(value)
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _check_object(value: dict[str, Any]) -> None:
    name = value.get("name")
    if isinstance(name, str) and (not name.isprintable() or len(name) > LONGEST_NAME):
        raise FileError(f"has the name {name[:40]!r}, with characters that cannot be shown or too many of them")
    if value.get("class_name") == "__lambda__" or value.get("class_name") == "Lambda" and _is_code(value.get("config")):
        raise FileError(
            "holds a lambda, which is code, and code in a file is never run: give the function a name, decorate it "
            "with @register_keras_serializable() and save the model again"
        )
    if value.get("op") in CALLING:
        raise FileError(f"has a call of ops.{value['op']}, which runs a function for as long as that says")
    _check_shape(value.get("batch_shape"))
    for key, most in LARGEST.items():
        sizes = value.get(key)
        for size in sizes if isinstance(sizes, list) else [sizes]:
            if isinstance(size, int) and size > most:
                raise FileError(f"has {key}={size}; at most {most:,} is read from a file")


def _check_shape(shape: Any) -> None:
    """Refuses an input that is larger than any: what is computed of its sizes alone does take memory."""
    sizes = [size for size in shape if isinstance(size, int)] if isinstance(shape, list) else []
    if any(size > LONGEST_AXIS for size in sizes) or prod(sizes) > LARGEST_INPUT:
        raise FileError(f"has an input of shape {shape}, larger than is read from a file")


def _is_code(config: Any) -> bool:
    """Whether the configuration of a `Lambda` holds code, as it does for one made of a lambda in Keras 2 and 3."""
    function = config.get("function") if isinstance(config, dict) else None
    return isinstance(function, list) or isinstance(function, dict) and function.get("class_name") == "__lambda__"
