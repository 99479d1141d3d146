"""What a declaration means: steps, labels, sharing, blocks, inputs, outputs, names."""

import numpy as np
import pytest

import nbkeras
from nbkeras import config
from tests.notebook.cells import declare, declare_with_remarks, names

# body -> the names of the layers that it makes
CHAINS = {
    "steps": ("Input((4,))\nDense(3)\nDense(2)", ["dense", "dense_1"]),
    "what is no layer has no effect": ("'a note'\nInput((4,))\nprint('', end='')\n'another'\nDense(3)", ["dense"]),
    "a list is applied in order": ("Input((4,))\n[Dense(3), ReLU(), [Dense(2)]]", ["dense", "re_lu", "dense_1"]),
    "a tuple too": ("Input((4,))\nDense(3), Dense(2)", ["dense", "dense_1"]),
    "a loop": ("Input((4,))\nfor n in (3, 2):\n    Dense(n)", ["dense", "dense_1"]),
    "a loop that counts": ("Input((4,))\nfor _ in range(2):\n    Dense(4)", ["dense", "dense_1"]),
    "if": ("Input((4,))\nif deep:\n    Dense(3)\nDense(2)", ["dense", "dense_1"]),
    "try": ("Input((4,))\ntry:\n    Dense(int('x'))\nexcept ValueError:\n    Dense(2)", ["dense"]),
    "labels name layers": ("Input((4,))\nfirst: Dense(3)\nsecond: Dense(2)", ["first", "second"]),
    "a label that is an automatic name": ("Input((4,))\ndense_1: Dense(3)\nDense(2)", ["dense_1", "dense"]),
    "a label in a loop": ("Input((4,))\nfor n in (3, 2):\n    h: Dense(n)", ["h", "h_1"]),
    "a name before a label": ("Input((4,))\nh: Dense(3, name='given')", ["given"]),
    "a block": ("def two(n):\n    Dense(n)\n    Dense(n)\nInput((4,))\ntwo(3)", ["dense", "dense_1"]),
    "copies of a block": ("def one(n):\n    Dense(n)\nInput((4,))\none(3) * 2", ["dense", "dense_1"]),
    "copies, the other way round": ("def one(n):\n    Dense(n)\nInput((4,))\n2 * one(3)", ["dense", "dense_1"]),
    "no copies": ("def one(n):\n    Dense(n)\nInput((4,))\none(3) * 0\nDense(2)", ["dense"]),
    "a block that ends early": (
        "def f(deep):\n    Dense(3)\n    if not deep:\n        return\n    Dense(2)\nInput((4,))\nf(False)",
        ["dense"],
    ),
    "an ordinary function": ("def f(n):\n    return Dense(n)\nInput((4,))\nf(3)\nf(2)", ["dense", "dense_1"]),
    "a function as a formula": ("def f(x):\n    return x + 1\nInput((4,))\nf(_)\nDense(2)", ["dense"]),
    "a class": (
        "class Twice(layers.Layer):\n    def call(self, x):\n        x\n        return 2 * x\nInput((4,))\nTwice()",
        ["twice"],
    ),
}


@pytest.mark.parametrize(("body", "expected"), CHAINS.values(), ids=CHAINS)
def test_chain(body, expected):
    model = declare(body, {"deep": True})
    assert names(model) == expected


# body -> the class of the model
KINDS = {
    "a row of layers": ("Input((4,))\nDense(3)", "Sequential"),
    "a row with a model in it": ("Input((4,))\nSequential([layers.Input((4,)), Dense(3)])", "Sequential"),
    "a formula": ("Input((4,))\n_ * 2", "Functional"),
    "two inputs": ("a: Input((4,))\nb: Input((4,))\nadd([a, b])", "Functional"),
    "a layer called twice": ("Input((4,))\nsame = Dense(4)\nsame\nsame", "Functional"),
    "outputs by name": ("Input((4,))\nDense(3)\nOutput(y=_)", "Functional"),
    "one output": ("Input((4,))\nDense(3)\nOutput(_)", "Functional"),
    "an added loss": ("Input((4,))\nDense(3)\nadd_loss(ops.mean(_))", "Functional"),
    "the model itself": ("x: Input((4,))\ny: Dense(3)\nModel([x], {'y': y})", "Functional"),
}


@pytest.mark.parametrize(("body", "kind"), KINDS.values(), ids=KINDS)
def test_kind(body, kind):
    model = declare(body)
    assert (type(model).__name__, model.name) == (kind, "net")


