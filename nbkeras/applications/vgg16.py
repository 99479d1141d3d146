"""VGG16, in a module of its own as Keras has it."""

from nbkeras.applications.vgg import VGG16, decode_predictions, preprocess_input

__all__ = ["VGG16", "decode_predictions", "preprocess_input"]
