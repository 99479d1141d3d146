"""VGG19, in a module of its own as Keras has it."""

from nbkeras.applications.vgg import VGG19, decode_predictions, preprocess_input

__all__ = ["VGG19", "decode_predictions", "preprocess_input"]
