"""Common mistakes made in cells: what the reader sees of each, to the letter.

A mistake that cannot be meant is an error; one that may be meant, and mostly is not, is a warning: one line, without
the path of a file. Each says what it is about, what that expects, what it got, and the cure.
"""

import warnings

import numpy as np
import pandas as pd
import pytest
from IPython.utils.capture import capture_output

import nbkeras

SPARSE = "sparse_categorical_crossentropy"
LIBRARY = str(nbkeras.__path__[0])
X = np.linspace(-1, 1, 96 * 4, dtype="float32").reshape(96, 4)
CLASSES = np.arange(96) % 3
WORDS = np.array(["cat", "dog", "cow"])[CLASSES]


def batches():
    for _ in range(3):
        yield X[:32], CLASSES[:32]


def variables():
    """What the notebook holds."""
    frame = pd.DataFrame({"height": X[:, 0], "city": "Paris", "a": 1, "b": 2})
    frame["kind"] = pd.Categorical(WORDS)
    return {
        "np": np,
        "X": X,
        "y": CLASSES,
        "one_hot": np.eye(3)[CLASSES],
        "t": np.linspace(0, 50, 96),
        "words": WORDS,
        "images": np.zeros((12, 28, 28)),
        "frame": frame,
        "dated": frame[["height", "a", "b"]].assign(day=pd.Timestamp("2020-01-01")),
        "holes": pd.DataFrame(X).mask(X > 0.99),
        "ragged": np.array([[1, 2, 3], [4, 5]], dtype=object),
        "far": np.where(X > 0.99, np.inf, X),
        "batches": batches,
    }


def net(units=3, activation="softmax", loss=SPARSE, metrics=(), optimizer="'sgd'", shape="(4,)", before=""):
    """A cell that declares a model with one output."""
    return (
        f"%%model net --seed 0 --quiet\nInput({shape}, name='x')\n{before}Dense({units}, {activation!r}, name='head')\n"
        f"compile({optimizer}, {loss!r}, {list(metrics)})"
    )


def two(loss=(SPARSE, "mse"), metrics=None, trainable=True):
    """A cell that declares a model with two outputs."""
    return (
        f"%%model net --seed 0 --quiet\nx: Input((4,))\na: Dense(3, 'softmax', trainable={trainable})\nb: Dense(1)(x)\n"
        f"Output(a, b)\ncompile('sgd', {list(loss)}, {metrics})"
    )


