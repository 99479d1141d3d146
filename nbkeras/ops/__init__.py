"""Operations on tensors, under Keras' names: for layers, losses, metrics, own training loops.

They take NumPy arrays, variables, tensors of the current backend, lists and numbers, and symbolic tensors, for which
they add a node to the graph.
"""

from nbkeras.ops.core import *
from nbkeras.ops.creation import *
from nbkeras.ops.ctc import *
from nbkeras.ops.elementwise import *
from nbkeras.ops.indexing import *
from nbkeras.ops.linalg import *
from nbkeras.ops.linear import *
from nbkeras.ops.nn import *
from nbkeras.ops.reductions import *
from nbkeras.ops.shaping import *
from nbkeras.ops.windows import *
