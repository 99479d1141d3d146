"""Logs for TensorBoard."""

import os
import time
from typing import Any

import numpy as np

from nbkeras import config
from nbkeras.callbacks.callback import Callback, Logs
from nbkeras.callbacks.tensorboard import summaries
from nbkeras.callbacks.tensorboard.embeddings import Metadata, write_projector, write_vectors
from nbkeras.callbacks.tensorboard.event_file import EventFile
from nbkeras.warning import warn

__all__ = ["TensorBoard"]


class TensorBoard(Callback):
    """Writes event files, which `tensorboard --logdir logs` shows; TensorFlow is not needed.

    Tags are those of Keras: `epoch_loss`, `epoch_learning_rate`, `batch_loss`, `evaluation_loss_vs_iterations`,
    `dense/kernel/histogram`, `dense/kernel/image`, and `keras`, the graph. Training writes to the folder `train`,
    validation and `evaluate` to `validation`. Metrics of several values are left out.

    Args:
        log_dir: the folder.
        histogram_freq: epochs between two histograms of all weights; 0: none.
        write_graph: whether to write the configuration of a functional or sequential model.
        write_images: whether to show the weights as pictures, too, where there are histograms.
        write_steps_per_second: whether to write how fast training is.
        update_freq: `"epoch"`; or, for values within epochs, `"batch"` or a number of batches.
        profile_batch: 0, as there is no profiler.
        embeddings_freq: epochs between two tables of the vectors of `Embedding` layers; 0: none.
        embeddings_metadata: the name of a file with a label for each vector, or a dictionary of names by layer.

    Example:
        >>> model.fit(x, y, epochs=5, callbacks=[TensorBoard("logs", histogram_freq=1)])
    """

    def __init__(
        self,
        log_dir: str | os.PathLike[str] = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: str | int = "epoch",
        profile_batch: int = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: Metadata = None,
    ) -> None:
        super().__init__()
        if profile_batch:
            raise ValueError(f"TensorBoard has no profiler here and expects profile_batch=0, got {profile_batch!r}")
        if update_freq not in ("epoch", "batch") and (not isinstance(update_freq, int) or update_freq < 1):
            raise ValueError(f"TensorBoard expects update_freq 'epoch', 'batch' or a number, got {update_freq!r}")
        self.log_dir = os.fspath(log_dir)
        self.histogram_freq = histogram_freq
        self.write_graph = write_graph
        self.write_images = write_images
        self.write_steps_per_second = write_steps_per_second
        self.update_freq = 1 if update_freq == "batch" else update_freq
        self.embeddings_freq = embeddings_freq
        self.embeddings_metadata = embeddings_metadata
        self._files: dict[str, EventFile] = {}
        self._batches = 0  # of training, since it began
        self._batch_began = self._epoch_began = 0.0
        self._iterations = 0  # when the epoch began

    @property
    def every_batch(self) -> bool:
        """Whether it writes within epochs."""
        return self.update_freq != "epoch"

    def set_model(self, model: Any) -> None:
        super().set_model(model)
        self._files = {}
        if self.write_graph and getattr(model, "graph", None) is not None:
            self._write_graph()
        if self.embeddings_freq:
            write_projector(model, self.log_dir, self.embeddings_metadata)

    def get_state(self) -> dict[str, Any]:
        return {"batches": self._batches}

    def set_state(self, state: dict[str, Any]) -> None:
        self._batches = state["batches"]

    def on_train_begin(self, logs: Logs = None) -> None:
        self._batches = 0

    def on_train_end(self, logs: Logs = None) -> None:
        for file in self._files.values():
            file.sync()

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        if self.write_steps_per_second:
            self._epoch_began, self._iterations = time.perf_counter(), self._steps_taken()

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        self._batches += 1
        self._batch_began = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        if self.update_freq == "epoch" or self._batches % int(self.update_freq):
            return
        values = dict(logs or {})
        if self.write_steps_per_second:
            values["steps_per_second"] = 1 / max(time.perf_counter() - self._batch_began, 1e-9)
        self._write_scalars("train", "batch_{}", values, self._batches)

    def on_test_end(self, logs: Logs = None) -> None:
        if self.model.optimizer is not None:
            self._write_scalars("validation", "evaluation_{}_vs_iterations", dict(logs or {}), self._steps_taken())

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        if logs:
            values = {name: value for name, value in logs.items() if not name.startswith("val_")}
            values.update(self._rates())
            if self.write_steps_per_second:
                seconds = max(time.perf_counter() - self._epoch_began, 1e-9)
                values["steps_per_second"] = (self._steps_taken() - self._iterations) / seconds
            self._write_scalars("train", "epoch_{}", values, epoch)
            held_out = {name[4:]: value for name, value in logs.items() if name.startswith("val_")}
            self._write_scalars("validation", "epoch_{}", held_out, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._write_weights(epoch)
        if self.embeddings_freq and epoch % self.embeddings_freq == 0:
            write_vectors(self.model, self.log_dir)

    def _file(self, name: str) -> EventFile:
        """The file of "train" or "validation", opened when something is to be written."""
        if name not in self._files:
            self._files[name] = EventFile(os.path.join(self.log_dir, name))
        return self._files[name]

    def _steps_taken(self) -> int:
        return int(self.model.optimizer.iterations)

    def _rates(self) -> dict[str, float]:
        optimizer = getattr(self.model.optimizer, "inner_optimizer", self.model.optimizer)
        if optimizer is None:
            return {}
        if hasattr(optimizer, "optimizers"):
            return {f"learning_rate_{one.name}": float(np.asarray(one.learning_rate)) for one in optimizer.optimizers}
        return {"learning_rate": float(np.asarray(optimizer.learning_rate))}

    def _write_scalars(self, name: str, tag: str, values: dict[str, Any], step: int) -> None:
        for metric, value in values.items():
            if np.ndim(value) == 0:
                self._file(name).add(step, summaries.scalar(tag.format(metric), value))

    def _write_graph(self) -> None:
        try:
            json = self.model.to_json()
        except (TypeError, ValueError) as error:
            warn(f"TensorBoard has no graph to show: {error}")
            return
        self._file("train").add(0, summaries.keras_model("keras", json))

    def _write_weights(self, epoch: int) -> None:
        for layer in self.model.layers:
            for weight in layer.weights:
                name, values = weight.path.replace(":", "_"), weight.numpy()
                self._file("train").add(epoch, summaries.histogram(f"{name}/histogram", values))
                pixels = _as_pixels(values) if self.write_images else None
                if pixels is not None:
                    self._file("train").add(epoch, summaries.images(f"{name}/image", pixels))


def _as_pixels(weight: np.ndarray) -> np.ndarray | None:
    """A weight as pictures (number, height, width, channels), as Keras lays it out; `None` for too many axes."""
    array = weight.squeeze()
    if array.ndim == 1:
        array = array.reshape(1, -1, 1, 1)
    elif array.ndim == 2:
        array = (array.T if array.shape[0] > array.shape[1] else array)[None, :, :, None]
    elif array.ndim == 3:
        array = (array.transpose(2, 0, 1) if config.image_data_format() == "channels_last" else array)[..., None]
    return array if array.ndim == 4 and array.shape[-1] in (1, 3, 4) else None
