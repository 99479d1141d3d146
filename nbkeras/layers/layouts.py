"""Where the axes of sequences, images and volumes are, with the channels last or first."""

from nbkeras.layers.layer import InputSpec

__all__ = ["channel_axis", "channels_spec", "spatial_axes", "spatial_shape"]

_SPACE = {1: ("steps",), 2: ("height", "width"), 3: ("depth", "height", "width")}


def channel_axis(data_format):
    """The axis of the channels: -1 or 1."""
    return -1 if data_format == "channels_last" else 1


def spatial_axes(rank, data_format):
    """The axes that are neither batch nor channels."""
    first = 1 if data_format == "channels_last" else 2
    return tuple(range(first, first + rank))


def spatial_shape(shape, data_format):
    """The sizes along the spatial axes."""
    return tuple(shape[1:-1] if data_format == "channels_last" else shape[2:])


def channels_spec(rank, data_format, channels=None):
    """The specification of an input with `rank` spatial axes and, if given, that many channels."""
    names = ("batch", *_SPACE[rank], "channels")
    if data_format == "channels_first":
        names = ("batch", "channels", *_SPACE[rank])
    axes = {channel_axis(data_format): channels} if channels is not None else None
    return InputSpec(ndim=rank + 2, axes=axes, layout=f"({', '.join(names)})")
