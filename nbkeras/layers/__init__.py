"""Every layer, a family per file."""

from nbkeras.layers.activations import *
from nbkeras.layers.attention import *
from nbkeras.layers.convolution import *
from nbkeras.layers.core import *
from nbkeras.layers.einsum_dense import *
from nbkeras.layers.input import Input as Input
from nbkeras.layers.input import InputLayer as InputLayer
from nbkeras.layers.input_spec import InputSpec as InputSpec
from nbkeras.layers.layer import Layer as Layer
from nbkeras.layers.merging import *
from nbkeras.layers.normalization import *
from nbkeras.layers.pooling import *
from nbkeras.layers.preprocessing import *
from nbkeras.layers.recurrent import *
from nbkeras.layers.regularization import *
from nbkeras.layers.reshaping import *
from nbkeras.layers.wrappers import *
