"""Errors of a declaration: the line of the cell, what is wrong, and the cure, without the library's frames."""

import pytest

from nbkeras.notation import ModelError
from tests.notebook.cells import HEAD, declare

IMAGES = "Input((32, 32, 3))\n"

# body -> what is said
SENTENCES = {
    "images after Flatten": (
        f"{IMAGES}Conv2D(32, 3)\nMaxPooling2D(2)\nConv2D(64, 3)\nMaxPooling2D(2)\nFlatten()\nConv2D(64, 3)",
        "line 8, Conv2D(64, 3): expects (batch, height, width, channels), got (None, 2304) from line 7, Flatten(); "
        "move it before Flatten()",
    ),
    "images after global pooling": (
        f"{IMAGES}GlobalAveragePooling2D()\nMaxPooling2D(2)",
        "line 4, MaxPooling2D(2): expects (batch, height, width, channels), got (None, 3) from line 3, "
        "GlobalAveragePooling2D(); move it before GlobalAveragePooling2D()",
    ),
    "images without channels": (
        "Input((28, 28))\nConv2D(8, 3)",
        "line 3, Conv2D(8, 3): expects (batch, height, width, channels), got (None, 28, 28) from line 2, "
        "Input((28, 28)); declare the last axis too, Input((28, 28, 1))",
    ),
    "images as rows": (
        "Input((784,))\nConv2D(8, 3)",
        "line 3, Conv2D(8, 3): expects (batch, height, width, channels), got (None, 784) from line 2, Input((784,)); "
        "put Reshape((height, width, channels)) before it",
    ),
    "a recurrent layer after another": (
        "Input((20, 4))\nLSTM(16)\nLSTM(8)",
        "line 4, LSTM(8): expects (batch, steps, features), got (None, 16) from line 3, LSTM(16); "
        "give line 3, LSTM(16) return_sequences=True",
    ),
    "words without Embedding": (
        "Input((20,), dtype='int32')\nLSTM(8)",
        "line 3, LSTM(8): expects (batch, steps, features), got (None, 20) from line 2, Input((20,), dtype='int32'); "
        "put Embedding(words, size) before it",
    ),
    "images for a recurrent layer": (
        f"{IMAGES}LSTM(8)",
        "line 3, LSTM(8): expects (batch, steps, features), got (None, 32, 32, 3) from line 2, Input((32, 32, 3)); "
        "put a pooling layer, Flatten() or Reshape(…) before it, to have 3 axes",
    ),
    "in a block": (
        "def block(n):\n    Dense(n)\n    Conv2D(n, 3)\nInput((4,))\nblock(8)",
        "line 4, Conv2D(n, 3): expects (batch, height, width, channels), got (None, 8) from line 3, Dense(n); "
        "put Reshape((height, width, channels)) before it",
    ),
    "the other half of the cell": (
        "Input((4,))\nfor n in (3, 2):\n    Dense(\n        n,\n        activation='rellu',\n    )",
        "line 4, Dense( n, activation='rellu', ): unknown activation 'rellu'; did you mean 'relu'?",
    ),
    "a layer that is not there": (
        "Input((4,))\nDens(3)",
        "line 3, Dens(3): the name 'Dens' is not defined; did you mean 'Dense'?",
    ),
    "a layer in the wrong case": (
        "Input((4,))\nlstm(3)",
        "line 3, lstm(3): the name 'lstm' is not defined; did you mean 'LSTM'?",
    ),
    "a name of two rooms": (
        "Input((4,))\nMeanSquaredError()",
        "line 3, MeanSquaredError(): the name 'MeanSquaredError' is not defined; "
        "write losses.MeanSquaredError or metrics.MeanSquaredError",
    ),
    "an argument that is not there": (
        "Input((4,))\nDense(3, activaton='relu')",
        "line 3, Dense(3, activaton='relu'): Dense has no argument 'activaton'; did you mean 'activation'?",
    ),
    "an argument of Input": (
        "Input(shap=(4,))",
        "line 2, Input(shap=(4,)): Input() got an unexpected keyword argument 'shap'; did you mean 'shape'?",
    ),
    "an argument that is missing": (
        "Input((4,))\nDense()",
        "line 3, Dense(): Dense() missing 1 required positional argument: 'units'",
    ),
    "no input": (
        "Dense(3)",
        "line 2, Dense(3): there is no tensor yet to apply it to; begin with Input((features,))",
    ),
    "no layers": (
        "x = 3",
        "the declaration has no layers; begin with Input((features,)) and go on with Dense(1)",
    ),
    "a number": ("Input((4,))\n7", "line 3, 7: expected a layer or a tensor, got int"),
    "a class": (
        "Input((4,))\nFlatten",
        "line 3, Flatten: expected a layer or a tensor, got the class Flatten; write Flatten(…)",
    ),
    "a block that is not called": (
        "def block(n):\n    Dense(n)\nInput((4,))\nblock",
        "line 5, block: expected a layer or a tensor, got the block block without its parentheses; write block(n)",
    ),
    "a block that is given a tensor": (
        "def block():\n    Dense(3)\nInput((4,))\nblock(_)",
        "line 5, block(_): block(): too many positional arguments; "
        "block(…) makes the block and block(…)(tensor) applies it",
    ),
    "a function": (
        "def f(x):\n    return x\nInput((4,))\nf",
        "line 5, f: expected a layer or a tensor, got the function f; call it, as in f(_)",
    ),
    "half a copy": (
        "def f():\n    Dense(3)\nInput((4,))\nf() * 0.5",
        "line 5, f() * 0.5: f() * n makes n copies: expects a whole number, got 0.5",
    ),
    "copies of a layer": (
        "Input((4,))\nDense(4) * 3",
        "line 3, Dense(4) * 3: TypeError: unsupported operand type(s) for *: 'Dense' and 'int'; "
        "only blocks are copied so, for a layer write: for _ in range(n): Dense(…)",
    ),
    "a layer for a tensor": (
        "Input((4,))\nmean = Dense(2)\nmean + 1",
        "line 4, mean + 1: TypeError: unsupported operand type(s) for +: 'Dense' and 'int'; "
        "Dense is a layer and not yet a tensor, apply it first, as in Dense(…)(_)",
    ),
    "attention to nothing": (
        "Input((8, 4))\nMultiHeadAttention(2, 4)",
        "line 3, MultiHeadAttention(2, 4): expects 2 tensors, query and value; "
        "say which, as in MultiHeadAttention(…)(_, _)",
    ),
    "an error of the reader's": (
        "Input((4,))\nDense(1 / 0)",
        "line 3, Dense(1 / 0): ZeroDivisionError: division by zero",
    ),
    "no Python": ("Input((4,))\nDense(3", "line 3, Dense(3: not valid Python: '(' was never closed"),
    "return": ("Input((4,))\nreturn", "line 3, return: not valid Python: 'return' outside function"),
    "an optimizer": (
        "Input((4,))\nDense(1)\ncompile('adm', 'mse')",
        "line 4, compile('adm', 'mse'): unknown optimizer 'adm'; did you mean 'adam'?",
    ),
    "compile twice": (
        "Input((4,))\nDense(1)\ncompile('sgd', 'mse')\ncompile('adam', 'mse')",
        "line 5, compile('adam', 'mse'): expects to stand once in a model, and stands at line 4 already",
    ),
    "outputs in order and by name": (
        "Input((4,))\nh: Dense(1)\nOutput(h, b=h)",
        "line 4, Output(h, b=h): Output takes tensors in order or by name, got both",
    ),
    "an output that is a layer": (
        "Input((4,))\nh = Dense(1)\nOutput(h)",
        "line 4, Output(h): Output expects tensors, got Dense",
    ),
    "a loss that is no tensor": (
        "Input((4,))\nDense(1)\nadd_loss(3)",
        "line 4, add_loss(3): add_loss expects a tensor computed from the model's, got int",
    ),
    "a loop over a number": (
        "Input((4,))\nfor i in 3:\n    Dense(i)",
        "line 3, for i in 3: TypeError: 'int' object is not iterable",
    ),
    "two statements in a line": (
        "Input((4,)); Dense(3); Dens(2)",
        "line 2, Input((4,)); Dense(3); Dens(2): the name 'Dens' is not defined; did you mean 'Dense'?",
    ),
}


