"""Blocks that Keras' low-level programs open: states beside the variables, symbols, devices, rematerialization."""

from nbkeras.backends import backend
from nbkeras.variables import Scope, Variable

__all__ = ["RematScope", "StatelessScope", "SymbolicScope", "device", "remat"]


class StatelessScope(Scope):
    """A block in which variables have the values of a mapping, and what is assigned to them stays in the block.

    Args:
        state_mapping: pairs of a variable and its value; other variables keep theirs.
        collect_losses: whether `add_loss` keeps terms, in `losses`.
        initialize_variables: accepted as in Keras; variables have values from the start.

    Example:
        >>> v = Variable([1.0])
        >>> with StatelessScope([(v, np.float32([5.0]))]) as scope:
        ...     v.assign_add([1.0])
        >>> scope.get_current_value(v).tolist(), v.numpy().tolist()
        ([6.0], [1.0])
    """

    def __init__(self, state_mapping=None, collect_losses=False, initialize_variables=True):
        pairs = list(state_mapping or [])
        for variable, value in pairs:
            if not isinstance(variable, Variable):
                raise ValueError(f"StatelessScope expects pairs of a variable and its value, got {variable!r}")
            if tuple(value.shape) != variable.shape:
                raise ValueError(
                    f"'{variable.path}' expects a value of shape {variable.shape}, got {tuple(value.shape)}"
                )
        super().__init__((variable, backend().array(value, variable.dtype)) for variable, value in pairs)
        self.collect_losses = collect_losses
        self.initialize_variables = initialize_variables
        self.losses = []

    def add_loss(self, loss):
        """Keeps a term of the loss."""
        self.losses.append(loss)

    def add_update(self, update):
        """Sets the value of a variable in this block: `update` is a pair of both."""
        variable, value = update
        self.set(variable, backend().array(value, variable.dtype))

    def get_current_value(self, variable):
        """The value of `variable` in this block; `None` if it has none of its own there."""
        return self.values.get(id(variable))


class SymbolicScope:
    """A block around symbolic computations; it does nothing, for these have no effects here."""

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None


class RematScope:
    """A block in which Keras computes inner values anew for the gradient, to save memory. Here it changes nothing.

    The numbers are the same either way, and the tape frees what it needs no longer.

    Args:
        mode: `"full"`, `"activations"`, `"larger_than"`, `"list_of_layers"` or `None`.
        output_size_threshold, layer_names: as in Keras.

    Raises:
        ValueError: for another mode.
    """

    MODES = ("full", "activations", "larger_than", "list_of_layers", None)

    def __init__(self, mode="full", output_size_threshold=1024, layer_names=None):
        if mode not in self.MODES:
            raise ValueError(f"RematScope expects mode to be one of {self.MODES}, got {mode!r}")
        self.mode = mode
        self.output_size_threshold = output_size_threshold
        self.layer_names = layer_names or []

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None


class device:
    """A block whose computations run on `device_name`; here that is the processor.

    Raises:
        ValueError: for any other than `"cpu"` or `"cpu:0"`.

    Example:
        >>> with device("cpu:0"):
        ...     x = np.ones(3)
    """

    def __init__(self, device_name):
        if str(device_name).lower() not in ("cpu", "cpu:0"):
            raise ValueError(
                f"device expects 'cpu:0', got {device_name!r}: JAX chooses its own device, NumPy has no other"
            )
        self.device_name = device_name

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return None


def remat(f):
    """`f` as it is: here it saves no memory, and the numbers are the same. In Keras, what asks for less memory."""
    return f