# body of a %%model cell -> what the cell prints
DECLARATIONS = {
    "an Input forgotten": (
        "Dense(3)",
        "  1 │ %%model net --quiet\n"
        "→ 2 │ Dense(3)\n"
        "    │ ^^^^^^^^\n"
        "line 2, Dense(3): there is no tensor yet to apply it to; begin with Input((features,))",
    ),
    "the batch axis in Input": (
        "Input((60000, 28, 28, 1))\nConv2D(8, 3)",
        "  2 │ Input((60000, 28, 28, 1))\n"
        "→ 3 │ Conv2D(8, 3)\n"
        "    │ ^^^^^^^^^^^^\n"
        "line 3, Conv2D(8, 3): expects (batch, height, width, channels), got (None, 60000, 28, 28, 1) from line 2, "
        "Input((60000, 28, 28, 1)); Input takes a shape without the axis of the batch, Input((28, 28, 1))",
    ),
    "a variable of the cell that hides a layer": (
        "Input((4,))\nDense = 8\nDense(3)",
        "  3 │ Dense = 8\n"
        "→ 4 │ Dense(3)\n"
        "    │ ^^^^^^^^\n"
        "line 4, Dense(3): TypeError: 'int' object is not callable; Dense is a variable here, rename it to have the "
        "library's Dense",
    ),
    "a function of NumPy": (
        "Input((4,))\nDense(3)\nnp.exp(_)",
        "  3 │ Dense(3)\n"
        "→ 4 │ np.exp(_)\n"
        "    │ ^^^^^^^^^\n"
        "line 4, np.exp(_): NumPy computes with numbers, and the tensors of a declaration have none yet; write "
        "ops.exp(…)",
    ),
    "a mean of NumPy": (
        "Input((4,))\nnp.mean(_)",
        "  2 │ Input((4,))\n"
        "→ 3 │ np.mean(_)\n"
        "    │ ^^^^^^^^^^\n"
        "line 3, np.mean(_): NumPy computes with numbers, and the tensors of a declaration have none yet; write "
        "ops.mean(…)",
    ),
    "if on a tensor": (
        "x: Input((4,))\nif x > 0:\n    Dense(3)",
        "  2 │ x: Input((4,))\n"
        "→ 3 │ if x > 0:\n"
        "    │ ^^^^^^^^\n"
        "line 3, if x > 0: the truth of a KerasTensor is not known while a graph or a trace is built; use ops.where "
        "or ops.cond instead of `if`",
    ),
    "a skip connection of another size": (
        "x: Input((32, 32, 3))\nConv2D(16, 3)\n_ + x",
        "  3 │ Conv2D(16, 3)\n"
        "→ 4 │ _ + x\n"
        "    │ ^^^^^\n"
        "line 4, _ + x: expects sizes that are equal or 1 along each axis, got (None, 30, 30, 16) and (None, 32, 32, "
        "3); bring them to one shape, e.g. by padding='same' and a Dense or Conv2D(…, 1)",
    ),
    "a sum of unequal widths": (
        "x: Input((4,))\na: Dense(8)\nb: Dense(6)(x)\nadd([a, b])",
        "  4 │ b: Dense(6)(x)\n"
        "→ 5 │ add([a, b])\n"
        "    │ ^^^^^^^^^^^\n"
        "line 5, add([a, b]): expects inputs of equal shapes, or sizes of 1 that repeat, got (None, 8) and (None, "
        "6); bring them to one shape, e.g. by a Dense or a Conv2D(…, 1)",
    ),
    "a concatenation of unequal lengths": (
        "a: Input((8, 4))\nb: Input((6, 4))\nconcatenate([a, b])",
        "  3 │ b: Input((6, 4))\n"
        "→ 4 │ concatenate([a, b])\n"
        "    │ ^^^^^^^^^^^^^^^^^^^\n"
        "line 4, concatenate([a, b]): expects inputs whose shapes agree in all axes but axis -1, got (None, 8, 4) "
        "and (None, 6, 4); they would fit with axis=1",
    ),
    "a Reshape to another number": (
        "Input((10,))\nReshape((3, 4))",
        "  2 │ Input((10,))\n"
        "→ 3 │ Reshape((3, 4))\n"
        "    │ ^^^^^^^^^^^^^^^\n"
        "line 3, Reshape((3, 4)): expects inputs that fill (3, 4), got 10 numbers for each sample: shape (10,); "
        "choose sizes whose product is 10, one of them may be -1",
    ),
    "Flatten of an unknown length": (
        "Input((None, 4))\nFlatten()\nDense(3)",
        "  3 │ Flatten()\n"
        "→ 4 │ Dense(3)\n"
        "    │ ^^^^^^^^\n"
        "line 4, Dense(3): cannot make its weight 'kernel' of shape (None, 3): a size of the input is unknown; give "
        "Input a full shape, or use a layer (pooling, say) that removes the unknown axis",
    ),
    "a number in quotes": (
        "Input((4,))\nDense('8')",
        "  2 │ Input((4,))\n"
        "→ 3 │ Dense('8')\n"
        "    │ ^^^^^^^^^^\n"
        "line 3, Dense('8'): units must be a positive integer, got '8'; leave out the quotes, 8",
    ),
    "a number of units that is no integer": (
        "Input((4,))\nDense(8 / 2)",
        "  2 │ Input((4,))\n"
        "→ 3 │ Dense(8 / 2)\n"
        "    │ ^^^^^^^^^^^^\n"
        "line 3, Dense(8 / 2): units must be a positive integer, got 4.0; write 4, and // for a division without "
        "remainder",
    ),
    "a rate in percent": (
        "Input((4,))\nDropout(50)",
        "  2 │ Input((4,))\n"
        "→ 3 │ Dropout(50)\n"
        "    │ ^^^^^^^^^^^\n"
        "line 3, Dropout(50): rate must be a number from 0 to 1, got 50; 50 % is 0.5",
    ),
    "pooling to nothing": (
        "Input((6, 6, 1))\nMaxPooling2D(2)\nMaxPooling2D(2)\nMaxPooling2D(2)",
        "  4 │ MaxPooling2D(2)\n"
        "→ 5 │ MaxPooling2D(2)\n"
        "    │ ^^^^^^^^^^^^^^^\n"
        "line 5, MaxPooling2D(2): with pool_size (2, 2) expects inputs at least that large, got (1, 1) in (None, 1, "
        "1, 1); pool less, or use padding='same'",
    ),
    "a loss for the optimizer": (
        "Input((4,))\nDense(1)\ncompile('mse', 'adam')",
        "  3 │ Dense(1)\n"
        "→ 4 │ compile('mse', 'adam')\n"
        "    │ ^^^^^^^^^^^^^^^^^^^^^^\n"
        "line 4, compile('mse', 'adam'): compile() expects an optimizer first, got the loss 'mse'; write "
        "compile('adam', 'mse')",
    ),
    "a metric for the loss": (
        "Input((4,))\nDense(3)\ncompile('adam', 'accuracy')",
        "  3 │ Dense(3)\n"
        "→ 4 │ compile('adam', 'accuracy')\n"
        "    │ ^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "line 4, compile('adam', 'accuracy'): compile() expects a loss, which has a gradient, got the metric "
        "'accuracy'; give a loss such as 'categorical_crossentropy', and metrics=['accuracy']",
    ),
    "a metric outside of a list": (
        "Input((4,))\nDense(3)\ncompile('adam', 'mse', 'accuracy')",
        "  3 │ Dense(3)\n"
        "→ 4 │ compile('adam', 'mse', 'accuracy')\n"
        "    │ ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "line 4, compile('adam', 'mse', 'accuracy'): metrics must be a list, tuple or dictionary, got 'accuracy'; "
        "write metrics=['accuracy']",
    ),
    "an argument of older versions": (
        "Input((4,))\nDense(3)\ncompile(Adam(lr=0.1), 'mse')",
        "  3 │ Dense(3)\n"
        "→ 4 │ compile(Adam(lr=0.1), 'mse')\n"
        "    │ ^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "line 4, compile(Adam(lr=0.1), 'mse'): Adam has no argument 'lr'; did you mean 'learning_rate'?",
    ),
    "an argument of an older layer": (
        "Input((4,))\nDense(3, W_regularizer='l2')",
        "  2 │ Input((4,))\n"
        "→ 3 │ Dense(3, W_regularizer='l2')\n"
        "    │ ^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "line 3, Dense(3, W_regularizer='l2'): Dense has no argument 'W_regularizer'; it is called "
        "'kernel_regularizer' now",
    ),
    "a word without quotes": (
        "Input((4,))\nDense(3, activation=relu)",
        "  2 │ Input((4,))\n"
        "→ 3 │ Dense(3, activation=relu)\n"
        "    │ ^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "line 3, Dense(3, activation=relu): the name 'relu' is not defined; write it in quotes, activation='relu'",
    ),
    "a comma forgotten": (
        "Input((4,))\nDense(3 activation='relu')",
        "  2 │ Input((4,))\n"
        "→ 3 │ Dense(3 activation='relu')\n"
        "    │       ^\n"
        "line 3, Dense(3 activation='relu'): not valid Python: invalid syntax. Perhaps you forgot a comma?",
    ),
    "a layer applied to a layer": (
        "Input((4,))\nDense(3)(Dense(4))",
        "  2 │ Input((4,))\n"
        "→ 3 │ Dense(3)(Dense(4))\n"
        "    │ ^^^^^^^^^^^^^^^^^^\n"
        "line 3, Dense(3)(Dense(4)): expects a tensor, got the layer Dense 'dense_1'; apply that to a tensor first, "
        "as in Dense(…)(x)",
    ),
    "one layer for two widths": (
        "Input((4,))\nd = Dense(3)\nd\nd",
        "  4 │ d\n"
        "→ 5 │ d\n"
        "    │ ^\n"
        "line 5, d: expects inputs of shape (batch, …, 4), got (None, 3); it was built for that size, so use another "
        "layer for this one",
    ),
    "two layers in one step": (
        "Input((4,))\nDense(3)(_)(_)",
        "  2 │ Input((4,))\n"
        "→ 3 │ Dense(3)(_)(_)\n"
        "    │ ^^^^^^^^^^^^^^\n"
        "line 3, Dense(3)(_)(_): TypeError: 'KerasTensor' object is not callable; the layer is applied already, and "
        "what it gave is a tensor",
    ),
    "one name twice": (
        "Input((4,))\nDense(3, name='a')\nDense(3, name='a')",
        "  3 │ Dense(3, name='a')\n"
        "→ 4 │ Dense(3, name='a')\n"
        "    │ ^^^^^^^^^^^^^^^^^^\n"
        "line 4, Dense(3, name='a'): expects a name of its own, got 'a', which the layer of line 3 has; give this "
        "one another",
    ),
    "a padding that is not": (
        "Input((8, 8, 1))\nConv2D(3, 3, padding='full')",
        "  2 │ Input((8, 8, 1))\n"
        "→ 3 │ Conv2D(3, 3, padding='full')\n"
        "    │ ^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "line 3, Conv2D(3, 3, padding='full'): padding must be 'valid' or 'same', got 'full'",
    ),
    "a loss function called": (
        "Input((4,))\nDense(3)\ncompile('adam', losses.mean_squared_error())",
        "  3 │ Dense(3)\n"
        "→ 4 │ compile('adam', losses.mean_squared_error())\n"
        "    │ ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
        "line 4, compile('adam', losses.mean_squared_error()): mean_squared_error() missing 2 required positional "
        "arguments: 'y_true' and 'y_pred'",
    ),
    "a convolution of one axis too few": (
        "Input((28, 28, 1))\nConv1D(3, 3)",
        "  2 │ Input((28, 28, 1))\n"
        "→ 3 │ Conv1D(3, 3)\n"
        "    │ ^^^^^^^^^^^^\n"
        "line 3, Conv1D(3, 3): expects (batch, steps, channels), got (None, 28, 28, 1) from line 2, Input((28, 28, "
        "1)); put a pooling layer, Flatten() or Reshape(…) before it, to have 3 axes",
    ),
}

