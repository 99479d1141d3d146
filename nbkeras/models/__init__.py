"""Models: graphs of layers that can be trained, and their files."""

from nbkeras.models.cloning import clone_model
from nbkeras.models.model import Functional, Model
from nbkeras.models.sequential import Sequential
from nbkeras.saving.model_files import load_model, model_from_json, save_model

__all__ = ["Functional", "Model", "Sequential", "clone_model", "load_model", "model_from_json", "save_model"]
