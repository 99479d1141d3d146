"""Models as Python code, as a cell and as JSON: what is built of each is the model again, over the tables of layers."""

import zlib

import pytest

from nbkeras import Model
from nbkeras.models import model_from_json
from nbkeras.naming import fresh_names
from tests.cases.case import is_plain
from tests.cases.layers.models import CASES as MODELS
from tests.closeness import assert_close
from tests.notebook.cells import declare_cell
from tests.references.libraries import Nbkeras, flatten
from tests.references.measure import built_layer, symbolic_inputs
from tests.references.rows import rows
from tests.references.tables import LAYERS

EVERY = 4  # with 1, all rows of the tables
OURS = Nbkeras()


def described(case):
    plain = case.models and all(is_plain(value) for value in case.keywords.values())
    sampled = zlib.crc32(case.name.encode()) % EVERY == 0 or case in MODELS
    return plain and sampled and not case.name.startswith("lambda")  # which nothing can describe


def model_of(case):
    layer = built_layer(OURS, case)
    inputs = symbolic_inputs(OURS, case)
    return Model(inputs, case.call(layer, inputs, **case.keywords), name="net")


def from_python(model):
    namespace = {}
    exec(model.to_python("nbkeras"), namespace)
    return namespace["net"]


WAYS = {
    "python": from_python,
    "cell": lambda model: declare_cell(model.to_cell()),
    "json": lambda model: model_from_json(model.to_json()),
}


@pytest.mark.parametrize("way", WAYS)
@rows(*(f"layers/{family}" for family in LAYERS), where=described)
def test_a_model_again(table, case, way):
    model = model_of(case)
    with fresh_names():
        again = WAYS[way](model)
    assert [layer.name for layer in again.layers] == [layer.name for layer in model.layers]
    assert [weight.shape for weight in again.weights] == [weight.shape for weight in model.weights]
    if case.random:
        return
    again.set_weights(model.get_weights())
    inputs = case.arrays()
    inputs = inputs if len(inputs) > 1 else inputs[0]
    assert_close(*([OURS.numpy(y) for y in flatten(m(inputs, training=False))] for m in (again, model)))