# body of a %%model cell -> the warning beside it: such a model may be meant
REMARKS = {
    "an Input alone": (
        "Input((4,))",
        "line 2, Input((4,)): no layer follows it, so the model has no output; go on with Dense(1), say",
    ),
    "a step that leads nowhere": (
        "x: Input((4,))\na: Dense(8)\nb: Dense(8)(x)\nDense(1)",
        "line 3, Dense(8): the output does not depend on what this gives; join it to the rest, as in "
        "concatenate([…]), name it in Output(…), or leave it out",
    ),
    "a layer used twice": (
        "Input((4,))\nd = Dense(4)\nd\nd\nDense(1)",
        "line 5, d: 'd' works on what came of its own output, with the same weights; write Dense(…) again for a "
        "layer with weights of its own",
    ),
    "a layer used in a loop": (
        "Input((4,))\nd = Dense(4)\nfor _ in range(3):\n    d\nDense(1)",
        "line 5, d: 'd' works on what came of its own output, with the same weights; write Dense(…) again for a "
        "layer with weights of its own",
    ),
    "channels first": (
        "Input((3, 32, 32))\nConv2D(8, 3)\nFlatten()\nDense(1)",
        "line 2, Input((3, 32, 32)): Conv2D expects (height, width, channels), and (3, 32, 32) seems to have the "
        "channels first; write Input((32, 32, 3)), or Conv2D(…, data_format='channels_first')",
    ),
    "an input that leads nowhere": (
        "a: Input((4,))\nb: Input((4,))\nDense(1)",
        "line 2, Input((4,)): the output does not depend on the input 'a'; use it, or leave it out",
    ),
    "a layer that is not applied": (
        "Input((4,))\nh = Dense(8)\nDense(1)",
        "line 3, h = Dense(8): 'h' is never applied, so it does nothing; write 'h: Dense(8)'",
    ),
    "a variable that hides a layer": (
        "Input((4,))\nDense(8)\nadd([_, _])",
        "line 4, add([_, _]): 'add' is the library's here, not your variable 'add'; rename the variable to use it",
    ),
}

