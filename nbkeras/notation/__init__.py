"""The notation of models: a short Python suite in which a bare layer is a step. Needs no notebook."""

from nbkeras.notation.add_loss import AddLoss
from nbkeras.notation.building import build
from nbkeras.notation.cell_code import to_cell
from nbkeras.notation.checks import Remark
from nbkeras.notation.code import to_python
from nbkeras.notation.decorator import model
from nbkeras.notation.errors import DeclarationWarning, ModelError
from nbkeras.notation.suite import Suite

__all__ = ["AddLoss", "DeclarationWarning", "ModelError", "Remark", "Suite", "build", "model", "to_cell", "to_python"]