def error_of(body, namespace=None):
    with pytest.raises(ModelError) as caught:
        declare(body, namespace)
    return caught.value


@pytest.mark.parametrize(("body", "sentence"), SENTENCES.values(), ids=SENTENCES)
def test_sentence(body, sentence):
    error = error_of(body)
    assert str(error) == sentence
    assert error._render_traceback_()[-1] == sentence


@pytest.mark.parametrize("body", [body for body, _ in SENTENCES.values()], ids=SENTENCES)
def test_the_lines_shown_are_those_of_the_cell(body):
    error = error_of(body)
    cell = (HEAD + body).splitlines()
    shown = [line for line in error._render_traceback_() if "│" in line]
    if error.statement is None:
        assert shown == []
        return
    number = error.statement.line
    digits = len(str(number))
    assert shown[:-1] == [f"  {number - 1:>{digits}} │ {cell[number - 2]}", f"→ {number} │ {cell[number - 1]}"]
    margin, _, carets = shown[-1].partition("│ ")
    start, width = carets.index("^"), carets.count("^")
    marked = " ".join(cell[number - 1][start : start + width].split())
    assert margin.strip() == ""
    assert width == 1 or error.statement.text.startswith(marked[:50])


def test_a_picture():
    assert error_of("Input((32, 32, 3))\nFlatten()\nConv2D(64, 3)  # too late")._render_traceback_() == [
        "  3 │ Flatten()",
        "→ 4 │ Conv2D(64, 3)  # too late",
        "    │ ^^^^^^^^^^^^^",
        "line 4, Conv2D(64, 3): expects (batch, height, width, channels), got (None, 3072) from line 3, Flatten(); "
        "move it before Flatten()",
    ]


def test_the_readers_own_functions_are_shown(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text("def mine(x):\n    return x.nope\n")
    namespace = {"__name__": "mine"}
    exec(compile(file.read_text(), str(file), "exec"), namespace)
    assert error_of("Input((4,))\nLambda(mine)", namespace)._render_traceback_()[-2:] == [
        "  in mine, line 2: return x.nope",
        "line 3, Lambda(mine): AttributeError: 'AbstractArray' object has no attribute 'nope'",
    ]


def test_the_exception_of_the_line_is_kept():
    assert isinstance(error_of("Input((4,))\nDense(1 / 0)").__context__, ZeroDivisionError)


def test_unexpected_errors_of_the_library_say_their_kind(monkeypatch):
    from nbkeras import layers

    def broken(self, x):
        raise KeyError("gone")

    monkeypatch.setattr(layers.Flatten, "call", broken)
    assert "KeyError: 'gone'" in str(error_of("Input((4,))\nFlatten()"))


def test_statements_are_quoted_up_to_a_length():
    error = error_of(f"Input((4,))\nDense({' + '.join(['1'] * 40)}, activation='rellu')")
    assert str(error).startswith("line 3, Dense(1 + 1 + ")
    assert len(error.statement.text) == 60
    assert error.statement.text.endswith("…")