# cells -> what the last of them prints
TRAININGS = {
    "a frame with strings": (
        [net(), "%fit net frame y"],
        "ValueError: x expects numbers, but its column 'city' holds 'Paris'; turn text into numbers first, e.g. "
        "with pandas.get_dummies or numpy.unique(…, return_inverse=True)\n"
        "  x is frame, of shape (96, 5); y has the shape (96,)",
    ),
    "a frame with categories": (
        [net(), "%fit net frame[['kind']] y"],
        "ValueError: x expects numbers, but its column 'kind' holds 'cat'; turn text into numbers first, e.g. with "
        "pandas.get_dummies or numpy.unique(…, return_inverse=True)\n"
        "  x is frame[['kind']], of shape (96, 1); y has the shape (96,)",
    ),
    "a frame with dates": (
        [net(), "%fit net dated y"],
        "ValueError: x expects numbers, but its column 'day' holds a Timestamp; convert it to numbers first\n"
        "  x is dated, of shape (96, 4); y has the shape (96,)",
    ),
    "labels that are words": (
        [net(), "%fit net X words"],
        "ValueError: y expects numbers, got 'cat' in row 0; turn text into numbers first, e.g. with "
        "pandas.get_dummies or numpy.unique(…, return_inverse=True)\n"
        "  x is X, of shape (96, 4); y is words, of shape (96,)",
    ),
    "x and y exchanged": (
        [net(), "%fit net y X"],
        "ValueError: Sequential 'net' expects input 'x' of shape (None, 4), got (None,); y has that shape, so "
        "exchange x and y\n"
        "  x is y, of shape (96,); y is X, of shape (96, 4)",
    ),
    "rows as columns": (
        [net(), "%predict net X.T"],
        "ValueError: Sequential 'net' expects input 'x' of shape (None, 4), got (None, 96); if its rows are "
        "columns, give x.T\n"
        "  x is X.T, of shape (4, 96)",
    ),
    "channels first": (
        [net(shape="(28, 28, 3)", before="Flatten()\n"), "%fit net np.zeros((12, 3, 28, 28)) y[:12]"],
        "ValueError: Sequential 'net' expects input 'x' of shape (None, 28, 28, 3), got (None, 3, 28, 28); the "
        "channels are last here: numpy.moveaxis(x, 1, -1)\n"
        "  x is np.zeros((12, 3, 28, 28)), of shape (12, 3, 28, 28); y is y[:12], of shape (12,)",
    ),
    "rows of pixels for images": (
        [net(shape="(28, 28, 1)", before="Flatten()\n"), "%fit net np.zeros((12, 784)) y[:12]"],
        "ValueError: Sequential 'net' expects input 'x' of shape (None, 28, 28, 1), got (None, 784); the numbers "
        "are as many, so it may be x.reshape(-1, 28, 28, 1)\n"
        "  x is np.zeros((12, 784)), of shape (12, 784); y is y[:12], of shape (12,)",
    ),
    "images for rows of pixels": (
        [net(shape="(784,)"), "%fit net images y[:12]"],
        "ValueError: Sequential 'net' expects input 'x' of shape (None, 784), got (None, 28, 28); the numbers are "
        "as many, so it may be x.reshape(-1, 784)\n"
        "  x is images, of shape (12, 28, 28); y is y[:12], of shape (12,)",
    ),
    "gray images for colours": (
        [net(shape="(28, 28, 3)", before="Flatten()\n"), "%fit net images y[:12]"],
        "ValueError: Sequential 'net' expects input 'x' of shape (None, 28, 28, 3), got (None, 28, 28); gray images "
        "become coloured ones by numpy.repeat(x[..., None], 3, axis=-1)\n"
        "  x is images, of shape (12, 28, 28); y is y[:12], of shape (12,)",
    ),
    "one image": (
        [net(shape="(28, 28, 1)", before="Flatten()\n"), "%predict net images[0]"],
        "ValueError: Sequential 'net' expects input 'x' of shape (None, 28, 28, 1), got (None, 28); one row needs "
        "an axis of rows too, as in x[None]\n"
        "  x is images[0], of shape (28, 28)",
    ),
    "a list of rows": (
        [net(), "%fit net list(X) y"],
        "ValueError: every array needs as many rows as the others, but x[0] has 4, x[1] has 4, x[2] has 4, x[3] has "
        "4, x[4] has 4, …, y has 96; a list means several inputs, numpy.stack(x) makes one of its 96 rows\n"
        "  y has the shape (96,)",
    ),
    "sequences of several lengths": (
        [net(), "%fit net [[1, 2, 3], [4, 5]] [0, 1]"],
        "ValueError: x expects rows of one length, got rows of several; pad them, e.g. with pad_sequences",
    ),
    "arrays of several lengths": (
        [net(), "%fit net [np.ones(3), np.ones(2)] y[:2]"],
        "ValueError: every array needs as many rows as the others, but x[0] has 3, x[1] has 2, y has 2; a list "
        "means several inputs, pad_sequences(x) makes one of its 2 rows\n"
        "  y is y[:2], of shape (2,)",
    ),
    "an array of lists": (
        [net(), "%fit net ragged y[:2]"],
        "ValueError: x expects rows of one length, got rows of several; pad them, e.g. with pad_sequences\n"
        "  x is ragged, of shape (2,); y is y[:2], of shape (2,)",
    ),
    "a target with an extra axis": (
        [net(3, None, "mse"), "%fit net X one_hot[:, None]"],
        "ValueError: mean_squared_error of output 'head' expects targets of the predictions' shape (batch, 3), got "
        "(batch, 1, 3); take out the axis of size 1: y.squeeze(1)\n"
        "  x is X, of shape (96, 4); y is one_hot[:, None], of shape (96, 1, 3)",
    ),
    "classes with an extra axis": (
        [net(), "%fit net X y[:, None, None]"],
        "ValueError: sparse_categorical_crossentropy of output 'head' expects integer labels of shape (batch,), got "
        "(batch, 1, 1); take out the axis of size 1: y.squeeze(1)\n"
        "  x is X, of shape (96, 4); y is y[:, None, None], of shape (96, 1, 1)",
    ),
    "an output for each step": (
        [
            net(1, None, "mse", shape="(5, 4)", before="LSTM(8, return_sequences=True)\n"),
            "%fit net np.zeros((96, 5, 4)) t",
        ],
        "ValueError: mean_squared_error of output 'head' expects targets of the predictions' shape (batch, 5, 1), "
        "got (batch,); the model gives more axes than there are targets for: put Flatten() or a pooling layer "
        "before the last layer, or leave return_sequences=True out of the last recurrent one\n"
        "  x is np.zeros((96, 5, 4)), of shape (96, 5, 4); y is t, of shape (96,)",
    ),
    "no Flatten": (
        [net(shape="(28, 28, 1)"), "%fit net images[..., None] y[:12]"],
        "ValueError: sparse_categorical_crossentropy of output 'head' expects integer labels of shape (batch, 28, "
        "28), got (batch,); the model gives more axes than there are targets for: put Flatten() or a pooling layer "
        "before the last layer, or leave return_sequences=True out of the last recurrent one\n"
        "  x is images[..., None], of shape (12, 28, 28, 1); y is y[:12], of shape (12,)",
    ),
    "no Flatten, one-hot": (
        [net(loss="categorical_crossentropy", shape="(28, 28, 1)"), "%fit net images[..., None] one_hot[:12]"],
        "ValueError: categorical_crossentropy of output 'head' expects one-hot labels of shape (batch, 28, 28, 3), "
        "got (batch, 3); the model gives more axes than there are targets for: put Flatten() or a pooling layer "
        "before the last layer, or leave return_sequences=True out of the last recurrent one\n"
        "  x is images[..., None], of shape (12, 28, 28, 1); y is one_hot[:12], of shape (12, 3)",
    ),
    "no Flatten, two classes": (
        [net(1, "sigmoid", "binary_crossentropy", shape="(28, 28, 1)"), "%fit net images[..., None] y[:12] > 0"],
        "ValueError: binary_crossentropy of output 'head' expects labels of the predictions' shape (batch, 28, 28, "
        "1), got (batch,); the model gives more axes than there are targets for: put Flatten() or a pooling layer "
        "before the last layer, or leave return_sequences=True out of the last recurrent one\n"
        "  x is images[..., None], of shape (12, 28, 28, 1); y is y[:12] > 0, of shape (12,)",
    ),
    "a class too many": (
        [net(2), "%fit net X y"],
        "ValueError: sparse_categorical_crossentropy of output 'head' expects labels from 0 to 1, got 2 (row 2); "
        "give the last layer 3 units, or number the classes from 0\n"
        "  x is X, of shape (96, 4); y has the shape (96,)",
    ),
    "classes from 1": (
        [net(), "%fit net X y + 1"],
        "ValueError: sparse_categorical_crossentropy of output 'head' expects labels from 0 to 2, got 3 (row 2); "
        "number the classes from 0: y - 1\n"
        "  x is X, of shape (96, 4); y is y + 1, of shape (96,)",
    ),
    "a sigmoid of one unit for three classes": (
        [net(1, "sigmoid"), "%fit net X y"],
        "ValueError: sparse_categorical_crossentropy of output 'head' expects labels from 0 to 0, got 2 (row 2); "
        "the last layer has 1 unit: for two classes use a sigmoid and loss='binary_crossentropy'\n"
        "  x is X, of shape (96, 4); y has the shape (96,)",
    ),
    "three classes for binary_crossentropy": (
        [net(1, "sigmoid", "binary_crossentropy"), "%fit net X y"],
        "ValueError: binary_crossentropy of output 'head' expects labels from 0 to 1, got 2 (row 2); for more than "
        "two classes use a softmax and loss='sparse_categorical_crossentropy', else loss='mse'\n"
        "  x is X, of shape (96, 4); y has the shape (96,)",
    ),
    "sparse labels for a categorical loss": (
        [net(loss="categorical_crossentropy"), "%fit net X y"],
        "ValueError: categorical_crossentropy of output 'head' expects one-hot labels of shape (batch, 3), got "
        "integers of shape (batch,); use loss='sparse_categorical_crossentropy', or y = to_categorical(y, 3)\n"
        "  x is X, of shape (96, 4); y has the shape (96,)",
    ),
    "one-hot labels for a sparse loss": (
        [net(), "%fit net X one_hot"],
        "ValueError: sparse_categorical_crossentropy of output 'head' expects integer labels of shape (batch,), got "
        "(batch, 3), which looks one-hot; use loss='categorical_crossentropy', or y = y.argmax(-1)\n"
        "  x is X, of shape (96, 4); y is one_hot, of shape (96, 3)",
    ),
    "classes for a loss of numbers": (
        [net(loss="mse"), "%fit net X y"],
        "ValueError: mean_squared_error of output 'head' expects targets of the predictions' shape (batch, 3), got "
        "(batch,); if these are classes, use a softmax and loss='sparse_categorical_crossentropy', else change the "
        "last layer's units or the targets\n"
        "  x is X, of shape (96, 4); y has the shape (96,)",
    ),
    "numbers for a loss of classes": (
        [net(), "%fit net X t"],
        "ValueError: sparse_categorical_crossentropy of output 'head' expects integer labels, got 0.526; for "
        "real-valued targets use loss='mse'\n"
        "  x is X, of shape (96, 4); y is t, of shape (96,)",
    ),
    "logits": (
        [net(activation=None, before="Rescaling(9.0)\n"), "%fit net X y"],
        "ValueError: sparse_categorical_crossentropy of output 'head' expects probabilities, got predictions from "
        "-12.7 to 0, which are logits; end the model with activation='softmax', or use "
        "loss=SparseCategoricalCrossentropy(from_logits=True)",
    ),
    "a generator for several epochs": (
        [net(), "%fit net batches() --epochs 2"],
        "ValueError: the generator has ended and cannot start again; for several epochs give steps_per_epoch, or an "
        "iterable that can: a list of batches, a PyDataset",
    ),
    "a split of a generator": (
        [net(), "%fit net batches() --validation-split 0.2"],
        "ValueError: validation_split needs arrays, got a generator; give validation_data instead",
    ),
    "targets beside a generator": (
        [net(), "%fit net batches() y"],
        "ValueError: y cannot be given beside a generator, whose batches hold it: (x, y) or (x, y, sample_weight)\n"
        "  y has the shape (96,)",
    ),
    "class weights by words": (
        [net(), "%fit net X y --class-weight {'cat': 2.0}"],
        "ValueError: class_weight expects the numbers of classes as keys, got 'cat'; write {0: 1.0, 1: 5.0}",
    ),
    "class weights in a list": (
        [net(), "%fit net X y --class-weight [1, 2, 3]"],
        "ValueError: class_weight expects a dictionary such as {0: 1.0, 1: 5.0}, got [1, 2, 3]",
    ),
    "a split in percent": (
        [net(), "%fit net X y --validation-split 20"],
        "ValueError: validation_split expects a share of the rows between 0 and 1, got 20; 20 % is 0.2\n"
        "  x is X, of shape (96, 4); y has the shape (96,)",
    ),
    "no targets": (
        [net(), "%fit net X"],
        "ValueError: a loss needs targets, but y is None; call fit(x, y), or compile without a loss\n"
        "  x is X, of shape (96, 4)",
    ),
    "validation without targets": (
        [net(), "%fit net X y --validation-data X"],
        "ValueError: validation_data expects inputs and targets, got an array alone; write validation_data=(x_val, "
        "y_val)\n"
        "  x is X, of shape (96, 4); y has the shape (96,)",
    ),
    "a metric for numbers of classes": (
        [net(metrics=["categorical_accuracy"]), "%fit net X y"],
        "ValueError: the metric categorical_accuracy expects one-hot labels of 3 classes, got an array of shape "
        "(96,); use 'sparse_categorical_accuracy', or 'accuracy', which takes either\n"
        "  x is X, of shape (96, 4); y has the shape (96,)",
    ),
    "a metric for one-hot labels": (
        [net(loss="categorical_crossentropy", metrics=["sparse_categorical_accuracy"]), "%fit net X one_hot"],
        "ValueError: the metric sparse_categorical_accuracy expects the number of a class for each row, got one-hot "
        "labels of 3 classes; use 'categorical_accuracy', or 'accuracy', which takes either\n"
        "  x is X, of shape (96, 4); y is one_hot, of shape (96, 3)",
    ),
    "compile forgotten": (
        ["%%model net --seed 0 --quiet\nInput((4,))\nDense(3)", "%fit net X y"],
        "ValueError: Sequential 'net' has not been compiled; call compile(optimizer, loss) before fit()",
    ),
    "no loss": (
        [net(loss=None), "%fit net X y"],
        "ValueError: Sequential 'net' has no loss to minimise; give compile() a loss, or use add_loss()",
    ),
    "unfrozen after compile": (
        [two(trainable=False), "net.fit(X, [y, t], verbose=0)\nnet.layers[1].trainable = True", "%fit net X [y, t]"],
        "ValueError: Functional 'net' now has 4 trainable weights, its optimizer was made for 2; call compile() "
        "again after a change of trainable",
    ),
    "one target for two outputs": (
        [two(), "%fit net X y"],
        "ValueError: y is for one output and the model has 2; give y for the outputs 'a', 'b'\n"
        "  x is X, of shape (96, 4); y has the shape (96,)",
    ),
    "targets of two outputs in one array": (
        [two(), "%fit net X np.stack([y, y], 1)"],
        "ValueError: y is for one output and the model has 2; give y for the outputs 'a', 'b'\n"
        "  x is X, of shape (96, 4); y is np.stack([y, y], 1), of shape (96, 2)",
    ),
    "metrics of one output for two": (
        [two(metrics=["accuracy"]), "%fit net X [y, t]"],
        "ValueError: metrics has length 1 for 2 outputs; give metrics for the outputs 'a', 'b'",
    ),
    "metrics of another output": (
        [two(metrics={"c": ["accuracy"]}), "%fit net X [y, t]"],
        "ValueError: metrics names 'c', which is no output of the model; give metrics for the outputs 'a', 'b'",
    ),
    "losses for another number of outputs": (
        [two(["mse", "mse", "mse"]), "%fit net X [y, t]"],
        "ValueError: loss has length 3 for 2 outputs; give loss for the outputs 'a', 'b'",
    ),
    "a callback that is not called": (
        [net(), "from nbkeras.callbacks import EarlyStopping", "%fit net X y --callbacks [EarlyStopping]"],
        "ValueError: callbacks expects objects, got the class EarlyStopping; write EarlyStopping()",
    ),
    "one callback": (
        [net(), "from nbkeras.callbacks import EarlyStopping", "%fit net X y --callbacks EarlyStopping"],
        "ValueError: callbacks expects objects, got the class EarlyStopping; write EarlyStopping()",
    ),
    "words beyond the Embedding": (
        [
            "%%model net --seed 0 --quiet\n"
            "Input((4,), dtype='int32')\n"
            "Embedding(5, 2, name='words')\n"
            "Flatten()\n"
            "Dense(1)\n"
            "compile('sgd', 'mse')",
            "%fit net np.full((6, 4), 9) np.zeros(6)",
        ],
        "ValueError: Embedding 'words' expects integers from 0 to 4, got 9: input_dim must be the largest integer "
        "plus 1",
    ),
    "NaN in a frame": (
        [net(), "%fit net holes y"],
        "ValueError: holes[95, 2] is NaN, as 1 more are; drop those rows or fill them in, e.g. with "
        "numpy.nan_to_num or DataFrame.fillna\n"
        "  x is holes, of shape (96, 4); y has the shape (96,)",
    ),
    "an option misspelt": (
        [net(), "%fit net X y --batchsize 8"],
        "UsageError: %fit has no option --batchsize; did you mean '--batch-size'?",
    ),
    "an option of Keras' name misspelt": (
        [net(), "%fit net X y --validation_splt 0.2"],
        "UsageError: %fit has no option --validation-splt; did you mean '--validation-split'?",
    ),
    "weights for other rows": (
        [net(), "%fit net X y --sample-weight np.ones(3)"],
        "ValueError: every array needs as many rows as the others, but x has 96, y has 96, sample_weight has 3\n"
        "  x is X, of shape (96, 4); y has the shape (96,)",
    ),
    "epochs in quotes": (
        [net(), "%fit net X y --epochs '3'"],
        "TypeError: epochs expects an integer, got '3'",
    ),
    "a model that is not there": (
        [net(), "%fit model X y"],
        "UsageError: %fit: the name 'model' is not defined; the models here are net",
    ),
    "a class for a model": (
        [net(), "from nbkeras import Sequential", "%fit Sequential X y"],
        "UsageError: %fit expects a model first, got the class Sequential; the models here are net",
    ),
    "test data of another width": (
        [net(), "%evaluate net X[:, :3] y"],
        "ValueError: Sequential 'net' expects input 'x' of shape (None, 4), got (None, 3); choose data of that "
        "shape, or begin the model with Input((3,))\n"
        "  x is X[:, :3], of shape (96, 3); y has the shape (96,)",
    ),
    "a semicolon": (
        [net(), "%fit net X y --epochs 2;"],
        "UsageError: %fit: '2;' is not a Python expression (invalid syntax); leave out the semicolon",
    ),
    "a model without the call": (
        [net(), "%fit net.layers[0] X y"],
        "UsageError: %fit expects a model first, got net.layers[0], which is of type Dense; the models here are net",
    ),
}

