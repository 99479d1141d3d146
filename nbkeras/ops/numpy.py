"""Keras' namespace `ops.numpy`: the ops that NumPy has too."""
# ruff: noqa: F403 - it has no names of its own

from nbkeras.ops.core import ndim as ndim
from nbkeras.ops.core import size as size
from nbkeras.ops.creation import *
from nbkeras.ops.elementwise import *
from nbkeras.ops.indexing import *
from nbkeras.ops.linalg import slogdet as slogdet
from nbkeras.ops.linear import *
from nbkeras.ops.mapping import vectorize as vectorize
from nbkeras.ops.reductions import *
from nbkeras.ops.shaping import *
from nbkeras.ops.views import view as view
