"""A callback of Keras that this library has another one for."""

import os
from typing import NoReturn

from nbkeras.callbacks.monitor import MonitorCallback

__all__ = ["OrbaxCheckpoint"]


class OrbaxCheckpoint(MonitorCallback):
    """Is not there: Orbax, a package for JAX, writes folders of a format of its own.

    Raises:
        NotImplementedError: always; it says what to use instead.
    """

    def __init__(
        self,
        directory: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
        max_to_keep: int = 1,
        save_on_background: bool = True,
        save_weights_only: bool = False,
    ) -> NoReturn:
        raise NotImplementedError(
            "OrbaxCheckpoint needs the package orbax-checkpoint and Keras on JAX; here, use "
            "ModelCheckpoint('{epoch}.keras') to keep models, or BackupAndRestore(folder) to go on with a training"
        )