def test_layers_bound_to_a_name_share_their_weights():
    model = declare("a: Input((4,))\nb: Input((4,))\ntower = Dense(3)\nconcatenate([tower(a), tower(b)])")
    assert model.count_params() == 4 * 3 + 3


def test_blocks_bound_to_a_name_share_their_weights():
    tower = "def tower(n):\n    Dense(n)\n    Dense(n)\nshared = tower(3)\n"
    model = declare(f"{tower}a: Input((4,))\nb: Input((4,))\nshared(a) - shared(b)")
    assert model.count_params() == 4 * 3 + 3 + 3 * 3 + 3
    x = np.random.default_rng(0).random((5, 4))
    np.testing.assert_array_equal(model.predict([x, x], verbose=0), 0)


def test_copies_bound_to_a_name_share_their_weights():
    body = "def one():\n    Dense(4)\ntower = one() * 2\na: Input((4,))\nb: Input((4,))\ntower(a) - tower(b)"
    assert declare(body).count_params() == 2 * (4 * 4 + 4)


def test_copies_have_weights_of_their_own():
    model = declare("def one():\n    Dense(4)\nInput((4,))\none() * 2")
    first, second = (layer.get_weights()[0] for layer in model.layers)
    assert not np.array_equal(first, second)


def test_a_shared_block_may_read_tensors_around_it():
    inputs = "a: Input((4,))\nb: Input((4,))\nc: Input((4,))\n"
    model = declare(f"{inputs}def plus():\n    _ + c\n    Dense(3)\nf = plus()\nf(a) - f(b)")
    assert (len(model.inputs), model.count_params()) == (3, 15)


def test_labels_give_tensors():
    model = declare("x: Input((4,))\nh: Dense(3)\nsame: h\nz: h * 2\nDense(2)")
    assert {label: model[label].shape for label in ("x", "h", "same", "z")} == {
        "x": (None, 4), "h": (None, 3), "same": (None, 3), "z": (None, 3),
    }  # fmt: skip
    assert model["same"] is model["h"]
    part = nbkeras.Model(model.inputs, model["h"])
    assert part.predict(np.ones((2, 4)), verbose=0).shape == (2, 3)


def test_labels_outlive_a_copy():
    model = declare("x: Input((4,))\nh: Dense(3)\nz: h * 2\nDense(2)")
    copy = nbkeras.models.clone_model(model)
    assert [copy[label].shape for label in ("x", "h", "z")] == [(None, 4), (None, 3), (None, 3)]


def test_shared_layers_keep_their_names_and_are_given_as_layers():
    inputs = "a: Input((4,))\nb: Input((4,))\ntower = Dense(3, name='tower')\n"
    model = declare(f"{inputs}left: tower(a)\nright: tower(b)\nleft - right")
    assert model["tower"] is model.get_layer("tower")
    assert model["left"].shape == (None, 3)


def test_an_unknown_label():
    with pytest.raises(ValueError, match="has no layer 'z'; it has h, dense"):
        declare("Input((4,))\nh: Dense(3)\nDense(2)")["z"]


def test_inputs_are_in_order_of_appearance():
    model = declare("Input((2,), name='a')\nInput((3,), name='b')\nb_too: Dense(4)\nc: Input((4,))\nadd([c, b_too])")
    assert model.input_names == ["b", "c"]


def test_outputs_by_name_have_targets_and_losses_by_name():
    outputs = "h: Dense(3)\na: Dense(2)\nb: Dense(1)(h)\nOutput(main=a, aux=b)\n"
    model = declare(f"Input((4,))\n{outputs}compile('sgd', {{'main': 'mse', 'aux': 'mae'}})")
    x = np.ones((8, 4))
    logs = model.fit(x, {"main": np.ones((8, 2)), "aux": np.ones((8, 1))}, verbose=0).history
    assert {"loss", "main_loss", "aux_loss"} <= logs.keys()
    assert set(model.predict(x, verbose=0)) == {"main", "aux"}


def test_outputs_in_order():
    model = declare("Input((4,))\na: Dense(2)\nb: Dense(1)\nOutput(a, b)")
    assert [t.shape for t in model.outputs] == [(None, 2), (None, 1)]


def test_metrics_come_third_in_compile():
    model = declare("Input((4,))\nDense(1)\ncompile('sgd', 'mse', ['mae'])")
    assert model.evaluate(np.ones((2, 4)), np.ones((2, 1)), verbose=0, return_dict=True).keys() == {"loss", "mae"}


def test_without_compile_the_model_is_left_uncompiled():
    assert not declare("Input((4,))\nDense(1)").compiled


