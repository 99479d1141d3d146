"""What all optimizers share: variables, options, and the step, once for values and for variables."""

import functools
import inspect
import re

import numpy as np

from nbkeras import initializers, ops
from nbkeras.autodiff import detach
from nbkeras.backends import backend, use_backend
from nbkeras.naming import unique_name
from nbkeras.optimizers import step
from nbkeras.optimizers.layout import Layout
from nbkeras.optimizers.schedules import LearningRateSchedule
from nbkeras.serialization import (
    Configurable,
    custom_object_scope,
    parameters,
    serialize_keras_object,
    unknown_argument,
)
from nbkeras.variables import Variable, in_scope, standardize_dtype
from nbkeras.warning import warn

__all__ = ["Optimizer", "takes_base_arguments"]


class Optimizer(Configurable):
    """Moves weights along gradients: subclass it, name the slots and write the formula in `update`.

    Args:
        learning_rate: a number, a `LearningRateSchedule`, or a function without arguments.
        weight_decay: each step first shrinks the weights by `learning_rate * weight_decay` of themselves.
        clipnorm: the largest norm of the gradient of one weight; longer ones are shortened.
        clipvalue: the largest magnitude of a number in a gradient.
        global_clipnorm: the largest norm of all gradients together.
        use_ema: whether to keep the moving average of each weight, which replaces it when training ends.
        ema_momentum: how much of the average stays in each step.
        ema_overwrite_frequency: steps after which the averages replace the weights, again and again; `None`: only at
            the end.
        loss_scale_factor: the loss is multiplied by it, the gradients are divided by it, against underflow.
        gradient_accumulation_steps: batches whose mean gradient makes one step.
        name: default the class name in snake case, made unique.

    Attributes:
        slots: names of the arrays kept for each weight. Names in one tuple alternate in `variables`, weight by weight;
            a name by itself has its arrays in a row.
        initial: their first values by name, where these are not 0.
        shared: numbers kept once for all weights, by name, with their first values; see `advance_shared`.
        elementwise: whether `update` treats every number by itself, so that weights can be updated as one long array.

    Example:
        >>> class Momentum(Optimizer):
        ...     slots = ("velocity",)
        ...     def update(self, step, learning_rate, weight, grad, velocity):
        ...         velocity = 0.9 * velocity - learning_rate * grad
        ...         return weight + velocity, velocity
        >>> w = Variable([1.0, 2.0])
        >>> Momentum(0.1).apply([np.array([1.0, 1.0])], [w])
        >>> w.numpy()
        array([0.9, 1.9], dtype=float32)

    A subclass may instead follow Keras' form: make variables in `build` with `add_variable_from_reference` and assign
    them in `update_step(gradient, variable, learning_rate)`.
    """

    slots: tuple = ()
    initial: dict = {}  # noqa: RUF012
    shared: dict = {}  # noqa: RUF012
    elementwise = True
    base_parameters = (
        "name",
        "learning_rate",
        "weight_decay",
        "clipnorm",
        "global_clipnorm",
        "clipvalue",
        "use_ema",
        "ema_momentum",
        "ema_overwrite_frequency",
        "loss_scale_factor",
        "gradient_accumulation_steps",
    )

    def __init__(
        self,
        learning_rate,
        weight_decay=None,
        clipnorm=None,
        clipvalue=None,
        global_clipnorm=None,
        use_ema=False,
        ema_momentum=0.99,
        ema_overwrite_frequency=None,
        loss_scale_factor=None,
        gradient_accumulation_steps=None,
        name=None,
        **kwargs,
    ):
        if kwargs:
            _refuse(type(self), kwargs)
        self.name = name or unique_name(type(self).__name__)
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.clipvalue = clipvalue
        self.global_clipnorm = global_clipnorm
        self.use_ema = use_ema
        self.ema_momentum = ema_momentum
        self.ema_overwrite_frequency = ema_overwrite_frequency
        self.loss_scale_factor = loss_scale_factor
        self.gradient_accumulation_steps = gradient_accumulation_steps
        self._check_options()
        self.built = False
        self._variables = []
        self._trainable_variables = []
        self._averages = []
        self._accumulators = []
        self._slots = {}
        self._shared = []
        self._excluded = ([], None)
        self._layout = None
        self._iterations = self.add_variable((), dtype="int", name="iteration")
        self._set_learning_rate(learning_rate)

    # --- options ------------------------------------------------------------------------------------------------

    def _check_options(self):
        given = [name for name in ("clipnorm", "clipvalue", "global_clipnorm") if getattr(self, name) is not None]
        if len(given) > 1:
            raise ValueError(f"{type(self).__name__} takes one of clipnorm, clipvalue and global_clipnorm, got {given}")
        steps = self.gradient_accumulation_steps
        if steps is not None and (not isinstance(steps, (int, np.integer)) or steps < 2):
            raise ValueError(f"gradient_accumulation_steps must be an integer of at least 2 or None, got {steps!r}")
        if self.use_ema and not 0 <= self.ema_momentum <= 1:
            raise ValueError(f"ema_momentum must be in [0, 1], got {self.ema_momentum!r}")
        frequency = self.ema_overwrite_frequency
        if self.use_ema and frequency and (not isinstance(frequency, int) or frequency < 1):
            raise ValueError(f"ema_overwrite_frequency must be a positive integer or None, got {frequency!r}")

    @property
    def iterations(self):
        """The number of steps taken; batches that only accumulate gradients do not count."""
        steps = self.gradient_accumulation_steps
        return ops.floor_divide(self._iterations, steps) if steps else self._iterations

    @property
    def learning_rate(self):
        """The learning rate of the next step; set it to a number, a schedule or a function."""
        return self.rate_at(self._iterations, self._learning_rate)

    @learning_rate.setter
    def learning_rate(self, value):
        if isinstance(self._learning_rate, LearningRateSchedule) and not callable(value):
            raise TypeError(
                f"the learning rate of '{self.name}' follows {type(self._learning_rate).__name__}, so no number can be "
                "set; make the optimizer with a number, or set another schedule"
            )
        self._set_learning_rate(value)

    def _set_learning_rate(self, value):
        now = getattr(self, "_learning_rate", None)
        if callable(value):
            self._learning_rate = value
            self._variables = [v for v in self._variables if v is not now]
            self._layout = None
        elif not _is_number(value):
            raise ValueError(
                f"{type(self).__name__} expects learning_rate to be a number, a LearningRateSchedule or a function, "
                f"got {value!r}"
            )
        elif isinstance(now, Variable):
            now.assign(value)
        else:
            self._learning_rate = self.add_variable((), initializers.Constant(float(value)), name="learning_rate")

    def rate_at(self, batches, variable):
        """The learning rate after `batches`: the schedule's or function's, or else the value of its `variable`."""
        if isinstance(self._learning_rate, LearningRateSchedule):
            return self._learning_rate(batches)
        return self._learning_rate() if callable(self._learning_rate) else variable

    def exclude_from_weight_decay(self, var_list=None, var_names=None):
        """Leaves weights out of `weight_decay`.

        Args:
            var_list: the variables.
            var_names: patterns; a variable with one of them in its name is left out: `["bias", "gamma"]`.
        """
        pattern = re.compile("|".join(var_names)) if var_names else None
        self._excluded = (list(var_list or ()), pattern)
        if self.built:
            self._pack()

    def decays(self, variable):
        """Whether weight decay may shrink `variable`: `exclude_from_weight_decay` leaves it in."""
        listed, pattern = self._excluded
        named = pattern is not None and pattern.search(variable.name)
        return not named and not any(variable is v for v in listed)

    def decay_of(self, variable):
        """The share of `variable` that each step takes away, times the learning rate; `None`: nothing."""
        return self.weight_decay if self.decays(variable) else None

    # --- variables ----------------------------------------------------------------------------------------------

    @property
    def variables(self):
        """All state: the count of batches, the learning rate, moving averages, accumulators, slots."""
        return list(self._variables)

    def add_variable(self, shape, initializer="zeros", dtype=None, aggregation="none", layout=None, name=None):
        """Makes a variable that belongs to the optimizer's state."""
        variable = Variable(
            initializers.get(initializer),
            shape=tuple(shape),
            dtype=standardize_dtype(int if dtype == "int" else dtype),
            trainable=False,
            aggregation=aggregation,
            name=name,
        )
        variable.path = f"{self.name}/{variable.name}"
        self._variables.append(variable)
        self._layout = None
        return variable

    def add_variable_from_reference(self, reference_variable, name=None, initializer="zeros"):
        """Makes a variable of the shape and dtype of a weight, named after both."""
        return self.add_variable(
            reference_variable.shape,
            initializer,
            reference_variable.dtype,
            name=f"{reference_variable.path.replace('/', '_')}_{name or 'var'}",
        )

    def add_optimizer_variables(self, trainable_variables, name, initializer="zeros"):
        """Makes a variable for each weight.

        Args:
            trainable_variables: the weights.
            name: a name, or a list of names.
            initializer: one for all, or a list with one for each name.

        Returns:
            A list of variables; for a list of names a tuple of lists.
        """
        names = [name] if isinstance(name, str) else list(name)
        each = list(initializer) if isinstance(initializer, (list, tuple)) else [initializer] * len(names)
        if len(each) != len(names):
            raise ValueError(f"add_optimizer_variables got {len(names)} names and {len(each)} initializers")
        made = tuple([] for _ in names)
        for variable in trainable_variables:
            for column, part, start in zip(made, names, each):
                column.append(self.add_variable_from_reference(variable, part, start))
        return made[0] if isinstance(name, str) else made

    def build(self, variables):
        """Makes the state for the weights `variables`, which the optimizer updates from now on."""
        if self.built:
            return
        variables = list(variables)
        overwritten = [v.path for v in variables if v.overwrite_with_gradient]
        if overwritten:
            raise NotImplementedError(f"overwrite_with_gradient is not there yet: {', '.join(overwritten)}")
        self._trainable_variables = variables
        if self.use_ema:
            self._averages = self.add_optimizer_variables(variables, "average")
        if self.gradient_accumulation_steps:
            self._accumulators = self.add_optimizer_variables(variables, "gradient_accumulator")
        self.make_slots(variables)
        dtype = variables[0].dtype if variables else None
        for name, start in self.shared.items():
            self._shared.append(self.add_variable((), initializers.Constant(start), dtype, name=name))
        self._pack()
        self.built = True

    def make_slots(self, variables):
        """Makes the arrays of `slots` for the weights; override it where they are not all of the weights' shapes.

        It fills `_slots`: by name, a list with a variable, or `None`, for each weight.
        """
        for group in self.slots:
            names = [group] if isinstance(group, str) else list(group)
            rows = [[self._add_slot(variable, name) for name in names] for variable in variables]
            self._slots.update((name, [row[place] for row in rows]) for place, name in enumerate(names))

    def _add_slot(self, weight, name):
        """A slot of one number that looks as if it had the shape of `weight`: `_pack` gives it memory, once."""
        start = initializers.Constant(self.initial.get(name, 0.0))
        slot = self.add_variable((), start, weight.dtype, name=f"{weight.path.replace('/', '_')}_{name}")
        slot.replace(np.broadcast_to(slot._value, weight.shape))
        return slot

    def _pack(self):
        """Lays weights and slots out in buffers, by dtype and decay, so that a step can run over long arrays."""
        self._layout = None
        for group in Layout(self).groups:
            for column in (self._trainable_variables, self._averages, self._accumulators, *self._slots.values()):
                members = [column[place] for place in group.places if column and column[place] is not None]
                with use_backend("numpy"):  # state lives on the host; a step on another backend takes it from there
                    views = backend().pack([v._value for v in members])
                for variable, view in zip(members, views):
                    variable.bind(view)

    # --- the formula --------------------------------------------------------------------------------------------

    def update(self, step, learning_rate, weight, grad, *state):
        """The formula, a pure function written with operators and `ops`; override it.

        Args:
            step: the number of this step, from 1, as a scalar of the weight's dtype.
            learning_rate: a scalar of the weight's dtype.
            weight, grad: arrays.
            state: the slots in order, then the shared numbers.

        Returns:
            The new weight, followed by the new slots.
        """
        raise NotImplementedError(f"{type(self).__name__} has no update(); write the formula there")

    def advance_shared(self, step, *shared):
        """New values of the `shared` numbers, found before the weights are updated."""
        return shared

    def update_step(self, gradient, variable, learning_rate):
        """Updates one variable and its slots; a subclass that overrides it needs no `update`."""
        place = self._get_variable_index(variable)
        kept = [column[place] for column in self._slots.values()]
        step_number = ops.cast(self.iterations + 1, variable.dtype)
        rate = ops.cast(learning_rate, variable.dtype)
        values = [None if v is None else v.value for v in (*kept, *self._shared)]
        new = self.update(step_number, rate, variable.value, ops.cast(gradient, variable.dtype), *values)
        for target, value in zip((variable, *kept), new):
            if target is not None:
                self.assign(target, value)

    @property
    def moves_by_variable(self):
        """Whether a subclass moves weights by `update_step` instead of `update`."""
        return type(self).update_step is not Optimizer.update_step

    def _get_variable_index(self, variable):
        for place, known in enumerate(self._trainable_variables):
            if known is variable:
                return place
        raise _unknown_variable(self, variable)

    def assign(self, variable, value):
        """`variable.assign(value)`."""
        variable.assign(value)

    def assign_add(self, variable, value):
        """`variable.assign_add(value)`."""
        variable.assign_add(value)

    def assign_sub(self, variable, value):
        """`variable.assign_sub(value)`."""
        variable.assign_sub(value)

    # --- the step -----------------------------------------------------------------------------------------------

    def apply(self, grads, trainable_variables=None):
        """Takes one step: updates weights and state by the gradients.

        Args:
            grads: arrays, one per variable; `None` leaves its variable alone, with a warning.
            trainable_variables: the variables; default those that the optimizer was built with. The first call
                builds it.

        Raises:
            ValueError: for variables that the optimizer was not built with, or if there is no gradient at all.
        """
        grads = list(grads)
        if not grads:
            return
        grads = self._aligned(grads, trainable_variables)
        self._report_missing(grads, trainable_variables)
        state = [detach(v.value) for v in self.variables]
        weights = [detach(v.value) for v in self._trainable_variables]
        if in_scope():  # the values belong to the variables, or to whoever opened the scope
            state, weights = _copies(state), _copies(weights)
        new_weights, new_state = self._advance(state, grads, weights)
        for variable, value in zip((*self._trainable_variables, *self.variables), (*new_weights, *new_state)):
            if in_scope():
                variable.assign(value)
            else:
                variable.replace(value)

    def apply_gradients(self, grads_and_vars):
        """`apply` for pairs of gradient and variable; returns the count of batches."""
        grads, variables = zip(*grads_and_vars)
        self.apply(grads, variables)
        return self._iterations

    def stateless_apply(self, optimizer_variables, grads, trainable_variables):
        """One step as a pure function of values.

        Args:
            optimizer_variables: values in the order of `variables`.
            grads: one array per weight.
            trainable_variables: values of the weights that the optimizer was built with.

        Returns:
            The new values of the weights, and those of the optimizer's variables.
        """
        return self.advance(_copies(optimizer_variables), grads, _copies(trainable_variables))

    def advance(self, optimizer_variables, grads, trainable_variables):
        """`stateless_apply` for who has no more use for the old values: their arrays may become the new ones."""
        self._check_values(optimizer_variables, grads, trainable_variables)
        self._report_missing(grads)
        return self._advance(optimizer_variables, grads, trainable_variables)

    def _advance(self, state, grads, weights):
        self._layout = self._layout or Layout(self)
        return step.advance(self, self._layout, state, self._prepared(grads, weights), weights)

    def finalize_variable_values(self, var_list):
        """With `use_ema`, gives the variables their averages, as training does at its end."""
        if self.use_ema:
            for variable in var_list:
                variable.assign(self._averages[self._get_variable_index(variable)])

    def scale_loss(self, loss):
        """The loss times `loss_scale_factor`, whose gradients `apply` expects."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor

    # --- what is given ------------------------------------------------------------------------------------------

    def _aligned(self, grads, variables):
        """One gradient, or `None`, for each weight that the optimizer was built with."""
        if variables is None and not self.built:
            raise ValueError(
                f"the optimizer '{self.name}' does not know its variables yet; "
                "call apply(grads, variables), or build(variables) first"
            )
        own = self._trainable_variables
        if variables is not None:
            variables = list(variables)
            if len(variables) != len(grads):
                raise ValueError(f"apply got {len(grads)} gradients for {len(variables)} variables")
            if not self.built:
                self.build(variables)
                own = self._trainable_variables
            if len(variables) != len(own) or any(a is not b for a, b in zip(variables, own)):
                given = dict(zip((self._get_variable_index(v) for v in variables), grads))
                return [given.get(place) for place in range(len(own))]
        return grads

    def _check_values(self, state, grads, weights):
        if not self.built:
            raise ValueError(f"the optimizer '{self.name}' has no state yet; call build(variables) first")
        for what, values, expected in (
            ("values of its variables", state, self.variables),
            ("gradients", grads, self._trainable_variables),
            ("values of weights", weights, self._trainable_variables),
        ):
            if len(values) != len(expected):
                raise ValueError(f"the optimizer '{self.name}' expects {len(expected)} {what}, got {len(values)}")

    def _report_missing(self, grads, variables=None):
        """Warns of weights that were to be moved and have no gradient; an error if none has one."""
        if all(grad is not None for grad in grads):
            return
        if all(grad is None for grad in grads):
            raise ValueError("no gradient reaches any variable: does the loss depend on them?")
        wanted = None if variables is None else {id(v) for v in variables}
        missing = [
            variable.path
            for variable, grad in zip(self._trainable_variables, grads)
            if grad is None and (wanted is None or id(variable) in wanted)
        ]
        if missing:
            message = f"the loss has no gradient with respect to {', '.join(missing)}: they stay as they are"
            warn(message)

    def _prepared(self, grads, weights):
        """The gradients as arrays of the weights' dtypes, unscaled."""
        array, scale = backend().array, self.loss_scale_factor
        prepared = []
        for grad, weight, variable in zip(grads, weights, self._trainable_variables):
            if grad is not None:
                grad = array(grad, weight.dtype)
                if grad.shape != weight.shape:
                    raise ValueError(
                        f"the gradient for '{variable.path}' must have its shape {weight.shape}, got {grad.shape}"
                    )
                grad = grad if scale is None else grad / scale
            prepared.append(grad)
        return prepared

    # --- saving -------------------------------------------------------------------------------------------------

    def get_config(self):
        """The constructor's arguments as a JSON-ready dictionary, with the present learning rate."""
        rate = self._learning_rate
        written = float(rate) if isinstance(rate, Variable) else serialize_keras_object(rate)
        return {**super().get_config(), "learning_rate": written}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A new optimizer, without state, from what `get_config` returned."""
        with custom_object_scope(custom_objects):
            return super().from_config(config)

    def set_weights(self, weights):
        """Assigns values to `variables`, in order."""
        if not self.built:
            raise ValueError(f"the optimizer '{self.name}' has no state yet; call build(variables) first")
        for variable, value in zip(self.variables, weights):
            variable.assign(value)

    def save_own_variables(self, store):
        """Puts `variables` in `store` under "0", "1", …"""
        for index, variable in enumerate(self.variables):
            store[str(index)] = variable

    def load_own_variables(self, store):
        """Assigns the values in `store`; if their number differs, warns and leaves the state as it is."""
        if len(store.keys()) != len(self.variables):
            warn(
                f"the optimizer '{self.name}' has {len(self.variables)} variables, the file {len(store.keys())}: "
                f"its state is not loaded{'' if self.built else ', since it has not been built'}",
            )
            return
        for index, variable in enumerate(self.variables):
            variable.assign(store[str(index)])


def takes_base_arguments(init):
    """Gives a constructor the parameters of `Optimizer`'s after its own, by name and by position.

    The constructor itself says `**base` and hands it on.
    """
    own = [p for p in inspect.signature(init).parameters.values() if p.kind is not p.VAR_KEYWORD]
    named = {p.name for p in own}
    base = [p for p in inspect.signature(Optimizer.__init__).parameters.values() if p.name not in named]
    signature = inspect.Signature([*own, *base])

    @functools.wraps(init)
    def __init__(self, *args, **kwargs):
        arguments = signature.bind(self, *args, **kwargs).arguments
        init(**arguments.pop("kwargs", {}), **arguments)

    __init__.__signature__ = signature
    return __init__


def _copies(values):
    return [value.copy() if isinstance(value, np.ndarray) else value for value in values]


def _is_number(value):
    return not isinstance(value, (bool, str)) and (isinstance(value, (int, float)) or np.shape(value) == ())


def _refuse(cls, keywords):
    name = cls.__name__
    if "lr" in keywords:
        raise ValueError(f"{name} has no argument 'lr'; did you mean 'learning_rate'?")
    if "decay" in keywords:
        raise ValueError(f"{name} has no argument 'decay'; give learning_rate a schedule such as InverseTimeDecay")
    raise ValueError(unknown_argument(name, list(keywords), parameters(cls)))  # of the kind that Keras raises


def _unknown_variable(optimizer, variable):
    return ValueError(
        f"the optimizer '{optimizer.name}' was built without the variable '{variable.path}'; make a new optimizer for "
        "a new set of variables"
    )
