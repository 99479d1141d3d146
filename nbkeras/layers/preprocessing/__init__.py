"""Layers that prepare data: those for numbers; those for text, tables and hashes are imported when asked for."""

from nbkeras.layers.preprocessing.normalization import *
