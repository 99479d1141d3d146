"""One step of an optimizer as a function of values: clipping, decay, the formula, averages, constraints.

`state` and `weights` are lists of arrays in the order of the optimizer's variables and of the weights. Arrays may be
reused for the results.
"""

from nbkeras import ops
from nbkeras.backends import backend
from nbkeras.optimizers.clipping import clip
from nbkeras.variables import Scope


def advance(optimizer, layout, state, grads, weights):
    """The weights and the state after a step along `grads`, where `None` leaves a weight alone."""
    state, weights = list(state), list(weights)
    batches = state[layout.iteration]
    if optimizer.gradient_accumulation_steps:
        steps = batches // optimizer.gradient_accumulation_steps
        weights, state = _accumulate(optimizer, layout, steps, state, grads, weights)
    else:
        steps = batches
        weights, state = _move(optimizer, layout, steps, state, grads, weights)
    if optimizer.use_ema:
        _average(optimizer, layout, steps, state, weights)
    for place, variable in enumerate(optimizer._trainable_variables):
        if variable.constraint is not None and grads[place] is not None:
            weight = weights[place]
            weights[place] = _stored([weight], [variable.constraint(weight)])[0]
    state[layout.iteration] = backend().array(batches + 1, "int32")
    return weights, state


def _move(optimizer, layout, steps, state, grads, weights):
    """Clipping, then decay and the formula for each group of weights."""
    weights, state = list(weights), list(state)
    grads = clip(grads, optimizer.clipnorm, optimizer.global_clipnorm, optimizer.clipvalue)
    variable = None if layout.learning_rate is None else state[layout.learning_rate]
    rate = optimizer.rate_at(state[layout.iteration], variable)
    if optimizer.moves_by_variable:
        return _move_by_variable(optimizer, rate, state, grads, weights)
    shared = [state[place] for place in layout.shared]
    if shared:
        dtype = shared[0].dtype
        shared = [_scalar(value, dtype) for value in optimizer.advance_shared(_scalar(steps + 1, dtype), *shared)]
        for place, value in zip(layout.shared, shared):
            state[place] = value
    for group in layout.groups:
        formula = _formula(optimizer, group, steps + 1, rate, shared)
        _move_group(optimizer, layout, group, formula, state, grads, weights)
    return weights, state


def _move_group(optimizer, layout, group, formula, state, grads, weights):
    places = [place for place in group.places if grads[place] is not None]
    if not places:
        return
    old = [weights[place] for place in places]
    slots = [[_at(state, column[place]) for place in places] for column in layout.slots]
    mapped = backend().update if optimizer.elementwise else _each
    new, new_slots = mapped(formula, old, [grads[place] for place in places], slots)
    if new is old:
        return  # all was written in place
    for place, weight, *values in zip(places, new, *new_slots):
        weights[place] = weight
        for column, value in zip(layout.slots, values):
            if value is not None:
                state[column[place]] = value


def _at(state, place):
    return None if place is None else state[place]


def _formula(optimizer, group, step, rate, shared):
    """`(weight, grad, *slots) -> (weight, *slots)` for this step and this group of weights."""
    step, rate = _scalar(step, group.dtype), _scalar(rate, group.dtype)
    decay = group.decay

    def formula(weight, grad, *slots):
        if decay is not None:
            weight = weight - weight * decay * rate
        return optimizer.update(step, rate, weight, grad, *slots, *shared)

    return formula


def _move_by_variable(optimizer, rate, state, grads, weights):
    """The update by a user's `update_step`, in which variables stand for the values."""
    own, trained = optimizer.variables, optimizer._trainable_variables
    with Scope([*zip(own, state), *zip(trained, weights)]) as scope:
        for variable, grad in zip(trained, grads):
            if grad is None:
                continue
            decay = optimizer.decay_of(variable)
            if decay is not None:
                variable.assign(variable - variable * decay * ops.cast(rate, variable.dtype))
            optimizer.update_step(grad, variable, rate)
        return [scope.get(v) for v in trained], [scope.get(v) for v in own]


def _accumulate(optimizer, layout, steps, state, grads, weights):
    """Adds the gradients up; with the last batch of a step, moves by their mean and begins again at 0."""
    n = optimizer.gradient_accumulation_steps
    sums = [state[place] for place in layout.accumulators]
    totals = [a if grad is None else a + grad for a, grad in zip(sums, grads)]
    means = [None if grad is None else total / n for total, grad in zip(totals, grads)]
    due = (state[layout.iteration] + 1) % n == 0
    weights, state = ops.cond(
        due,
        lambda: _move(optimizer, layout, steps, state, means, weights),
        lambda: (weights, state),
    )
    kept = ops.cond(due, lambda: [0 * total for total in totals], lambda: totals)
    for place, value in zip(layout.accumulators, _stored(sums, kept)):
        state[place] = value
    return weights, state


def _average(optimizer, layout, steps, state, weights):
    """Moves the averages towards the weights and, when it is time, the weights onto the averages."""
    frequency = optimizer.ema_overwrite_frequency
    for group in layout.groups:
        momentum = _scalar(steps != 0, group.dtype) * optimizer.ema_momentum
        averages = [state[layout.averages[place]] for place in group.places]
        now = [weights[place] for place in group.places]
        averages = backend().update(lambda a, w, m=momentum: (m * a + (1 - m) * w,), averages, now, [])[0]
        if frequency:
            due = (steps + 1) % frequency == 0
            now = ops.cond(due, lambda old=now, new=averages: _stored(old, new), lambda old=now: old)
        for place, average, weight in zip(group.places, averages, now):
            state[layout.averages[place]] = average
            weights[place] = weight


def _scalar(value, dtype):
    """An array of no axes: of NumPy's scalars, powers have other last bits than those of arrays."""
    return backend().array(value, dtype)


def _stored(targets, values):
    """`values`, in the arrays of `targets` where the backend can write to those."""
    return backend().update(lambda old, new: (new,), targets, values, [])[0]


def _each(formula, weights, grads, slots):
    new = [formula(*group) for group in zip(weights, grads, *slots)]
    columns = [list(column) for column in zip(*new)]
    return columns[0], columns[1:]
