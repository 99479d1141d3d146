"""Networks that won contests and went into phones, with Keras' layer names, and Keras' weights if asked for.

Each is a function that returns a `Model`. They take, besides what is their own:

Args:
    include_top: whether the model ends with the classifier; if not, it gives features.
    weights: `"imagenet"`, downloaded once into `~/.keras/models`; the path of a file of weights; `None` for new ones.
    input_tensor: a symbolic tensor of images to begin with, instead of a new `Input`.
    input_shape: of one image; default that of the training on ImageNet, any size without the classifier.
    pooling: without the classifier, `"avg"` or `"max"` takes the mean or maximum over the image; default neither.
    classes: how many the classifier tells apart; 1000 with the weights of ImageNet.
    classifier_activation: `"softmax"`, or `None` for logits.
    name: of the model.

Raises:
    ValueError: for arguments that contradict each other or the weights.

The submodules have `preprocess_input`, which makes pixels from 0 to 255 what the weights were trained on, and
`decode_predictions`, which names the likeliest classes of ImageNet.

Example:
    >>> from nbkeras.applications import MobileNetV2
    >>> MobileNetV2((96, 96, 3), alpha=0.35, weights=None, classes=5).output_shape
    (None, 5)
"""

import importlib
from typing import Any

_FAMILIES = {
    "convnext": "ConvNeXtTiny ConvNeXtSmall ConvNeXtBase ConvNeXtLarge ConvNeXtXLarge",
    "densenet": "DenseNet121 DenseNet169 DenseNet201",
    "efficientnet": (
        "EfficientNetB0 EfficientNetB1 EfficientNetB2 EfficientNetB3 "
        "EfficientNetB4 EfficientNetB5 EfficientNetB6 EfficientNetB7"
    ),
    "efficientnet_v2": (
        "EfficientNetV2B0 EfficientNetV2B1 EfficientNetV2B2 EfficientNetV2B3 "
        "EfficientNetV2S EfficientNetV2M EfficientNetV2L"
    ),
    "imagenet_utils": "",
    "inception_resnet_v2": "InceptionResNetV2",
    "inception_v3": "InceptionV3",
    "mobilenet": "MobileNet",
    "mobilenet_v2": "MobileNetV2",
    "mobilenet_v3": "MobileNetV3Small MobileNetV3Large",
    "nasnet": "NASNetMobile NASNetLarge",
    "resnet": "ResNet50 ResNet101 ResNet152",
    "resnet50": "",
    "resnet_v2": "ResNet50V2 ResNet101V2 ResNet152V2",
    "vgg16": "VGG16",
    "vgg19": "VGG19",
    "xception": "Xception",
}
_HOMES = {name: family for family, names in _FAMILIES.items() for name in names.split()}

__all__ = sorted([*_HOMES, *_FAMILIES])


def __getattr__(name: str) -> Any:
    """Imports a family when it is asked for."""
    if name in _FAMILIES:
        return importlib.import_module(f"{__name__}.{name}")
    if name not in _HOMES:
        raise AttributeError(f"module '{__name__}' has no attribute {name!r}")
    found = globals()[name] = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    return found


def __dir__() -> list[str]:
    return __all__
