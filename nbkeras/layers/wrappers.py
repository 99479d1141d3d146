"""Layers around a layer: over time, and in both directions."""

import inspect

from nbkeras import ops, tree
from nbkeras.backends.abstract import AbstractArray
from nbkeras.layers.building import build_inner
from nbkeras.layers.layer import Layer
from nbkeras.layers.recurrent.rnn import split_states

__all__ = ["Bidirectional", "TimeDistributed", "Wrapper"]


class Wrapper(Layer):
    """A base for layers around one other layer.

    Args:
        layer: the layer inside.

    Raises:
        ValueError: if `layer` is not a layer.
    """

    def __init__(self, layer, **kwargs):
        super().__init__(**kwargs)
        self.layer = _checked_layer(self, layer)

    def build(self, input_shape=None):
        build_inner(self.layer, input_shape)


class TimeDistributed(Wrapper):
    """A layer applied to each step of a sequence: (batch, steps, …) → (batch, steps, …), with the same weights.

    Args:
        layer: what is applied to (batch, …). A layer that keeps a state besides its trainable weights, as
            `BatchNormalization` does, runs step after step; any other sees all steps as one large batch.

    A mask of the sequence is passed on, and given to `layer` step by step if that takes one.

    Example:
        >>> TimeDistributed(nbkeras.layers.Dense(3))(np.ones((2, 5, 4), "float32")).shape
        (2, 5, 3)
    """

    def __init__(self, layer, **kwargs):
        super().__init__(layer, **kwargs)
        self.supports_masking = True

    def build(self, input_shape):
        if len(input_shape) < 3:
            raise ValueError(f"{self.title} expects inputs of shape (batch, steps, …), got {input_shape}")
        super().build((input_shape[0], *input_shape[2:]))

    def call(self, inputs, training=None, mask=None):
        batch, steps = inputs.shape[:2]
        if mask is not None and tuple(mask.shape[:2]) != (batch, steps):
            raise ValueError(
                f"{self.title} expects a mask of shape (batch, steps) = {(int(batch), int(steps))}, "
                f"got {tuple(map(int, mask.shape))}"
            )
        if self.layer.non_trainable_weights or isinstance(inputs, AbstractArray):
            return self._by_step(inputs, mask, training, steps)

        def joined(x):
            return ops.reshape(x, (batch * steps, *x.shape[2:]))

        outputs = self._apply(joined(inputs), None if mask is None else joined(mask), training)
        return tree.map_structure(lambda y: ops.reshape(y, (batch, steps, *y.shape[1:])), outputs)

    def _by_step(self, inputs, mask, training, steps):
        if isinstance(inputs, AbstractArray):  # one step gives the shape, however many there are
            over_time = tree.map_structure(lambda x: None if x is None else ops.swapaxes(x, 0, 1), (inputs, mask))
            _, outputs = ops.scan(lambda _, row: ((), self._apply(*row, training)), (), over_time)
            return tree.map_structure(lambda y: ops.swapaxes(y, 0, 1), outputs)
        outputs = [self._apply(inputs[:, t], None if mask is None else mask[:, t], training) for t in range(steps)]
        return tree.map_structure(lambda *y: ops.stack(y, axis=1), *outputs)

    def _apply(self, x, mask, training):
        takes_mask = mask is not None and "mask" in inspect.signature(self.layer.call).parameters
        return self.layer(x, training=training, **({"mask": mask} if takes_mask else {}))


MERGES = {
    "concat": lambda a, b: ops.concatenate([a, b], axis=-1),
    "sum": ops.add,
    "ave": lambda a, b: (a + b) / 2,
    "mul": ops.multiply,
    None: lambda a, b: (a, b),
}