def test_the_notebook_is_read_and_not_written():
    namespace = {"width": 3, "h": 5}
    model = declare("Input((4,))\nh: Dense(width)\nwidth = 2\nDense(width)", namespace)
    assert model.output_shape == (None, 2)
    assert namespace == {"width": 3, "h": 5}


def test_the_library_comes_first():
    model, remarks = declare_with_remarks("Input((4,))\nDense(3)\nadd([_, _])", {"Dense": int, "add": 3, "ReLU": 1})
    assert model.output_shape == (None, 3)
    assert remarks == [
        "line 3, Dense(3): 'Dense' is the library's here, not your variable 'Dense'; rename the variable to use it",
        "line 4, add([_, _]): 'add' is the library's here, not your variable 'add'; rename the variable to use it",
    ]


def test_the_librarys_own_names_hide_nothing():
    own = {"Dense": nbkeras.layers.Dense, "layers": nbkeras.layers, "keras": nbkeras, "random": nbkeras.random}
    body = "Input((4,))\nkeras.layers.Dense(3)\nlayers.Dense(2)\n_ + random.normal((2,))"
    assert declare_with_remarks(body, own)[1] == []


def test_pythons_random_is_hidden():
    import random

    _, remarks = declare_with_remarks("Input((4,))\n_ + random.normal((4,))", {"random": random})
    assert remarks == [
        "line 3, _ + random.normal((4,)): 'random' is the library's here, not your variable 'random'; "
        "rename the variable to use it"
    ]


# what was probably not meant -> the remark
REMARKS = {
    "a layer that is bound": (
        "Input((4,))\nh = Dense(4)\nDense(3)",
        "line 3, h = Dense(4): 'h' is never applied, so it does nothing; write 'h: Dense(4)'",
    ),
    "a layer that is bound in a block": (
        "def f():\n    h = Dense(4)\n    Dense(3)\nInput((4,))\nf()",
        "line 3, h = Dense(4): 'h' is never applied, so it does nothing; write 'h: Dense(4)'",
    ),
    "a block that is bound": (
        "def f():\n    Dense(3)\nInput((4,))\nh = f()\nDense(2)",
        "line 5, h = f(): 'h' is never applied, so it does nothing; write 'h: f()'",
    ),
    "an input that leads nowhere": (
        "Input((2,))\nDense(3)\nInput((4,))\nDense(3)",
        "line 2, Input((2,)): the output does not depend on the input 'input_layer'; use it, or leave it out",
    ),
}


@pytest.mark.parametrize(("body", "remark"), REMARKS.values(), ids=REMARKS)
def test_remark(body, remark):
    assert declare_with_remarks(body)[1] == [remark]


NO_REMARKS = {
    "a layer inside another": "Input((4, 3))\ncell = LSTM(2)\nBidirectional(cell)",
    "a layer applied by a call": "x: Input((4,))\nf = Dense(3)\nf(x)",
    "inputs of a model inside": "a = Input((4,))\ninner = Model(a, Dense(3)(a))\nInput((4,))\ninner",
}


@pytest.mark.parametrize("body", NO_REMARKS.values(), ids=NO_REMARKS)
def test_no_remark(body):
    assert declare_with_remarks(body)[1] == []


def test_names_do_not_depend_on_what_was_made_before():
    first, second = (declare("Input((4,))\nDense(3)\n_ + 1\nDense(2)") for _ in range(2))
    assert first.get_config() == second.get_config()


def test_seed_makes_weights_and_training_repeatable():
    body = "Input((4,))\nDense(8)\nDropout(0.5)\nDense(1)\ncompile('adam', 'mse')"
    x = np.random.default_rng(0).random((64, 4))

    def trained():
        model = declare(body, seed=3)
        model.fit(x, x[:, :1], epochs=2, verbose=0)
        return model.get_weights()

    for one, other in zip(trained(), trained()):
        np.testing.assert_array_equal(one, other)


def test_dtype_is_that_of_the_model_alone():
    model = declare("Input((4,))\nDense(3)", dtype="float64")
    assert {w.dtype for w in model.weights} == {"float64"}
    assert config.floatx() == "float32"


@pytest.mark.jax
def test_backend_is_where_it_trains():
    pytest.importorskip("jax")
    model = declare("Input((4,))\nDense(1)\ncompile('sgd', 'mse')", backend="jax")
    model.fit(np.ones((4, 4)), np.ones((4, 1)), verbose=0)
    assert model.to_cell().splitlines()[-1] == 'compile("sgd", "mse")'
