"""Keras' namespace `ops.nn`: the ops that networks are made of."""
# ruff: noqa: F403 - it has no names of its own

from nbkeras.ops.activations import *
from nbkeras.ops.attention import *
from nbkeras.ops.ctc import *
from nbkeras.ops.ctc_decoding import *
from nbkeras.ops.indexing import multi_hot as multi_hot
from nbkeras.ops.indexing import one_hot as one_hot
from nbkeras.ops.losses import *
from nbkeras.ops.normalization import *
from nbkeras.ops.patches import *
from nbkeras.ops.views import polar as polar
from nbkeras.ops.windows import *
