"""The NumPy backend's compiled step: replaying it gives the very bits that running it gives, for every layer."""

import numpy as np

import nbkeras
from nbkeras import Model
from nbkeras.backends.numpy.jit import RecordedStep
from tests.references.libraries import flatten
from tests.references.measure import symbolic_inputs
from tests.references.rows import ours, rows  # noqa: F401  (fixture)
from tests.references.tables import LAYERS
from tests.test_layers import has_array_keywords


def trained(case, ours, eagerly):  # noqa: F811
    """A model of the layer after two epochs of three batches, with everything that changed."""
    ours.fresh()
    nbkeras.set_seed(1)
    inputs = symbolic_inputs(ours, case)
    outputs = flatten(case.call(case.build(ours.k), inputs, **case.keywords))
    outputs = [y for y in outputs if y.dtype.startswith("float")]
    model = Model(inputs, outputs)
    model.compile("adam", ["mse"] * len(outputs), run_eagerly=eagerly)
    arrays = case.arrays()
    x = [np.concatenate([array] * 3) for array in arrays]
    y = [np.ones((len(x[0]), *p.shape[1:]), "float32") for p in flatten(model.predict(x, verbose=0))]
    history = model.fit(x, y, epochs=2, batch_size=len(arrays[0]), verbose=0).history
    return model, [history["loss"], *model.get_weights(), *(v.numpy() for v in model.optimizer.variables)]


@rows(*[f"layers/{family}" for family in LAYERS], where=lambda case: case.models and not has_array_keywords(case))
def test_replays_bit_by_bit(table, case, ours):  # noqa: F811
    model, replayed = trained(case, ours, eagerly=False)
    _, run = trained(case, ours, eagerly=True)
    for a, b in zip(replayed, run):
        np.testing.assert_array_equal(a, b)
    step = model._step("train")[1]
    assert all(type(s) is RecordedStep for s in step.steps.values())
