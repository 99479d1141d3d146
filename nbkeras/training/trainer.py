"""Training: what `compile` stores, and the loops of `fit`, `evaluate` and `predict`."""

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from nbkeras import config, data, masks, ops, optimizers, symbolic, tree
from nbkeras.backends import backend, use_backend
from nbkeras.callbacks import CallbackList
from nbkeras.data.batches import Batches
from nbkeras.layers import Layer
from nbkeras.layers import context as contexts
from nbkeras.layers.structure import Structure
from nbkeras.metrics import Mean, Metric
from nbkeras.metrics.compile import CompileMetrics
from nbkeras.metrics.compile_loss import CompileLoss
from nbkeras.serialization import deserialize_keras_object, serialize_keras_object
from nbkeras.symbolic import KerasTensor
from nbkeras.training import checks, steps
from nbkeras.training.course import Course
from nbkeras.training.exclusive import IDLE, Exclusive, Idle, check_free, exclusively, visiting
from nbkeras.training.guard import Divergence, Guard
from nbkeras.training.keywords import checks_keywords
from nbkeras.training.logs import as_list, plain
from nbkeras.training.loop import STOPS, Loop, Predictions
from nbkeras.variables import in_scope
from nbkeras.warning import warn

__all__ = ["Trainer"]


class Trainer(Layer):
    """A layer that can be trained: what `Model` inherits."""

    _unwalked = Layer._unwalked | {
        "optimizer",
        "loss",
        "history",
        "_compile_loss",
        "_compile_metrics",
        "_loss_tracker",
        "_compile_arguments",
        "_steps",
        "_state",
        "_structure",
        "_in_own_step",
        "_exclusive",
        "divergence",
        *STOPS.values(),
    }
    optimizer: Any = None
    compiled = False
    history: Any = None
    graph: Any = None
    stop_training = False
    stop_evaluating = False
    stop_predicting = False
    divergence: Divergence | None = None
    run_eagerly = False
    jit_compile: str | bool = "auto"
    steps_per_execution: int | str = 1
    _backend_name: str | None = None
    _in_own_step = False
    _exclusive: Exclusive | Idle = IDLE  # around whatever has to be whole while another thread or an interrupt comes

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._compile_loss: CompileLoss | None = None
        self._compile_metrics: CompileMetrics | None = None
        self._loss_tracker: Mean | None = None
        self._state: steps.State | None = None
        self._structure = Structure(self)  # as it was when the state was gathered
        self._steps: dict[Any, Any] = {}

    # --- compile ------------------------------------------------------------------------------------------------

    @checks_keywords
    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int | str = 1,
        jit_compile: str | bool = "auto",
        auto_scale_loss: bool = True,
        *,
        backend: str | None = None,
    ) -> None:
        """Says how to train.

        Args:
            optimizer: a name or an object.
            loss: a name, a function `(y_true, y_pred) -> losses`, an object, or a list or dictionary per output.
            loss_weights: factors for the losses of several outputs, as a list or dictionary.
            metrics: names, functions or objects; per output as a list of lists or a dictionary.
            weighted_metrics: the same, weighted by `sample_weight` and `class_weight`.
            run_eagerly: runs each step without the backend's compilation, for debugging.
            steps_per_execution: batches between two calls of callbacks for batches, or `"auto"`. Where no callback
                looks at each batch, many run at once in any case.
            jit_compile: accepted for Keras' sake.
            auto_scale_loss: whether the optimizer of a model with the policy `"mixed_float16"` becomes a
                `LossScaleOptimizer`.
            backend: the array library that computes, `"numpy"` or `"jax"`; default that of the session.
        """
        check_free(self, "compile")
        _check_steps_per_execution(steps_per_execution)
        checks.check_order(optimizer, loss)
        self._compile_arguments = {
            "optimizer": optimizer,
            "loss": loss,
            "loss_weights": loss_weights,
            "metrics": metrics,
            "weighted_metrics": weighted_metrics,
            "run_eagerly": run_eagerly,
            "steps_per_execution": steps_per_execution,
            "jit_compile": jit_compile,
        }
        self.optimizer = self._scaling(optimizers.get(optimizer)) if auto_scale_loss else optimizers.get(optimizer)
        self.loss = loss
        self.run_eagerly = run_eagerly
        self.jit_compile = jit_compile
        self.steps_per_execution = steps_per_execution
        with use_backend(backend):
            self._backend_name = backend
        names = getattr(self, "output_names", None)
        self._loss_tracker = Mean(name="loss")
        self._compile_loss = CompileLoss(loss, loss_weights, output_names=names) if loss is not None else None
        self._compile_metrics = None
        if metrics is not None or weighted_metrics is not None:
            self._compile_metrics = CompileMetrics(metrics, weighted_metrics, output_names=names)
        self._steps = {}
        self._state = None
        self.stop_training = False
        self.compiled = True

    def _scaling(self, optimizer: Any) -> Any:
        """`optimizer`, with loss scaling around it if the model computes in float16 alone."""
        plain = optimizer is not None and not isinstance(optimizer, optimizers.LossScaleOptimizer)
        scales = plain and self.dtype_policy.name == "mixed_float16"
        return optimizers.LossScaleOptimizer(optimizer, name="loss_scale_optimizer") if scales else optimizer

    def get_compile_config(self) -> dict[str, Any] | None:
        """The arguments of `compile` as a JSON-ready dictionary; `None` before it."""
        return serialize_keras_object(self._compile_arguments) if self.compiled else None

    def compile_from_config(self, config: Mapping[str, Any]) -> None:
        """Compiles as `get_compile_config` says."""
        self.compile(**{k: deserialize_keras_object(v) for k, v in config.items()})

    def overrides(self, method: str) -> bool:
        """Whether a subclass has its own `method`."""
        return getattr(type(self), method) is not getattr(Trainer, method)

    @property
    def _takes_text(self) -> bool:
        """Whether a layer reads text, so that inputs may be text."""
        return (self._structure if self._structure.holds() else Structure(self)).takes_text

    def _check_compiled(self, method: str) -> None:
        if not self.compiled and not (method == "fit" and self.overrides("train_step")):
            raise ValueError(f"{self.title} has not been compiled; call compile(optimizer, loss) before {method}()")

    # --- metrics ------------------------------------------------------------------------------------------------

    @property
    def metrics(self) -> list[Metric]:
        """The loss tracker, the metrics that the model owns, and those given to `compile`."""
        found: list[Metric] = [self._loss_tracker] if self._loss_tracker is not None else []
        found += self._layers_metrics()
        if self._compile_loss is not None:
            found += self._compile_loss.metrics
        if self._compile_metrics is not None:
            found += self._compile_metrics.metrics
        return found

    def _layers_metrics(self) -> list[Metric]:
        """Those that the model owns, without what `compile` made: in a model around this one that has another loss."""
        return self._structure.metrics if self._structure.holds() else super().metrics

    @property
    def metrics_names(self) -> list[str]:
        return [m.name for m in self.metrics]

    def reset_metrics(self) -> None:
        """Starts all metrics again."""
        metrics = self.metrics
        if backend().TAPED and not in_scope() and self._state is not None and self._structure.holds():
            metrics = self._state.zero(metrics)
        for metric in metrics:
            metric.reset_state()

    def get_metrics_result(self) -> dict[str, Any]:
        """The present value of each metric by name."""
        results = {}
        if self._loss_tracker is not None:
            results["loss"] = self._loss_tracker.result()
        for metric in self._layers_metrics():
            value = metric.result()
            results.update(value if isinstance(value, dict) else {metric.name: value})
        if self._compile_loss is not None:
            results.update({m.name: m.result() for m in self._compile_loss.metrics})
        if self._compile_metrics is not None:
            results.update(self._compile_metrics.result())
        return results

    def update_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any) -> None:
        """Adds a batch to the metrics given to `compile`."""
        if self._compile_metrics is not None:
            self._compile_metrics.update_state(y, y_pred, sample_weight)

    def track_loss(self, loss: Any, x: Any) -> None:
        """Adds a batch's loss to the running mean, weighted by the size of the batch."""
        if self._loss_tracker is not None:
            self._loss_tracker.update_state(loss, sample_weight=tree.flatten(x)[0].shape[0])

    # --- what a subclass may replace ----------------------------------------------------------------------------

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        """The scalar to minimise: the compiled loss, and the terms of `add_loss` and of regularizers.

        Override it to define another loss; use `ops`.
        """
        terms = []
        if self._compile_loss is not None:
            terms.append(self._compile_loss(y, y_pred, sample_weight))
        terms += [ops.sum(ops.cast(term, "float32")) for term in self.losses]
        if not terms:
            raise ValueError(f"{self.title} has no loss to minimise; give compile() a loss, or use add_loss()")
        total = terms[0]
        for term in terms[1:]:
            total = total + term
        return total

    def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> dict[str, Any]:
        """Adds a batch to the metrics and returns their values by name; override it to add your own."""
        self.update_metrics(x, y, y_pred, sample_weight)
        return self.get_metrics_result()

    def train_step(self, data: Any) -> dict[str, Any]:
        """Learns from one batch `(x, y, sample_weight)` and returns the logs; override it for your own loop."""
        self._run("train", self._unpack(data))
        return self.get_metrics_result()

    def test_step(self, data: Any) -> dict[str, Any]:
        """Evaluates one batch and returns the logs."""
        self._run("test", self._unpack(data))
        return self.get_metrics_result()

    def predict_step(self, data: Any) -> Any:
        """The outputs for one batch."""
        return self(self._unpack(data)[0], training=False)

    def _loss_of(self, x: Any, y: Any, y_pred: Any, sample_weight: Any, training: bool) -> Any:
        """What `compute_loss` gives; an override need not take `training`, which came later than the others."""
        takes_training = "training" in inspect.signature(self.compute_loss).parameters
        keywords = {"training": training} if takes_training else {}
        return self.compute_loss(x, y, y_pred, sample_weight, **keywords)

    def _unpack(self, batch: Any) -> tuple[Any, Any, Any]:
        return _unpacked(batch)

    def forget_losses(self) -> None:
        """Drops the terms of `add_loss` that the last call left."""
        if self._context is not None:
            self._context.losses.clear()

    # --- loops --------------------------------------------------------------------------------------------------

    @checks_keywords
    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: str | int = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: bool | str = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | Iterable[int] = 1,
    ) -> Any:
        """Trains for `epochs - initial_epoch` passes over the data and returns a `History`.

        Args:
            x, y: arrays, lists or dictionaries of arrays, frames; or `x` alone: a generator, a `PyDataset` or any
                iterable of `(inputs, targets)` or `(inputs, targets, sample_weights)`.
            batch_size: default 32.
            verbose: 0 silent, 1 a progress bar, 2 a line per epoch; `"auto"` is 1.
            callbacks: objects called at the events of training.
            validation_split: the part of the data, its last rows, that is held out for validation.
            validation_data: `(x, y)`, `(x, y, sample_weights)` or an iterable.
            shuffle: whether rows are shuffled anew in each epoch.
            class_weight: a dictionary from class to the weight of its rows in the loss.
            sample_weight: a weight per row.
            initial_epoch: the number of the first epoch, to continue a run.
            steps_per_epoch, validation_steps: batches per epoch, for endless data.
            validation_batch_size: default `batch_size`.
            validation_freq: validates every so many epochs, or in the epochs of a list.

        Raises:
            ValueError: for data that does not fit the model, before the first step.
            RuntimeError: if another thread trains the model (`predict` and `evaluate` there take turns with its steps).
            KeyboardInterrupt: at the end of the step in progress: the weights, the optimizer and `history` are those of
                whole steps, and `fit` goes on from there. (The third interrupt within one step breaks into it.)
        """
        self._check_compiled("fit")
        epochs, text = _checked_epochs(epochs), self._takes_text
        if validation_split and validation_data is None:
            (x, y, sample_weight), validation_data = data.train_validation_split(
                x, y, sample_weight, validation_split=validation_split, text=text
            )
        training = data.adapter(x, y, sample_weight, batch_size, steps_per_epoch, shuffle, class_weight, text)
        validation = None
        if validation_data is not None:
            held_out = _unpacked(checks.checked_validation(validation_data, y))
            validation = data.adapter(*held_out, validation_batch_size or batch_size, validation_steps, text=text)
        with use_backend(self._backend_name), exclusively(self):
            with self._exclusive.hold:
                self._prepare_fit(training, validation)
                checks.check_training(self, training, validation, batch_size, validation_split)
            callbacks = self._callbacks(callbacks, verbose, epochs=epochs, steps=training.num_batches, history=True)
            return self._fit_loop(training, validation, callbacks, epochs, initial_epoch, validation_freq)

    def _fit_loop(
        self,
        training: Batches,
        validation: Batches | None,
        callbacks: CallbackList,
        epochs: int,
        initial_epoch: int,
        validation_freq: int | Iterable[int],
    ) -> Any:
        self.stop_training = self.stop_evaluating = False
        logs = {}
        self.divergence = None
        guard = Guard(self)
        seen = validation is not None or callbacks.looks_at_epochs()
        train = Loop(self, "train", training, callbacks, guard)
        test = Loop(self, "test", validation, callbacks) if validation is not None else None
        course = Course(train, test, initial_epoch)
        callbacks.set_course(course)
        callbacks.on_train_begin()
        try:
            with guard:
                for epoch in course.rest(epochs):
                    with self._exclusive:
                        guard.begin_epoch(epoch)
                    callbacks.on_epoch_begin(epoch)
                    logs = self._epoch(train)
                    with self._exclusive:
                        guard.stops_after(logs, seen)
                    if test is not None and _validates(epoch, validation_freq):
                        results = self._evaluate(test)
                        logs = {**logs, **{f"val_{name}": value for name, value in results.items()}}
                    with self._exclusive.hold:
                        callbacks.on_epoch_end(epoch, logs)
                    if self.stop_training:
                        break
            course.has_ended = True
        finally:
            with self._exclusive:
                self._to_host()
                if self.optimizer is not None and epochs > initial_epoch:
                    self.optimizer.finalize_variable_values(self._trained())
            with self._exclusive.hold:
                callbacks.on_train_end(logs)
        return self.history

    @checks_keywords
    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: str | int = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
        **kwargs: Any,
    ) -> Any:
        """The loss and metrics on data, as a list (the loss alone without metrics) or a dictionary."""
        self._check_compiled("evaluate")
        batches = data.adapter(x, y, sample_weight, batch_size, steps, text=self._takes_text)
        with use_backend(self._backend_name), visiting(self):
            self._prepare(batches, "test")
            callbacks = self._callbacks(callbacks, verbose, epochs=1, steps=batches.num_batches)
            self.stop_evaluating = False
            results = self._evaluate(Loop(self, "test", batches, callbacks))
            self._to_host()
        return results if return_dict else as_list(results, self.metrics_names)

    def _evaluate(self, test: Loop) -> dict[str, Any]:
        with self._exclusive:
            self.reset_metrics()
        test.callbacks.on_test_begin()
        results = self._epoch(test)
        test.callbacks.on_test_end(results)
        return results

    @checks_keywords
    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: str | int = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:
        """The outputs for `x` as NumPy arrays, computed in batches (default 32 rows)."""
        short = verbose == 0 and steps is None and callbacks is None and self._backend_name is None
        if short and _is_batch(x, batch_size):
            outputs = self._replayed(x)
            if outputs is not None:
                return outputs
        batches = data.adapter(x, batch_size=batch_size, steps=steps, text=self._takes_text)
        with use_backend(self._backend_name), visiting(self):
            self._prepare(batches, "predict")
            callbacks = self._callbacks(callbacks, verbose, epochs=1, steps=batches.num_batches)
            self.stop_predicting = False
            predictions = Predictions(self, "predict", batches, callbacks)
            callbacks.on_predict_begin()
            predictions.epoch()
            callbacks.on_predict_end()
            self._to_host()
        if not predictions.outputs:
            raise ValueError(f"{self.title}.predict got no rows")
        return predictions.joined()

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Mapping[int, float] | None = None,
        return_dict: bool = False,
    ) -> Any:
        """Learns from one batch; returns its loss and metrics, from before the step."""
        return self._on_batch("train", x, y, sample_weight, class_weight, return_dict)

    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """Evaluates one batch; returns its loss and metrics."""
        return self._on_batch("test", x, y, sample_weight, None, return_dict)

    def predict_on_batch(self, x: Any) -> Any:
        """The outputs for one batch."""
        batches = data.adapter(x, batch_size=len(tree.flatten(x)[0]), text=self._takes_text)
        with use_backend(self._backend_name), visiting(self):
            self._prepare(batches, "predict")
            outputs = self._run("predict", next(iter(batches)))
            return tree.map_structure(backend().to_numpy, outputs)

    def _on_batch(
        self, kind: str, x: Any, y: Any, sample_weight: Any, class_weight: Mapping[int, float] | None, return_dict: bool
    ) -> Any:
        self._check_compiled(f"{kind}_on_batch")
        rows = len(tree.flatten(x)[0])
        batches = data.adapter(x, y, sample_weight, batch_size=rows, class_weight=class_weight, text=self._takes_text)
        if kind == "train":
            check_free(self, "train_on_batch")
        with use_backend(self._backend_name), visiting(self):
            self._prepare(batches, kind)
            self.reset_metrics()
            logs = self._run(kind, next(iter(batches)))
            logs = plain(self.get_metrics_result() if logs is None else logs)
            self._to_host()
        return logs if return_dict else as_list(logs, self.metrics_names)

    def _epoch(self, loop: Loop) -> dict[str, Any]:
        """Runs all batches of an epoch and returns its logs."""
        loop.epoch()
        with self._exclusive:
            return plain(self.get_metrics_result() if loop.logs is None else loop.logs)

    def _run(self, kind: str, rows: Any, count: int = 1) -> Any:
        """The steps on `count` batches of one size; returns the last one's logs or outputs, where it has any.

        More than one only where `_runs_over`, and then nothing is returned.
        """
        if self._has_own_step(kind) and not self._in_own_step:
            return self._run_own(kind, rows)
        state, step = self._step(kind)
        state.in_step = True
        try:
            if count == 1:
                values, result = step(state.values(), rows)
            else:
                values, result = step.run_over(state.values(), rows, count), None
        finally:
            state.in_step = False
        state.replace(values)
        return result

    def _replayed(self, x: Any) -> Any:
        """The outputs for the array `x` from the compiled step, if such an array was just what it last ran on.

        Else, or if the model is looked upon or has changed, `None`. This is the short way for small inputs: all that
        there is to check has been checked, and the rest costs more than the network.
        """
        state = self._state
        if state is None or in_scope() or self._exclusive is not IDLE or not self._structure.holds():
            return None
        alone = getattr(self._steps.get(("predict", backend())), "alone", None)
        return None if alone is None else alone(state.values(), x)

    def _runs_over(self, kind: str) -> bool:
        """Whether the steps of several batches can run as one, because nothing but the state comes out of them."""
        if kind == "predict" or self._has_own_step(kind) or self.overrides("compute_metrics"):
            return False
        return hasattr(self._step(kind)[1], "run_over")

    def _has_own_step(self, kind: str) -> bool:
        return kind in _OWN and self.overrides(_OWN[kind])

    @property
    def losses(self) -> list[Any]:
        if self._state is None or not self._state.in_step:
            return super().losses
        added: list[Any] = [term for _, term in self._context.losses] if self._context is not None else []
        return added + [v.regularizer(v) for v in self._state.regularized]

    def _run_own(self, kind: str, batch: Any) -> Any:
        """Runs the subclass' own `train_step`, `test_step` or `predict_step`."""
        if kind != "predict" and batch[2] is None:
            batch = batch[0] if batch[1] is None else batch[:2]
        elif kind == "predict":
            batch = batch[0]
        self._in_own_step = True  # `super().train_step(data)` is the library's
        try:
            with masks.scope():
                return getattr(self, _OWN[kind])(batch)
        finally:
            self._in_own_step = False

    def _step(self, kind: str) -> tuple[steps.State, Any]:
        """The compiled step of this kind and the state that it works on."""
        state = self._state or self._refresh_state()
        key = (kind, backend())
        if key not in self._steps:
            step = getattr(steps, f"{kind}_step")(self, state)
            as_written = self.run_eagerly or (self._takes_text and not backend().TAPED)  # no compiler takes text
            self._steps[key] = step if as_written else backend().compile_step(step)
        return state, self._steps[key]

    def _refresh_state(self) -> steps.State:
        """Forgets compiled steps if weights, flags or metrics are no longer those that they were made for."""
        if self._state is None or not self._structure.holds():
            state = steps.State.of(self)
            if state != self._state:
                self._steps = {}  # first: an interrupt before the next line leaves no steps of another state
                self._state = state
            self._structure = Structure(self)
        return self._state

    def _to_host(self) -> None:
        if self._state is not None:
            self._state.to_host()

    # --- before the first step ----------------------------------------------------------------------------------

    def _prepare_fit(self, training: Batches, validation: Batches | None) -> None:
        self._prepare(training, "train")
        if validation is not None:
            self._prepare(validation, "test")

    def _prepare(self, batches: Batches, kind: str) -> None:
        """Builds whatever is not built yet for the shapes of the first batch, and checks that it fits."""
        batch = batches.first_batch()
        x, y, _ = batch
        y_pred = self._output_specs(x, y)
        if kind == "train" and self.optimizer is not None:
            self._build_optimizer()
        if kind != "predict" and y is not None:
            for container in (self._compile_loss, self._compile_metrics):
                if container is not None:
                    container.build(y, y_pred)
        self._refresh_state()
        if kind != "predict" and y is not None:
            targets = y if batches.targets is None else batches.targets
            if self._compile_loss is not None:
                self._compile_loss.check(targets, self._outputs_before_training(batch) if kind == "train" else y_pred)
            if self._compile_metrics is not None:
                self._compile_metrics.check(targets, y_pred)

    def _trained(self) -> list[Any]:
        """`trainable_variables`, which are walked for only if something has changed."""
        return self._state.trainable if self._state and self._structure.holds() else self.trainable_variables

    def _build_optimizer(self) -> None:
        weights = self._trained()
        self.optimizer.build(weights)
        if len(weights) != len(self.optimizer._trainable_variables):
            raise ValueError(
                f"{self.title} now has {len(weights)} trainable weights, its optimizer was made for "
                f"{len(self.optimizer._trainable_variables)}; call compile() again after a change of trainable"
            )

    def _outputs_before_training(self, batch: Any) -> Any:
        """Predictions for a batch as NumPy arrays, leaving all state as it is."""
        state = self._refresh_state()
        _, y_pred = steps.predict_step(self, state)(state.values(), batch)
        return tree.map_structure(backend().to_numpy, y_pred)

    def _output_specs(self, x: Any, y: Any = None) -> Any:
        """Shapes of the outputs for a batch `x`, whose targets are `y`; running the model on shapes also builds it."""
        if self.built and self.graph is not None:
            checks.check_inputs(self, x, y)
            return self.graph.outputs_for(x, self)
        tensors = tree.map_structure(lambda a: KerasTensor((None, *a.shape[1:]), str(a.dtype)), x)
        with contexts.fresh():
            return symbolic.infer(self, (tensors,), {})

    def _callbacks(
        self, callbacks: Any, verbose: str | int, epochs: int, steps: int | None, history: bool = False
    ) -> CallbackList:
        if isinstance(callbacks, CallbackList):
            return callbacks
        verbose = 1 if verbose == "auto" else int(verbose)
        return CallbackList(
            callbacks,
            add_history=history,
            add_progbar=verbose != 0,
            model=self,
            verbose=verbose,
            epochs=epochs,
            steps=steps,
        )


