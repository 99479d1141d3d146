"""Models: graphs of layers that can be trained."""

from nbkeras.models.cloning import clone_model
from nbkeras.models.model import Functional, Model, model_from_json
from nbkeras.models.sequential import Sequential

__all__ = ["Functional", "Model", "Sequential", "clone_model", "model_from_json"]
