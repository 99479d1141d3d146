"""Every layer, a family per file."""

import importlib
from typing import TYPE_CHECKING, Any

from nbkeras.layers.activations import *
from nbkeras.layers.attention import *
from nbkeras.layers.convolution import *
from nbkeras.layers.core import *
from nbkeras.layers.einsum_dense import *
from nbkeras.layers.input import Input as Input
from nbkeras.layers.input import InputLayer as InputLayer
from nbkeras.layers.input_spec import InputSpec as InputSpec
from nbkeras.layers.layer import Layer as Layer
from nbkeras.layers.merging import *
from nbkeras.layers.normalization import *
from nbkeras.layers.pooling import *
from nbkeras.layers.preprocessing import *
from nbkeras.layers.recurrent import *
from nbkeras.layers.regularization import *
from nbkeras.layers.reshaping import *
from nbkeras.layers.serializing import *
from nbkeras.layers.wrappers import *
from nbkeras.serialization import registry as _registry

if TYPE_CHECKING:
    from nbkeras.layers.adaptive_pooling import (
        AdaptiveAveragePooling1D,
        AdaptiveAveragePooling2D,
        AdaptiveAveragePooling3D,
        AdaptiveMaxPooling1D,
        AdaptiveMaxPooling2D,
        AdaptiveMaxPooling3D,
    )
    from nbkeras.layers.audio import MelSpectrogram, STFTSpectrogram
    from nbkeras.layers.foreign import FlaxLayer, JaxLayer, TFSMLayer, TorchModuleWrapper
    from nbkeras.layers.image_preprocessing.affine import (
        RandomRotation,
        RandomShear,
        RandomTranslation,
        RandomZoom,
    )
    from nbkeras.layers.image_preprocessing.boxes import MaxNumBoundingBoxes
    from nbkeras.layers.image_preprocessing.color import (
        RandomBrightness,
        RandomColorDegeneration,
        RandomColorJitter,
        RandomContrast,
        RandomGrayscale,
        RandomHue,
        RandomSaturation,
    )
    from nbkeras.layers.image_preprocessing.elastic import RandomElasticTransform
    from nbkeras.layers.image_preprocessing.filtering import RandomGaussianBlur, RandomSharpness
    from nbkeras.layers.image_preprocessing.framing import CenterCrop, RandomCrop, Resizing
    from nbkeras.layers.image_preprocessing.histogram import (
        AutoContrast,
        ContrastLimitedAdaptiveHistogramEqualization,
        Equalization,
    )
    from nbkeras.layers.image_preprocessing.mixing import CutMix, MixUp, RandomErasing
    from nbkeras.layers.image_preprocessing.pipeline import Pipeline
    from nbkeras.layers.image_preprocessing.policies import AugMix, RandAugment
    from nbkeras.layers.image_preprocessing.tone import RandomInvert, RandomPosterization, Solarization
    from nbkeras.layers.image_preprocessing.warping import RandomFlip, RandomPerspective
    from nbkeras.layers.preprocessing.category_encoding import CategoryEncoding
    from nbkeras.layers.preprocessing.discretization import Discretization
    from nbkeras.layers.preprocessing.hashed_crossing import HashedCrossing
    from nbkeras.layers.preprocessing.hashing import Hashing
    from nbkeras.layers.preprocessing.integer_lookup import IntegerLookup
    from nbkeras.layers.preprocessing.string_lookup import StringLookup
    from nbkeras.layers.preprocessing.text_vectorization import TextVectorization
    from nbkeras.layers.recurrent.conv_lstm import ConvLSTM1D, ConvLSTM2D, ConvLSTM3D
    from nbkeras.layers.reversible_embedding import ReversibleEmbedding
    from nbkeras.layers.spectral_normalization import SpectralNormalization