# cells in plain Python -> the last line of the traceback, in which only the cell's own lines stand
CALLS = {
    "weights of another shape": (
        [net(), "net.set_weights([np.ones((4, 2)), np.ones(2)])"],
        "ValueError: Sequential 'net' expects weight 'head/kernel' of shape (4, 3), got (4, 2)",
    ),
    "a class beyond to_categorical": (
        ["from nbkeras.utils import to_categorical", "to_categorical(y, 2)"],
        "ValueError: to_categorical expects classes from 0 to 1, got 2",
    ),
    "a layer's name that is not there": (
        [net(), "net.get_layer('haed')"],
        "ValueError: Sequential 'net' has no layer 'haed'; it has head",
    ),
    "layers for tensors": (
        ["from nbkeras import Model, layers", "Model(layers.Input((4,)), layers.Dense(3))"],
        "ValueError: a model's outputs must be symbolic tensors (as Input and layers return), got <Dense name=dense, "
        "built=False>",
    ),
    "an input forgotten": (
        [
            "from nbkeras import Model, layers",
            "a, b = layers.Input((4,)), layers.Input((4,))\nModel(a, layers.add([a, b]))",
        ],
        "ValueError: the outputs depend on the input 'input_layer_1', which is not among the model's inputs "
        "['input_layer']; add it to inputs=",
    ),
    "a layer twice in a chain": (
        ["from nbkeras import Sequential, layers", "d = layers.Dense(4, name='d')\nSequential([d, d], name='net')"],
        "ValueError: Sequential 'net' already has the layer Dense 'd'; make a second Dense(…), or share its weights "
        "in a Model(inputs, outputs)",
    ),
    "fit in Python": (
        [net(), "net.fit(X[:, :3], y)"],
        "ValueError: Sequential 'net' expects input 'x' of shape (None, 4), got (None, 3); choose data of that "
        "shape, or begin the model with Input((3,))",
    ),
    "metrics without their name": (
        [net(), "net.compile('adam', 'mse', ['accuracy'])"],
        "ValueError: loss_weights expects numbers, got 'accuracy'; if it is a metric, write metrics=['accuracy']",
    ),
    "a metric as a loss": (
        [net(), "net.compile('adam', 'acc')"],
        "ValueError: compile() expects a loss, which has a gradient, got the metric 'acc'; give a loss such as "
        "'categorical_crossentropy', and metrics=['acc']",
    ),
    "weights of another model": (
        [net(), "net.layers[0].set_weights([np.ones((4, 3))])"],
        "ValueError: Dense 'head' expects 2 weights, got 1",
    ),
}