class Bidirectional(Layer):
    """A recurrent layer over a sequence from both ends.

    Args:
        layer: an `RNN`, `LSTM`, `GRU` or any layer with `go_backwards`, `return_sequences`, `return_state` and
            `stateful`. Copies of it are used, `forward_layer` and `backward_layer`.
        merge_mode: how the two outputs become one: `"concat"`, `"sum"`, `"mul"`, `"ave"`; `None` returns both.
        weights: arrays to begin with, those of the forward layer first.
        backward_layer: another layer for the way back, which must have the opposite `go_backwards`.

    With `return_state`, the states of the forward layer and those of the backward layer follow the output;
    `initial_state` takes them in the same order. With `return_sequences`, the backward outputs are put in the order of
    the sequence, and masked steps output zeros.

    Example:
        >>> Bidirectional(nbkeras.layers.LSTM(3, return_sequences=True))(np.ones((2, 5, 4), "float32")).shape
        (2, 5, 6)
    """

    unwritten = ("weights",)

    def __init__(self, layer, merge_mode="concat", weights=None, backward_layer=None, **kwargs):
        super().__init__(**kwargs)
        if merge_mode not in MERGES:
            raise ValueError(
                f"{self.title}: merge_mode must be one of {', '.join(map(repr, MERGES))}, got {merge_mode!r}"
            )
        for given in (layer, backward_layer) if backward_layer is not None else (layer,):
            _checked_recurrent(self, given)
        self.merge_mode = merge_mode
        self.forward_layer = _copy(layer, "forward_")
        if backward_layer is None:
            backward_layer = _copy(layer, "backward_", go_backwards=not layer.go_backwards)
        self.backward_layer = backward_layer
        self._check_pair()
        self._first_weights = weights
        for each in (self.forward_layer, self.backward_layer):  # so that both are 0 where one of them saw nothing
            each.zero_output_for_mask = layer.return_sequences
        self.return_sequences = layer.return_sequences
        self.return_state = layer.return_state
        self.stateful = layer.stateful
        self.supports_masking = True

    def _check_pair(self):
        forward, backward = self.forward_layer, self.backward_layer
        if forward.go_backwards == backward.go_backwards:
            raise ValueError(
                f"{self.title} expects layers that go opposite ways, got go_backwards={forward.go_backwards} for both"
            )
        for name in ("stateful", "return_sequences", "return_state"):
            if getattr(forward, name) != getattr(backward, name):
                raise ValueError(
                    f"{self.title} expects layers with the same {name}, got {getattr(forward, name)} forward and "
                    f"{getattr(backward, name)} backward"
                )

    @property
    def layer(self):
        """The forward layer."""
        return self.forward_layer

    @property
    def states(self):
        """The states of both layers, if they are stateful and built."""
        if self.forward_layer.states is None:
            return None
        return (*self.forward_layer.states, *self.backward_layer.states)

    def build(self, sequences_shape, initial_state_shape=None):
        build_inner(self.forward_layer, sequences_shape)
        build_inner(self.backward_layer, sequences_shape)
        if self._first_weights is not None:
            self.set_weights(self._first_weights)

    def __call__(self, sequences, initial_state=None, mask=None, training=None):
        sequences, initial_state = split_states(sequences, initial_state)
        given = {"initial_state": initial_state, "mask": mask, "training": training}
        return super().__call__(sequences, **{name: value for name, value in given.items() if value is not None})

    def call(self, sequences, initial_state=None, mask=None, training=None):
        forward, backward = self._run(sequences, initial_state, mask, training)
        states = ()
        if self.return_state:
            (forward, *forward_states), (backward, *backward_states) = forward, backward
            states = (*forward_states, *backward_states)
        if self.return_sequences:
            backward = ops.flip(backward, axis=1)
        merged = MERGES[self.merge_mode](forward, backward)
        if not self.return_state:
            return merged
        return (*merged, *states) if self.merge_mode is None else (merged, *states)

    def _run(self, sequences, initial_state, mask, training):
        keywords = {"mask": mask, "training": training}
        if initial_state is None:
            return self.forward_layer(sequences, **keywords), self.backward_layer(sequences, **keywords)
        count = len(initial_state)
        if count % 2:
            raise ValueError(f"{self.title} expects an initial state for each state of both layers, got {count}")
        return (
            self.forward_layer(sequences, initial_state=initial_state[: count // 2], **keywords),
            self.backward_layer(sequences, initial_state=initial_state[count // 2 :], **keywords),
        )

    def compute_mask(self, inputs, mask):
        mask = tree.flatten(mask)[0] if self.return_sequences else None
        return (mask, mask) if self.merge_mode is None else mask

    def reset_state(self):
        """Makes the next batch of stateful layers begin with zeros."""
        self.forward_layer.reset_state()
        self.backward_layer.reset_state()

    def reset_states(self):
        """The same as `reset_state`."""
        self.reset_state()


def _checked_layer(owner, layer):
    if not isinstance(layer, Layer):
        raise ValueError(f"{owner.title} expects a layer, got {layer!r}")
    return layer


def _checked_recurrent(owner, layer):
    _checked_layer(owner, layer)
    for name in ("go_backwards", "return_sequences", "return_state", "stateful"):
        if not hasattr(layer, name):
            raise ValueError(f"{owner.title} expects a recurrent layer, got {layer!r}, which has no {name}")


def _copy(layer, prefix, **changes):
    """A new layer of the configuration of `layer`, renamed."""
    name = prefix + layer.name.removeprefix("forward_").removeprefix("backward_")
    return type(layer).from_config({**layer.get_config(), "name": name, **changes})
