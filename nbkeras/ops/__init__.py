"""Operations on tensors, under Keras' names: for layers, losses, metrics, own training loops.

They take NumPy arrays, variables, tensors of the current backend, lists and numbers, and symbolic tensors, for which
they add a node to the graph.
"""

import importlib
from typing import TYPE_CHECKING, Any

from nbkeras.ops import nn, numpy
from nbkeras.ops.activations import *
from nbkeras.ops.attention import *
from nbkeras.ops.core import *
from nbkeras.ops.creation import *
from nbkeras.ops.ctc import *
from nbkeras.ops.ctc_decoding import *
from nbkeras.ops.differentiation import *
from nbkeras.ops.elementwise import *
from nbkeras.ops.fourier import *
from nbkeras.ops.indexing import *
from nbkeras.ops.linalg import *
from nbkeras.ops.linear import *
from nbkeras.ops.losses import *
from nbkeras.ops.mapping import *
from nbkeras.ops.normalization import *
from nbkeras.ops.patches import *
from nbkeras.ops.rearranging import *
from nbkeras.ops.reductions import *
from nbkeras.ops.shaping import *
from nbkeras.ops.views import *
from nbkeras.ops.windows import *

if TYPE_CHECKING:
    from nbkeras.ops import image


def __getattr__(name: str) -> Any:
    """`ops.image`, which is imported when it is asked for."""
    if name != "image":
        raise AttributeError(f"module 'nbkeras.ops' has no attribute {name!r}")
    return importlib.import_module("nbkeras.ops.image")