_OWN = {"train": "train_step", "test": "test_step", "predict": "predict_step"}


def _is_batch(x: Any, batch_size: Any) -> bool:
    """Whether `x` is certainly one batch, which is taken as it is."""
    if type(x) is not np.ndarray or (batch_size is not None and type(batch_size) is not int):
        return False
    return x.ndim > 0 and 0 < len(x) <= (batch_size or 32) and data.is_usual(x.dtype)


def _unpacked(batch: Any) -> tuple[Any, Any, Any]:
    if isinstance(batch, (tuple, list)) and not isinstance(batch, np.ndarray):
        if isinstance(batch, list) or len(batch) > 3:
            return batch, None, None
        return (*batch, None, None)[:3]
    return batch, None, None


def _checked_epochs(epochs: Any) -> int:
    """`epochs`, or the most that the settings allow."""
    if isinstance(epochs, bool) or not isinstance(epochs, (int, np.integer)):
        raise TypeError(f"epochs expects an integer, got {epochs!r}")
    most = config.max_epochs()
    if most is None or most >= epochs:
        return int(epochs)
    warn(f"fit runs {most} of {epochs} epochs, because config.max_epochs() is {most}")
    return most


def _check_steps_per_execution(steps: Any) -> None:
    if steps != "auto" and (isinstance(steps, bool) or not isinstance(steps, (int, np.integer)) or steps < 1):
        raise ValueError(f"steps_per_execution expects a number of batches, 1 or more, or 'auto', got {steps!r}")


def _validates(epoch: int, frequency: int | Iterable[int]) -> bool:
    if isinstance(frequency, int):
        return (epoch + 1) % frequency == 0
    return epoch + 1 in list(frequency)
