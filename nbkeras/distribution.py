"""What `keras.distribution` offers, by name: one machine computes here, with all its cores."""

from nbkeras.unavailable import unavailable

__all__ = [
    "DataParallel",
    "DeviceMesh",
    "LayoutMap",
    "ModelParallel",
    "TensorLayout",
    "distribute_tensor",
    "distribution",
    "get_device_count",
    "initialize",
    "list_devices",
    "set_distribution",
]

ONE_MACHINE = "one machine computes, with all its cores; leave it out, or use Keras where there are several devices"

DataParallel = unavailable("distribution.DataParallel", ONE_MACHINE)
DeviceMesh = unavailable("distribution.DeviceMesh", ONE_MACHINE)
LayoutMap = unavailable("distribution.LayoutMap", ONE_MACHINE)
ModelParallel = unavailable("distribution.ModelParallel", ONE_MACHINE)
TensorLayout = unavailable("distribution.TensorLayout", ONE_MACHINE)
distribute_tensor = unavailable("distribution.distribute_tensor", ONE_MACHINE)
initialize = unavailable("distribution.initialize", ONE_MACHINE)


def list_devices(device_type=None):
    """The devices of a kind: `["cpu:0"]` for `"cpu"` or `None`, none for any other."""
    return ["cpu:0"] if device_type in (None, "cpu") else []


def get_device_count(device_type=None):
    """The number of devices of a kind."""
    return len(list_devices(device_type))


def distribution():
    """How computations are distributed: `None`, not at all."""
    return None


def set_distribution(value):
    """Takes `None`; raises NotImplementedError for any other."""
    if value is not None:
        raise NotImplementedError(f"distribution.set_distribution expects None, got {value!r}: {ONE_MACHINE}")