# What is imported when it is asked for, or named in a configuration.
_LATER = {
    "AdaptiveAveragePooling1D": "nbkeras.layers.adaptive_pooling",
    "AdaptiveAveragePooling2D": "nbkeras.layers.adaptive_pooling",
    "AdaptiveAveragePooling3D": "nbkeras.layers.adaptive_pooling",
    "AdaptiveMaxPooling1D": "nbkeras.layers.adaptive_pooling",
    "AdaptiveMaxPooling2D": "nbkeras.layers.adaptive_pooling",
    "AdaptiveMaxPooling3D": "nbkeras.layers.adaptive_pooling",
    "AugMix": "nbkeras.layers.image_preprocessing.policies",
    "AutoContrast": "nbkeras.layers.image_preprocessing.histogram",
    "CategoryEncoding": "nbkeras.layers.preprocessing.category_encoding",
    "CenterCrop": "nbkeras.layers.image_preprocessing.framing",
    "ContrastLimitedAdaptiveHistogramEqualization": "nbkeras.layers.image_preprocessing.histogram",
    "ConvLSTM1D": "nbkeras.layers.recurrent.conv_lstm",
    "ConvLSTM2D": "nbkeras.layers.recurrent.conv_lstm",
    "ConvLSTM3D": "nbkeras.layers.recurrent.conv_lstm",
    "CutMix": "nbkeras.layers.image_preprocessing.mixing",
    "Discretization": "nbkeras.layers.preprocessing.discretization",
    "Equalization": "nbkeras.layers.image_preprocessing.histogram",
    "FlaxLayer": "nbkeras.layers.foreign",
    "HashedCrossing": "nbkeras.layers.preprocessing.hashed_crossing",
    "Hashing": "nbkeras.layers.preprocessing.hashing",
    "IntegerLookup": "nbkeras.layers.preprocessing.integer_lookup",
    "JaxLayer": "nbkeras.layers.foreign",
    "MaxNumBoundingBoxes": "nbkeras.layers.image_preprocessing.boxes",
    "MelSpectrogram": "nbkeras.layers.audio",
    "MixUp": "nbkeras.layers.image_preprocessing.mixing",
    "Pipeline": "nbkeras.layers.image_preprocessing.pipeline",
    "RandAugment": "nbkeras.layers.image_preprocessing.policies",
    "RandomBrightness": "nbkeras.layers.image_preprocessing.color",
    "RandomColorDegeneration": "nbkeras.layers.image_preprocessing.color",
    "RandomColorJitter": "nbkeras.layers.image_preprocessing.color",
    "RandomContrast": "nbkeras.layers.image_preprocessing.color",
    "RandomCrop": "nbkeras.layers.image_preprocessing.framing",
    "RandomElasticTransform": "nbkeras.layers.image_preprocessing.elastic",
    "RandomErasing": "nbkeras.layers.image_preprocessing.mixing",
    "RandomFlip": "nbkeras.layers.image_preprocessing.warping",
    "RandomGaussianBlur": "nbkeras.layers.image_preprocessing.filtering",
    "RandomGrayscale": "nbkeras.layers.image_preprocessing.color",
    "RandomHue": "nbkeras.layers.image_preprocessing.color",
    "RandomInvert": "nbkeras.layers.image_preprocessing.tone",
    "RandomPerspective": "nbkeras.layers.image_preprocessing.warping",
    "RandomPosterization": "nbkeras.layers.image_preprocessing.tone",
    "RandomRotation": "nbkeras.layers.image_preprocessing.affine",
    "RandomSaturation": "nbkeras.layers.image_preprocessing.color",
    "RandomSharpness": "nbkeras.layers.image_preprocessing.filtering",
    "RandomShear": "nbkeras.layers.image_preprocessing.affine",
    "RandomTranslation": "nbkeras.layers.image_preprocessing.affine",
    "RandomZoom": "nbkeras.layers.image_preprocessing.affine",
    "Resizing": "nbkeras.layers.image_preprocessing.framing",
    "ReversibleEmbedding": "nbkeras.layers.reversible_embedding",
    "STFTSpectrogram": "nbkeras.layers.audio",
    "Solarization": "nbkeras.layers.image_preprocessing.tone",
    "SpectralNormalization": "nbkeras.layers.spectral_normalization",
    "StringLookup": "nbkeras.layers.preprocessing.string_lookup",
    "TFSMLayer": "nbkeras.layers.foreign",
    "TextVectorization": "nbkeras.layers.preprocessing.text_vectorization",
    "TorchModuleWrapper": "nbkeras.layers.foreign",
}
_registry.LATER.update(_LATER)


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'nbkeras.layers' has no attribute {name!r}")
    found = globals()[name] = getattr(importlib.import_module(_LATER[name]), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_LATER})
