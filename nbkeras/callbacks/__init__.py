"""Callbacks: what is to happen at the events of training."""

import importlib
from typing import TYPE_CHECKING, Any

from nbkeras.callbacks.callback import Callback
from nbkeras.callbacks.callback_list import CallbackList
from nbkeras.callbacks.checkpoint import ModelCheckpoint
from nbkeras.callbacks.csv_logger import CSVLogger
from nbkeras.callbacks.early_stopping import EarlyStopping
from nbkeras.callbacks.history import History
from nbkeras.callbacks.lambda_callback import LambdaCallback
from nbkeras.callbacks.learning_rate import LearningRateScheduler, ReduceLROnPlateau
from nbkeras.callbacks.progbar import Progbar
from nbkeras.callbacks.progbar_logger import ProgbarLogger
from nbkeras.callbacks.terminate_on_nan import TerminateOnNaN

if TYPE_CHECKING:
    from nbkeras.callbacks.backup import BackupAndRestore
    from nbkeras.callbacks.orbax_checkpoint import OrbaxCheckpoint
    from nbkeras.callbacks.remote_monitor import RemoteMonitor
    from nbkeras.callbacks.swap_ema_weights import SwapEMAWeights
    from nbkeras.callbacks.tensorboard import TensorBoard

__all__ = [
    "BackupAndRestore",
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "OrbaxCheckpoint",
    "Progbar",
    "ProgbarLogger",
    "ReduceLROnPlateau",
    "RemoteMonitor",
    "SwapEMAWeights",
    "TensorBoard",
    "TerminateOnNaN",
]

# What is imported when it is asked for.
_LATER = {
    "BackupAndRestore": "backup",
    "OrbaxCheckpoint": "orbax_checkpoint",
    "RemoteMonitor": "remote_monitor",
    "SwapEMAWeights": "swap_ema_weights",
    "TensorBoard": "tensorboard",
}


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'nbkeras.callbacks' has no attribute {name!r}")
    found = globals()[name] = getattr(importlib.import_module(f"nbkeras.callbacks.{_LATER[name]}"), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})
