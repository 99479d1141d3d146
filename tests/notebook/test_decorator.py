"""`@nbkeras.model`: the same notation in a file, with the file's lines."""

import warnings

import pytest

import nbkeras
from nbkeras.layers import Dense, Input
from nbkeras.notation import DeclarationWarning, ModelError

WIDTH = 5


def test_it_becomes_the_model():
    @nbkeras.model(seed=0)
    def mlp():
        """What it is."""
        Input((4,))
        Dense(WIDTH, activation="relu")
        Dense(1)
        compile("sgd", "mse")

    assert (type(mlp), mlp.name, mlp.count_params()) == (nbkeras.Sequential, "mlp", 4 * 5 + 5 + 6)
    assert mlp.compiled


def test_parentheses_may_be_left_out():
    @nbkeras.model
    def plain():
        Input((4,))
        Dense(3)

    assert plain.output_shape == (None, 3)


def test_it_reads_the_variables_around_it():
    units = 7

    @nbkeras.model
    def around():
        Input((4,))
        Dense(units)

    assert around.output_shape == (None, 7)


def test_an_error_has_the_files_line():
    first = test_an_error_has_the_files_line.__code__.co_firstlineno
    with pytest.raises(ModelError) as caught:

        @nbkeras.model
        def wrong():
            Input((4,))
            Dense(3, activation="rellu")

    line = first + 7
    assert str(caught.value) == (
        f"line {line}, Dense(3, activation=\"rellu\"): unknown activation 'rellu'; did you mean 'relu'?"
    )
    last = caught.traceback[-1]
    assert (str(last.path), last.lineno + 1, last.name) == (__file__, line, "wrong")


def test_a_remark_is_a_warning_at_the_files_line():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")

        @nbkeras.model
        def idle():
            Input((4,))
            h = Dense(3)  # noqa: F841
            Dense(2)

    (warning,) = caught
    assert warning.category is DeclarationWarning
    first = test_a_remark_is_a_warning_at_the_files_line.__code__.co_firstlineno
    assert (warning.filename, warning.lineno) == (__file__, first + 7)
    assert "write 'h: Dense(3)'" in str(warning.message)


def test_it_takes_no_parameters():
    with pytest.raises(ModelError, match="mlp declares a model and so takes no parameters"):

        @nbkeras.model
        def mlp(width):
            Input((4,))
            Dense(width)


def test_it_needs_its_source():
    namespace = {}
    exec("def mlp():\n    Input((4,))\n", namespace)
    with pytest.raises(ModelError, match="its source is needed; there is none in <string>"):
        nbkeras.model(namespace["mlp"])