# cells -> the warnings beside the last of them: such a training may be meant
WARNINGS = {
    "a sigmoid for a softmax": (
        [net(activation="sigmoid"), "%fit net X y --verbose 0"],
        "Warning: sparse_categorical_crossentropy of output 'head' expects probabilities that sum to 1 in each row, "
        "got a row that sums to 1.01, as a sigmoid gives; use activation='softmax'",
    ),
    "a softmax for a sigmoid": (
        [net(loss="binary_crossentropy"), "%fit net X one_hot --verbose 0"],
        "Warning: binary_crossentropy of output 'head' expects a probability for each class by itself, got rows that "
        "sum to 1, as a softmax gives; use loss='categorical_crossentropy'",
    ),
    "a softmax for several labels": (
        [net(loss="binary_crossentropy"), "%fit net X np.ones((96, 3)) --verbose 0"],
        "Warning: binary_crossentropy of output 'head' expects a probability for each class by itself, got rows that "
        "sum to 1, as a softmax gives; use activation='sigmoid'",
    ),
    "a softmax of one unit": (
        [net(1, loss="binary_crossentropy"), "%fit net X y % 2 --verbose 0"],
        "Warning: binary_crossentropy of output 'head' got predictions that all are 1, as a softmax over one unit "
        "gives; use activation='sigmoid'",
    ),
    "several labels for a softmax": (
        [net(loss="categorical_crossentropy"), "%fit net X np.ones((96, 3)) --verbose 0"],
        "Warning: categorical_crossentropy of output 'head' expects labels with one 1 in each row, got rows with "
        "several; for classes that do not exclude each other use a sigmoid and loss='binary_crossentropy'",
    ),
    "accuracy of numbers": (
        [net(1, None, "mse", ["accuracy"]), "%fit net X t --verbose 0"],
        "Warning: the metric accuracy counts predictions of the right class, got targets that are no classes, 0.526 "
        "in row 1; for numbers use metrics=['mae']",
    ),
    "a categorical accuracy of one unit": (
        [net(1, "sigmoid", "binary_crossentropy", ["categorical_accuracy"]), "%fit net X y % 2 --verbose 0"],
        "Warning: the metric categorical_accuracy expects a prediction for each class, got one output, for which it "
        "is always 1; use 'binary_accuracy', or 'accuracy', which chooses by the shape",
    ),
    "numbers beyond a sigmoid": (
        [net(1, "sigmoid", "mse"), "%fit net X t --verbose 0"],
        "Warning: output 'head' gives numbers from 0 to 1, because its activation is sigmoid, and y has 1.05 in row "
        "2; leave the activation out, or scale y",
    ),
    "numbers below a ReLU": (
        [net(1, "relu", "mae"), "%fit net X -t --verbose 0"],
        "Warning: output 'head' gives numbers of at least 0, because its activation is relu, and y has -0.526 in row "
        "1; leave the activation out, or scale y",
    ),
    "a batch larger than the data": (
        [net(), "%fit net X y --batch-size 512 --verbose 0"],
        "Warning: fit has batch_size=512 for 96 rows, so an epoch is a single step; give a smaller one for more steps",
    ),
    "everything frozen": (
        [net(), "net.trainable = False", "%fit net X y --verbose 0"],
        "Warning: Sequential 'net' has no weights to train, because all are frozen, so fit changes nothing; set "
        "trainable = True for the layers that shall learn, and call compile() again",
    ),
    "a learning rate beyond 1": (
        [net(optimizer="Adam(10.0)"), "%fit net X y --verbose 0"],
        "Warning: Adam moves each weight by about its learning_rate in every step and expects one well below 1, got "
        "10; 0.001 is usual",
    ),
    "sorted rows": (
        [net(), "%fit net X np.sort(y) --validation-split 0.4 --verbose 0"],
        "Warning: validation_split holds out the last rows as they stand, and class 2 is in none of those that are "
        "left for training; shuffle the rows of x and y first",
    ),
    "a generator that runs dry": (
        [net(), "%fit net batches() --steps-per-epoch 10 --verbose 0"],
        "Warning: the data ran out after 3 of 10 steps of this epoch; give an endless source, or fewer steps",
    ),
    "a learning rate that diverges": (
        [net(1, None, "mse", optimizer="SGD(1e9)"), "%fit net X t --epochs 9 --verbose 0"],
        "Warning: training stopped in batch 3 of epoch 1: the loss is not finite, though the outputs are; the "
        "weights are those before that batch; lower the learning rate, or clip the gradients: optimizer(clipnorm=1.0)",
    ),
    "no validation to stop by": (
        [
            net(),
            "from nbkeras.callbacks import EarlyStopping",
            "%fit net X y --callbacks [EarlyStopping()] --verbose 0",
        ],
        "Warning: EarlyStopping monitors 'val_loss', which is not in the logs, because fit has no validation_data "
        "and no validation_split; the logs have loss",
    ),
    "a name that is not logged": (
        [
            net(),
            "from nbkeras.callbacks import EarlyStopping",
            "%fit net X y --callbacks [EarlyStopping('acuracy', mode='max')] --verbose 0",
        ],
        "Warning: EarlyStopping monitors 'acuracy', which is not in the logs; the logs have loss",
    ),
    "targets of more columns": (
        [net(1, None, "mse"), "%fit net X np.stack([t, t], 1) --verbose 0"],
        "Warning: mean_squared_error of output 'head' expects targets of the predictions' shape (batch, 1), got "
        "(batch, 2), and compares axes of size 1 with every entry; change the last layer's units or the targets, if "
        "not meant",
    ),
    "infinite numbers": (
        [net(), "%fit net far y --verbose 0"],
        "Warning: x[95, 2] is infinite, as 1 more are, and makes every weight NaN; bound such values, e.g. with "
        "numpy.clip\n"
        "Warning: training stopped in batch 1 of epoch 1: the outputs of Dense 'head' are not finite in row 0 of the "
        "batch; the weights are those before that batch; lower the learning rate, or clip the gradients: "
        "optimizer(clipnorm=1.0)",
    ),
    "a mask that ends": (
        [
            "%%model net --seed 0 --quiet\n"
            "Input((4,), dtype='int32')\n"
            "Embedding(5, 2, mask_zero=True)\n"
            "Flatten(name='flat')\n"
            "Dense(1)\n"
            "compile('sgd', 'mse')",
            "%fit net np.ones((6, 4), int) np.zeros(6) --verbose 0",
        ],
        "Warning: Flatten 'flat' does not support masking, so the mask of its input ends here: the layers after it "
        "count padded steps like any others. Use up the mask before it, with LSTM or GlobalAveragePooling1D, say; if "
        "it is a layer of your own that leaves the steps in place, set supports_masking = True in it",
    ),
}


