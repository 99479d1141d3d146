"""The sources of chance of a process: the library's, Python's, NumPy's, PyTorch's; the keys of layers are variables."""

import random as python_random
import sys

import numpy as np

from nbkeras import random

__all__ = ["chance", "set_chance"]


def chance():
    """The state of all of them, as numbers, texts and arrays."""
    version, words, gauss = python_random.getstate()
    torch = sys.modules.get("torch")
    return {
        "shuffling": random.host_generator().bit_generator.state,
        "python": {"version": version, "words": np.array(words, "uint32"), "gauss": gauss},
        "numpy": np.random.get_state(legacy=False),  # noqa: NPY002 - programs use it
        "torch": None if torch is None else torch.get_rng_state().numpy(),  # its loaders shuffle with it
    }


def set_chance(state):
    """Brings all of them to where they were when `chance` returned `state`."""
    random.host_generator().bit_generator.state = state["shuffling"]
    python = state["python"]
    python_random.setstate((python["version"], tuple(python["words"].tolist()), python["gauss"]))
    np.random.set_state(state["numpy"])  # noqa: NPY002
    torch = sys.modules.get("torch")
    if torch is not None and state.get("torch") is not None:
        torch.set_rng_state(torch.from_numpy(state["torch"]))
