"""Recurrent layers: a cell computes one step, a layer runs a cell over time."""

from nbkeras.layers.recurrent.gru import GRU, GRUCell
from nbkeras.layers.recurrent.lstm import LSTM, LSTMCell
from nbkeras.layers.recurrent.rnn import RNN
from nbkeras.layers.recurrent.simple_rnn import SimpleRNN, SimpleRNNCell
from nbkeras.layers.recurrent.stacked_cells import StackedRNNCells

__all__ = [
    "GRU",
    "LSTM",
    "RNN",
    "GRUCell",
    "LSTMCell",
    "SimpleRNN",
    "SimpleRNNCell",
    "StackedRNNCells",
]