@pytest.fixture
def cells(notebook):
    """Runs cells in a notebook that holds `variables()`; gives the output, the warnings and the error of the last."""
    notebook.variables.update(variables())

    def run(*sources):
        with warnings.catch_warnings():
            warnings.resetwarnings()
            notebook.run("%reload_ext nbkeras")  # which finds Python's own way to show warnings, as a notebook does
            for source in sources[:-1]:
                notebook.printed(source)
            nbkeras.naming.reset_names()
            with capture_output() as captured:
                result = notebook.shell.run_cell(sources[-1], store_history=True)
        return captured.stdout, captured.stderr, result.error_before_exec or result.error_in_exec

    return run


@pytest.mark.parametrize(("body", "text"), DECLARATIONS.values(), ids=DECLARATIONS)
def test_mistake_in_a_declaration(cells, body, text):
    printed, _, error = cells(f"%%model net --quiet\n{body}")
    assert error is not None
    assert printed.rstrip() == text


@pytest.mark.parametrize(("body", "text"), REMARKS.values(), ids=REMARKS)
def test_remark_on_a_declaration(cells, body, text):
    printed, told, error = cells("add = 3", f"%%model net --quiet\n{body}")
    assert error is None
    assert (printed, told) == ("", f"Warning: {text}\n")


