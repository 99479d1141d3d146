"""What all architectures share: their arguments, the image that they begin with, the head, and how weights get in."""

import os
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from nbkeras import activations, config, layers
from nbkeras.applications.weight_files import WeightFiles
from nbkeras.layers.unfilled import unfilled
from nbkeras.models import Functional, Model
from nbkeras.symbolic import KerasTensor
from nbkeras.utils.source_inputs import get_source_inputs
from nbkeras.warning import warn

__all__ = ["Request", "assembled", "channel_axis", "only_channels_last", "size_of"]

IMAGENET_CLASSES = 1000
ANY_SIZE = 2**62  # bytes: it is our own architecture, not a file, that says how many weights there are


@dataclass(frozen=True)
class Request:
    """The arguments that every architecture takes, by Keras' names; `applications` says what they mean."""

    include_top: bool
    weights: Any
    input_tensor: Any
    input_shape: tuple[int | None, ...] | None
    pooling: str | None
    classes: int
    classifier_activation: Any
    name: str | None

    def __post_init__(self) -> None:
        if self.weights is not None and not self.is_imagenet and not os.path.exists(self.weights):
            raise ValueError(
                f"weights must be None, 'imagenet' or the path of a file; there is no file {self.weights!r}"
            )
        if self.pooling not in (None, "avg", "max"):
            raise ValueError(f"pooling must be None, 'avg' or 'max', got {self.pooling!r}")
        if self.include_top and self.is_imagenet and self.classes != IMAGENET_CLASSES:
            raise ValueError(
                f"classes must be {IMAGENET_CLASSES} with weights='imagenet', got {self.classes}; "
                "for other classes pass include_top=False and add a Dense layer of your own"
            )
        if self.include_top and self.weights is not None:
            allowed = (activations.get(None), activations.get("softmax"))
            if activations.get(self.classifier_activation) not in allowed:
                raise ValueError(
                    "classifier_activation must be None or 'softmax' where weights are loaded, "
                    f"got {self.classifier_activation!r}"
                )
        if self.input_tensor is not None and not isinstance(self.input_tensor, KerasTensor):
            raise TypeError(f"input_tensor must be symbolic, as Input returns, got {type(self.input_tensor).__name__}")

    @property
    def is_imagenet(self) -> bool:
        """Whether the weights are those trained on ImageNet."""
        return isinstance(self.weights, str) and self.weights == "imagenet"

    def shape(self, size: int, least: int) -> tuple[int | None, ...]:
        """The shape of an image.

        Args:
            size: of the images that the weights were trained on, high and wide.
            least: the smallest height and width from which the last layers get anything.
        """
        trained = _with_channels(size, size, 3)
        if self.include_top and self.is_imagenet:
            if self.input_shape is not None and tuple(self.input_shape) != trained:
                raise ValueError(
                    f"input_shape must be {trained} with weights='imagenet' and a classifier, got {self.input_shape}; "
                    "pass include_top=False for another size"
                )
            return trained
        if self.input_shape is None:
            return trained if self.include_top else _with_channels(None, None, 3)
        shape = self.checked_shape(least)
        if self.include_top and None in shape:
            raise ValueError(f"input_shape must have no unknown size if include_top is True, got {shape}")
        return shape

    def checked_shape(self, least: int) -> tuple[int | None, ...]:
        """The `input_shape`, if it is that of an image and not below `least`."""
        shape = tuple(self.input_shape or ())
        if len(shape) != 3:
            raise ValueError(f"input_shape must have three sizes, got {shape}")
        channels = shape[channel_axis() - 1]
        if channels != 3 and self.is_imagenet:
            raise ValueError(f"input_shape must have 3 channels with weights='imagenet', got {shape}")
        if channels not in (1, 3):
            warn(f"input_shape has {channels} channels, of {shape}: images have 1 or 3")
        if any(side is not None and side < least for side in size_of((None, *shape))):
            raise ValueError(f"input_shape must be at least {least} × {least}, got {shape}")
        return shape

    def pooled(self, x: KerasTensor, names: tuple[str | None, str | None] = ("avg_pool", "max_pool")) -> KerasTensor:
        """The features `x` without a classifier, pooled as was asked for."""
        if self.pooling == "avg":
            return layers.GlobalAveragePooling2D(name=names[0])(x)
        if self.pooling == "max":
            return layers.GlobalMaxPooling2D(name=names[1])(x)
        return x

    def classified(self, x: KerasTensor, name: str = "predictions", **dense: Any) -> KerasTensor:
        """The classes' probabilities, from one vector for each image."""
        return layers.Dense(self.classes, activation=self.classifier_activation, name=name, **dense)(x)

    def headed(
        self,
        x: KerasTensor,
        average: str | None = "avg_pool",
        names: tuple[str | None, str | None] = ("avg_pool", "max_pool"),
    ) -> KerasTensor:
        """The end of most architectures: a mean over the image and a classifier, or pooled features."""
        if not self.include_top:
            return self.pooled(x, names)
        return self.classified(layers.GlobalAveragePooling2D(name=average)(x))


def assembled(
    request: Request,
    network: Callable[[KerasTensor], KerasTensor],
    shape: tuple[int | None, ...],
    files: WeightFiles | None = None,
    name: str | None = None,
) -> Model:
    """The model that `network` makes of an image of `shape`, with the weights asked for.

    Where weights are loaded none are drawn before, which would take longer than reading them.

    Args:
        files: of ImageNet's weights.
        name: of the model, if not the request's.
    """
    path = files.fetch(request.include_top) if request.is_imagenet and files is not None else request.weights
    with unfilled(ANY_SIZE) if path is not None else nullcontext():
        if request.input_tensor is None:
            image = inputs = layers.Input(shape)
        else:
            image, inputs = request.input_tensor, get_source_inputs(request.input_tensor)
        model = Functional(inputs, network(image), name=name or request.name)
    if path is not None:
        model.load_weights(path)
    return model


def channel_axis(last: int = 3) -> int:
    """The axis of the channels: 1, or `last` where they come last, 3 or -1 as Keras writes it in each family."""
    return 1 if config.image_data_format() == "channels_first" else last


def size_of(shape: tuple[int | None, ...]) -> tuple[int | None, int | None]:
    """Height and width in the shape of a batch of images."""
    return (shape[2], shape[3]) if config.image_data_format() == "channels_first" else (shape[1], shape[2])


def only_channels_last(family: str) -> None:
    """Raises ValueError where images have their channels first."""
    if config.image_data_format() == "channels_first":
        raise ValueError(
            f"{family} expects channels last, got the setting 'channels_first'; "
            "call config.set_image_data_format('channels_last')"
        )


def _with_channels(height: int | None, width: int | None, channels: int) -> tuple[int | None, ...]:
    if config.image_data_format() == "channels_first":
        return (channels, height, width)
    return (height, width, channels)
