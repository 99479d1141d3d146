"""Recurrences over time: the loop that every recurrent layer is, and the steps of the common ones.

Everything is time-major. `z` holds the input projections of all steps, (steps, batch, gates · units). `mask` is
(steps, batch); a step that it does not keep leaves the state as it is and outputs what the last kept one did.
`dropout`, (gates, batch, units), multiplies the state on its way into each gate.
"""

from nbkeras import tree
from nbkeras.ops.activations import sigmoid
from nbkeras.ops.core import scan
from nbkeras.ops.creation import zeros_like
from nbkeras.ops.dispatch import fused
from nbkeras.ops.elementwise import tanh, where
from nbkeras.ops.linear import matmul
from nbkeras.ops.shaping import concatenate, expand_dims, split


def recurrence(
    step, inputs, states, mask=None, *, output_before=None, return_sequences=True, zero_output_for_mask=False
):
    """Runs `output, states = step(input, states)` over the leading axis of `inputs`.

    Args:
        step: a function of the slice of a step and the states, which are a list, maybe nested.
        inputs: an array or a nest of them.
        states: what the first step begins with.
        mask: which steps count for which rows.
        output_before: what a step outputs that is not kept and that no kept one precedes; needed with a mask only.
        return_sequences: whether to return the outputs of all steps or that of the last.
        zero_output_for_mask: whether a step that is not kept outputs zeros instead of what came before.

    Returns:
        The output or outputs, and the last states.
    """
    if mask is None:
        states, outputs = scan(lambda states, x: step(x, states)[::-1], states, inputs)
        return (outputs if return_sequences else outputs[-1]), states

    def masked_step(carry, slices):
        x, keep = slices
        shown, old = carry
        output, new = step(x, old)
        shown = _choose(keep, output, zeros_like(output) if zero_output_for_mask else shown)
        return (shown, tree.map_structure(lambda a, b: _choose(keep, a, b), new, old)), shown

    (last, states), outputs = scan(masked_step, (output_before, states), (inputs, mask))
    return (outputs if return_sequences else last), states


def _choose(keep, new, old):
    return where(expand_dims(keep, tuple(range(1, len(new.shape)))), new, old)


def recurrent_product(h, kernel, dropout):
    """`h @ kernel`; with `dropout`, each gate sees the state through its own mask."""
    if dropout is None:
        return matmul(h, kernel)
    gates = split(kernel, dropout.shape[0], axis=-1)
    return concatenate([matmul(h * dropout[k], gate) for k, gate in enumerate(gates)], axis=-1)


def simple_rnn_step(z, states, kernel, dropout=None, activation=tanh):
    """`h = activation(z + h @ kernel)`."""
    h = activation(z + recurrent_product(states[0], kernel, dropout))
    return h, [h]


def lstm_step(z, states, kernel, dropout=None, activation=tanh, recurrent_activation=sigmoid):
    """Hochreiter & Schmidhuber (1997), with the gates in the order input, forget, candidate, output."""
    h, c = states
    return lstm_gates(z + recurrent_product(h, kernel, dropout), c, activation, recurrent_activation)


def lstm_gates(z, c, activation, recurrent_activation, axis=-1):
    """The output and the new states of an LSTM from what its gates are given, side by side along `axis`."""
    i, f, a, o = split(z, 4, axis=axis)
    c = recurrent_activation(f) * c + recurrent_activation(i) * activation(a)
    h = recurrent_activation(o) * activation(c)
    return h, [h, c]


def gru_step(
    z, states, kernel, bias=None, dropout=None, reset_after=True, activation=tanh, recurrent_activation=sigmoid
):
    """Cho et al. (2014), with the gates in the order update, reset, candidate.

    With `reset_after` (cuDNN's variant) the reset gate multiplies the candidate's matrix product and `bias` is added
    to the products; without, the reset gate multiplies the state before its product.
    """
    h = states[0]
    units = h.shape[-1]
    z_update, z_reset, z_candidate = split(z, 3, axis=-1)
    if reset_after:
        product = recurrent_product(h, kernel, dropout)
        product = product if bias is None else product + bias
        update, reset, product = split(product, 3, axis=-1)
        reset = recurrent_activation(z_reset + reset)
        candidate = reset * product
    else:
        first, last = (None, None) if dropout is None else (dropout[:2], dropout[2:])
        update, reset = split(recurrent_product(h, kernel[:, : 2 * units], first), 2, axis=-1)
        reset = recurrent_activation(z_reset + reset)
        candidate = recurrent_product(reset * h, kernel[:, 2 * units :], last)
    update = recurrent_activation(z_update + update)
    h = update * h + (1 - update) * activation(z_candidate + candidate)
    return h, [h]


@fused
def simple_rnn(z, h, recurrent_kernel, mask=None, dropout=None, *, return_sequences=True, zero_output_for_mask=False):
    """A fully connected recurrence with tanh over all steps; returns the output or outputs and the last state."""

    def step(z, states):
        return simple_rnn_step(z, states, recurrent_kernel, dropout)

    return _flat(_over_time(step, z, [h], mask, return_sequences, zero_output_for_mask))


@fused
def lstm(z, h, c, recurrent_kernel, mask=None, dropout=None, *, return_sequences=True, zero_output_for_mask=False):
    """An LSTM with tanh and sigmoid over all steps; returns the output or outputs and the last h and c."""

    def step(z, states):
        return lstm_step(z, states, recurrent_kernel, dropout)

    return _flat(_over_time(step, z, [h, c], mask, return_sequences, zero_output_for_mask))


@fused
def gru(
    z,
    h,
    recurrent_kernel,
    recurrent_bias=None,
    mask=None,
    dropout=None,
    *,
    reset_after=True,
    return_sequences=True,
    zero_output_for_mask=False,
):
    """A GRU with tanh and sigmoid over all steps; returns the output or outputs and the last state."""

    def step(z, states):
        return gru_step(z, states, recurrent_kernel, recurrent_bias, dropout, reset_after)

    return _flat(_over_time(step, z, [h], mask, return_sequences, zero_output_for_mask))


def _over_time(step, z, states, mask, return_sequences, zero_output_for_mask):
    return recurrence(
        step,
        z,
        states,
        mask,
        output_before=states[0],
        return_sequences=return_sequences,
        zero_output_for_mask=zero_output_for_mask,
    )


def _flat(output_and_states):
    output, states = output_and_states
    return (output, *states)