@pytest.mark.parametrize(("sources", "text"), TRAININGS.values(), ids=TRAININGS)
def test_mistake_in_a_training(cells, sources, text):
    printed, told, error = cells(*sources)
    assert error is not None
    assert (printed + told).rstrip() == text


@pytest.mark.parametrize(("sources", "text"), CALLS.values(), ids=CALLS)
def test_mistake_in_plain_python(cells, sources, text):
    printed, _, error = cells(*sources)
    assert error is not None
    assert printed.rstrip().endswith(f"\n{text}")
    assert sources[-1].splitlines()[-1] in printed
    assert LIBRARY not in printed
    assert "site-packages" not in printed


@pytest.mark.parametrize(("sources", "text"), WARNINGS.values(), ids=WARNINGS)
def test_what_may_be_meant_is_a_warning(cells, sources, text):
    _, told, error = cells(*sources)
    assert error is None
    assert told.rstrip() == text


def test_a_warning_comes_once_in_a_cell_and_again_when_the_cell_runs_again(cells):
    training = "for _ in range(2):\n    _ = net.fit(X, y, batch_size=512, verbose=0)"
    first = cells(net(), training)[1]
    assert first.count("Warning: ") == 1
    assert cells(training)[1] == first


def test_warnings_of_others_and_those_that_are_filtered_are_as_ever(cells):
    with pytest.warns(UserWarning, match="^mine$"):
        assert cells("import warnings", "warnings.warn('mine')")[1] == ""
    assert cells(net(), "warnings.simplefilter('ignore')\n_ = net.fit(X, y, batch_size=512, verbose=0)")[1] == ""


def test_the_library_s_frames_are_at_hand(cells, notebook):
    cells(net(), "net.fit(X[:, :3], y)")
    assert LIBRARY in notebook.printed("%tb")


def test_errors_of_the_readers_own_code_keep_their_traceback(cells):
    own = "def own(y_true, y_pred):\n    raise ValueError('mine')\nnet.compile('sgd', own)"
    printed = cells(net(), own, "net.fit(X, y, verbose=0)")[0]
    assert printed.rstrip().endswith("ValueError: mine")
    assert "in own(y_true, y_pred)" in printed


def test_unload_takes_it_back(cells, notebook):
    cells("%unload_ext nbkeras")
    assert notebook.shell.custom_exceptions == ()
    notebook.run("%load_ext nbkeras")
