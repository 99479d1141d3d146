"""Evaluation with averaged weights."""

from typing import Any

from nbkeras.callbacks.callback import Callback, Logs

__all__ = ["SwapEMAWeights"]


class SwapEMAWeights(Callback):
    """Puts the optimizer's averages of the weights in their place while the model is evaluated or predicts.

    The averages are those that an optimizer with `use_ema=True` keeps (Polyak and Juditsky, 1992,
    https://doi.org/10.1137/0330046); the weights come back afterwards.

    Args:
        swap_on_epoch: does so at the end of each epoch, too, until the next one begins: for callbacks after this one in
            the list, such as `ModelCheckpoint`.

    Raises:
        ValueError: where no optimizer of the model keeps averages.

    Example:
        >>> model.compile(optimizers.SGD(0.1, use_ema=True), "mse")
        >>> model.fit(x, y, validation_split=0.2, callbacks=[SwapEMAWeights()])
    """

    def __init__(self, swap_on_epoch: bool = False) -> None:
        super().__init__()
        self.swap_on_epoch = swap_on_epoch
        self._weights: list[Any] | None = None  # while their averages are in their place

    def get_state(self) -> dict[str, Any]:
        return {} if self._weights is None else {"weights": self._weights}

    def set_state(self, state: dict[str, Any]) -> None:
        self._weights = state["weights"]

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._put_weights()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        if self.swap_on_epoch:
            self._put_averages()

    def on_test_begin(self, logs: Logs = None) -> None:
        self._put_averages()

    def on_test_end(self, logs: Logs = None) -> None:
        self._put_weights()

    def on_predict_begin(self, logs: Logs = None) -> None:
        self._put_averages()

    def on_predict_end(self, logs: Logs = None) -> None:
        self._put_weights()

    def on_train_end(self, logs: Logs = None) -> None:
        self._weights = None  # `fit` has left the averages in their place

    def _put_averages(self) -> None:
        pairs = self._pairs()
        if self._weights is None:
            self._weights = [weight.numpy() for weight, _ in pairs]
            for weight, average in pairs:
                weight.assign(average)

    def _put_weights(self) -> None:
        if self._weights is None:
            return
        for (weight, _), value in zip(self._pairs(), self._weights):
            weight.assign(value)
        self._weights = None

    def _pairs(self) -> list[tuple[Any, Any]]:
        """Each weight and its average."""
        optimizer = getattr(self.model.optimizer, "inner_optimizer", self.model.optimizer)
        averaging = [one for one in getattr(optimizer, "optimizers", [optimizer]) if getattr(one, "use_ema", False)]
        if not averaging:
            raise ValueError(
                f"SwapEMAWeights expects an optimizer that averages weights, got {type(optimizer).__name__} without; "
                "give it use_ema=True"
            )
        return [pair for one in averaging for pair in zip(one._trainable_variables, one._averages)]
