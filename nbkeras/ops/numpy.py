"""Keras' namespace `ops.numpy`: the ops that NumPy has too."""
# ruff: noqa: F403 - it has no names of its own

from nbkeras.ops.creation import *
from nbkeras.ops.elementwise import *
from nbkeras.ops.indexing import *
from nbkeras.ops.linear import *
from nbkeras.ops.reductions import *
from nbkeras.ops.shaping import *
